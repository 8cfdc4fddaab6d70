"""How large an index becomes is told from what its columns hold, about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.commands import preflight
from alembic_pg.database.connect import connect
from alembic_pg.preflight.cost.index_width import bytes_for_each_row
from alembic_pg.preflight.count import Counter

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


def test_a_table_without_statistics(site: Site) -> None:
    """The length of the type tells, whatever another table has in a column of that name."""
    alike = "CREATE TABLE alike (token text)"
    site.again(f"op.execute({TABLE!r})", f"op.execute({alike!r})")
    rows = FILL.replace(":", "\\:")
    unseen = "ALTER TABLE t SET (autovacuum_enabled = false)"
    site.sql(TABLE, unseen, rows, alike, "INSERT INTO alike SELECT 'x'", "ANALYZE alike")
    site.revise(f"op.execute({STATEMENTS['unique token']!r})")
    with connect(site.url, source="") as connection:
        counter = Counter(connection, 1000)
        width = bytes_for_each_row(counter, "t", STATEMENTS["unique token"], ROWS)
    assert width == pytest.approx((12 + 16) / 0.9)
