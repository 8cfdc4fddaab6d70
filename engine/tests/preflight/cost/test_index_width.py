"""How large an index becomes is told from what its columns hold, about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.commands import preflight

if TYPE_CHECKING:
    from tests.online.site import Site

ROWS = 60_000

TABLE = "CREATE TABLE t (id int, small smallint, token uuid, title text, kind text, day date)"

FILL = f"""
INSERT INTO t SELECT n, n % 9, gen_random_uuid(), 'a title of some length, number ' || n,
  'kind ' || n % 7, CASE WHEN n % 2 = 0 THEN date '2024-01-01' + n % 300 END
FROM generate_series(1, {ROWS}) AS n
"""  # noqa: S608  # a number

STATEMENTS = {
    "id": "CREATE INDEX i ON t (id)",
    "unique token": "ALTER TABLE t ADD CONSTRAINT i UNIQUE (token)",
    "title": "CREATE INDEX i ON t (title DESC)",
    "few values": "CREATE INDEX i ON t (kind)",
    "half of them": "CREATE INDEX i ON t (day)",
    "several": 'CREATE UNIQUE INDEX i ON t USING btree ("id", token, title text_pattern_ops)',
    "an expression": "CREATE INDEX i ON t ((id + 1))",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_space_of_an_index(site: Site, name: str) -> None:
    site.again(f"op.execute({TABLE!r})")
    site.sql(TABLE, FILL.replace(":", "\\:"), "ANALYZE t")
    site.revise(f"op.execute({STATEMENTS[name]!r})")
    (found,) = preflight.look(site.config({"large_table": "0"})).revisions
    estimated = found.estimates[0].space
    site.upgrade(large_table="0")
    grown = site.one("SELECT pg_relation_size('i')")
    assert grown / 1.5 < estimated < grown * 1.5, (name, estimated, grown)


def test_what_another_table_has_in_a_column_of_that_name_says_nothing(site: Site) -> None:
    tables = (
        "CREATE TABLE u (token uuid, other uuid, n int)",
        "CREATE TABLE v (token text, other text)",
    )
    site.again(*(f"op.execute({one!r})" for one in tables))
    site.sql(
        *tables,
        "ALTER TABLE u SET (autovacuum_enabled = off)",
        "INSERT INTO u SELECT gen_random_uuid(), gen_random_uuid() "
        f"FROM generate_series(1, {ROWS})",
        "INSERT INTO v SELECT 'x', 'x' FROM generate_series(1, 9)",
        *("ANALYZE v", "ANALYZE u (n)"),
    )
    site.revise('op.execute("CREATE UNIQUE INDEX i ON u (token, other)")')
    (found,) = preflight.look(site.config({"large_table": "0"})).revisions
    estimated = found.estimates[0].space
    site.upgrade(large_table="0")
    grown = site.one("SELECT pg_relation_size('i')")
    assert grown / 1.5 < estimated < grown * 1.5, (estimated, grown)
