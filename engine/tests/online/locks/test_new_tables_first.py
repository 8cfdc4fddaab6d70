"""New tables are made before a table in use is locked, and nothing else changes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.online.locks.new_tables_first import new_tables_first
from tests.online.watching import watched

if TYPE_CHECKING:
    from tests.online.site import Site

ADD = "ALTER TABLE big ADD COLUMN f text"
NEW = "CREATE TABLE n (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s text)"


@pytest.mark.parametrize(
    "later",
    [
        NEW,
        'CREATE UNLOGGED TABLE "S"."N" (id int)',
        "CREATE TABLE n (id int, up int REFERENCES n)",
        "CREATE TABLE n (id int) PARTITION BY RANGE (id)",
    ],
)
def test_a_new_table(later: str) -> None:
    assert new_tables_first([ADD, later, "SELECT 1"]) == ([later], [ADD, "SELECT 1"])


def test_what_is_about_new_tables_alone() -> None:
    about = [
        NEW,
        "CREATE INDEX i ON n (s)",
        "COMMENT ON COLUMN n.s IS 'x'",
        "CREATE TABLE m (n bigint REFERENCES n)",
        "ALTER TABLE m ADD CONSTRAINT c CHECK (n > 0)",
    ]
    more = "ALTER TABLE other ADD b int DEFAULT 1 NOT NULL"
    assert new_tables_first([ADD, *about, more]) == (about, [ADD, more])
    assert new_tables_first([ADD, about[0], more, *about[1:]]) == (about, [ADD, more])


@pytest.mark.parametrize(
    "later",
    [
        "CREATE TABLE n (id int REFERENCES big)",
        "CREATE TABLE n (id int REFERENCES other)",
        "CREATE TABLE n (LIKE big)",
        "CREATE TABLE n (b big)",
        "CREATE TABLE n (b text DEFAULT 'big'::regclass::text)",
        "CREATE TABLE n AS SELECT 1",
        "CREATE TABLE n () INHERITS (other)",
        "CREATE TABLE n PARTITION OF other DEFAULT",
        "CREATE INDEX i ON big (f)",
        "COMMENT ON TABLE other IS 'x'",
    ],
)
def test_what_has_to_do_with_a_table_that_is_there(later: str) -> None:
    assert new_tables_first([ADD, later]) == ([], [ADD, later])
    assert new_tables_first([ADD, later, NEW]) in [
        ([], [ADD, later, NEW]),
        ([NEW], [ADD, later]),
    ]


@pytest.mark.parametrize(
    "before",
    [
        "ALTER TABLE big ADD COLUMN f text UNIQUE",
        "ALTER TABLE big ADD COLUMN f text DEFAULT g()",
        "ALTER TABLE big DROP CONSTRAINT n_pkey",
        "CREATE TYPE mood AS ENUM ('good')",
        "DROP TABLE n",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    ],
)
def test_nothing_passes_what_makes_or_drops_a_name(before: str) -> None:
    for one in ([before, NEW], [before, ADD, NEW], [ADD, before, NEW]):
        assert new_tables_first(one) == ([], one)


def test_a_run_holds_no_lock_meanwhile(site: Site) -> None:
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    site.revise(
        'op.add_column("t", sa.Column("f", sa.Text()))',
        """for i in range(5):
        op.create_table(f"n{i}", sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("s", sa.Text(), index=True))""",
        'op.add_column("t", sa.Column("g", sa.Text()))',
    )
    with watched() as steps:
        site.upgrade()
    assert site.version == ["002a"]
    sent = [step.sql for step in steps]
    made = [at for at, sql in enumerate(sent) if " n4" in sql and "t" in steps[at].locks]
    altered = [at for at, sql in enumerate(sent) if sql.startswith("ALTER TABLE t ADD COLUMN")]
    assert len(made) == len(altered) == 2, "in one message, with their index"
    assert max(made) < min(altered)
