"""What differs between two databases: objects and columns, what hurts most first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.drift.difference import list_differences
from alembic_pg.testing import state

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.drift.difference import Difference

BUILT = (
    "CREATE TABLE a (id int PRIMARY KEY, n int CHECK (n > 0), t text NOT NULL, gone int)",
    "COMMENT ON COLUMN a.gone IS 'soon'",
    "CREATE INDEX a_t ON a (t)",
    'CREATE TABLE "B b" (id int PRIMARY KEY, a int REFERENCES a)',
    "CREATE VIEW v AS SELECT id FROM a",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
)


def differences(databases: ScratchServer, *changes: str) -> list[Difference]:
    """Return what differs after changes to a copy of the same database."""
    dumps = []
    for statements in (BUILT, (*BUILT, *changes)):
        name = databases.create()
        state.execute(databases.database_url(name), *statements)
        dumps.append(pg_dump.dump_database(databases.database_url(name)))
        databases.drop(name)
    return list_differences(*dumps)


def labels(found: list[Difference]) -> list[str]:
    return [f"{one.change} {one.label}" for one in found]


def test_equal_databases_have_no_difference(databases: ScratchServer) -> None:
    assert differences(databases) == []


def test_columns_are_told_by_themselves(databases: ScratchServer) -> None:
    found = differences(
        databases,
        "ALTER TABLE a ADD b text DEFAULT 'x'",
        "ALTER TABLE a DROP COLUMN gone",
        "ALTER TABLE a ALTER n TYPE bigint, ALTER t DROP NOT NULL",
    )
    assert labels(found) == [
        "missing column a.gone",
        "changed column a.n",
        "changed column a.t",
        "extra column a.b",
    ]
    assert (found[1].expected, found[1].found) == ("n integer", "n bigint")
    assert found[3].found == "b text DEFAULT 'x'::text"


def test_what_belongs_to_a_table_goes_with_it(databases: ScratchServer) -> None:
    found = differences(
        databases,
        'DROP TABLE "B b"',
        "CREATE TABLE c (id serial PRIMARY KEY, a int REFERENCES a, CHECK (id > 0))",
        "CREATE INDEX ON c (a)",
        "COMMENT ON TABLE c IS 'by hand'",
    )
    assert labels(found) == ["missing table B b", "extra table c"]


def test_what_hurts_comes_first(databases: ScratchServer) -> None:
    found = differences(
        databases,
        "DROP INDEX a_t",
        "ALTER TABLE a DROP CONSTRAINT a_n_check",
        "DROP VIEW v",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "COMMENT ON TABLE a IS 'hand'",
    )
    assert labels(found) == [
        "missing view v",
        "missing check constraint a_n_check on a",
        "missing index a_t",
        "changed function f()",
        "extra comment on table a",
    ]


def test_a_table_that_differs_beside_its_columns(databases: ScratchServer) -> None:
    found = differences(databases, "ALTER TABLE a SET (fillfactor = 70)")
    assert labels(found) == ["changed table a"]
