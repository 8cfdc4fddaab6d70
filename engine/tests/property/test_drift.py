"""A random change of a live database is found, exactly that one, and by the state, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides.comparison import Comparison
from alembic_pg.drift import back
from alembic_pg.drift.difference import list_differences
from alembic_pg.ledger.state import state_of_dump
from alembic_pg.testing import state
from hypothesis import given
from hypothesis import strategies as st
from tests.property.many import examples

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

TABLES = ("authors", "books", "Odd Name")


@dataclass(frozen=True)
class ByHand:
    """A change by hand, and what is to be told of it: change, kind, name."""

    statement: str
    told: tuple[str, str, str]


def schema() -> tuple[str, ...]:
    """Return what makes the database before anybody changes it."""
    made = ["CREATE TYPE mood AS ENUM ('sad', 'glad')", "CREATE SEQUENCE numbers"]
    for table in TABLES:
        made += [
            (
                f'CREATE TABLE "{table}" (id int GENERATED ALWAYS AS IDENTITY, a int DEFAULT 1, '
                f'b text, c numeric(8,2) NOT NULL, CONSTRAINT "pk {table}" PRIMARY KEY (id))'
            ),
            f'CREATE INDEX "i {table}" ON "{table}" (b)',
            f'ALTER TABLE "{table}" ADD CONSTRAINT "k {table}" CHECK (a > 0)',
            f'ALTER TABLE "{table}" ADD CONSTRAINT "u {table}" UNIQUE (c)',
            f"COMMENT ON TABLE \"{table}\" IS 'kept'",
            f'CREATE VIEW "v {table}" AS SELECT id, b FROM "{table}"',  # noqa: S608  # no input
        ]
    made += [
        "CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 2",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ]
    made += [
        f'CREATE TRIGGER "t {table}" BEFORE UPDATE ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION note()"
        for table in TABLES
    ]
    return tuple(made)


def changes_of_table(table: str) -> list[ByHand]:
    """Return changes of which each can be made beside any other one."""
    name = f'"{table}"'
    # pg_dump names what a comment or a right is on as a statement would.
    printed = f"TABLE {table if table.islower() else name}"
    return [
        ByHand(f"ALTER TABLE {name} ADD note text", ("extra", "column", f"{table}.note")),
        ByHand(f"ALTER TABLE {name} ALTER a TYPE bigint", ("changed", "column", f"{table}.a")),
        ByHand(f"ALTER TABLE {name} ALTER b SET NOT NULL", ("changed", "column", f"{table}.b")),
        ByHand(f'DROP INDEX "i {table}"', ("missing", "index", f"i {table}")),
        ByHand(f'CREATE INDEX "j {table}" ON {name} (c, b)', ("extra", "index", f"j {table}")),
        ByHand(
            f'ALTER TABLE {name} DROP CONSTRAINT "k {table}"',
            ("missing", "check constraint", f"{table} k {table}"),
        ),
        ByHand(
            f'ALTER TABLE {name} ADD CONSTRAINT "l {table}" CHECK (c < 9)',
            ("extra", "check constraint", f"{table} l {table}"),
        ),
        ByHand(
            f'ALTER TABLE {name} DROP CONSTRAINT "u {table}"',
            ("missing", "constraint", f"{table} u {table}"),
        ),
        ByHand(f"COMMENT ON TABLE {name} IS 'new'", ("changed", "comment", printed)),
        ByHand(
            f'CREATE OR REPLACE VIEW "v {table}" AS SELECT id, b, c FROM {name}',  # noqa: S608
            ("changed", "view", f"v {table}"),
        ),
        ByHand(f'DROP TRIGGER "t {table}" ON {name}', ("missing", "trigger", f"{table} t {table}")),
        ByHand(
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            ("extra", "row security", table),
        ),
        ByHand(
            f'CREATE POLICY "p {table}" ON {name} USING (true)',
            ("extra", "policy", f"{table} p {table}"),
        ),
        ByHand(
            f'CREATE TABLE "copy of {table}" (LIKE {name} INCLUDING ALL)',
            ("extra", "table", f"copy of {table}"),
        ),
        ByHand(f"GRANT SELECT ON {name} TO PUBLIC", ("extra", "acl", printed)),
    ]


OTHERS = [
    ByHand("ALTER TYPE mood ADD VALUE 'mad'", ("changed", "type", "mood")),
    ByHand("ALTER SEQUENCE numbers CACHE 5", ("changed", "sequence", "numbers")),
    ByHand(
        "CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x + x",
        ("changed", "function", "twice(integer)"),
    ),
    ByHand("CREATE SCHEMA other", ("extra", "schema", "other")),
    ByHand("CREATE DOMAIN code AS text CHECK (VALUE <> '')", ("extra", "domain", "code")),
    ByHand("CREATE EXTENSION hstore SCHEMA public", ("extra", "extension", "hstore")),
    ByHand("CREATE VIEW late AS SELECT 1 AS one", ("extra", "view", "late")),
]

CHANGES = [*(one for table in TABLES for one in changes_of_table(table)), *OTHERS]


@examples(8)
@given(chosen=st.lists(st.sampled_from(CHANGES), unique=True, max_size=8))
def test_what_was_changed_is_found_and_nothing_else(
    databases: ScratchServer, chosen: list[ByHand]
) -> None:
    name = databases.create()
    url = databases.database_url(name)
    try:
        state.execute(url, *schema())
        before = pg_dump.dump_database(url)
        state.execute(url, *(one.statement.replace(":", "\\:") for one in chosen))
        after = pg_dump.dump_database(url)
    finally:
        databases.drop(name)
    found = {(one.change, one.kind, one.name) for one in list_differences(before, after)}
    assert found == {one.told for one in chosen}
    assert (state_of_dump(after) == state_of_dump(before)) == (not chosen)


@examples(4)
@given(chosen=st.lists(st.sampled_from(CHANGES), unique=True, min_size=1, max_size=8))
def test_what_was_changed_goes_back(databases: ScratchServer, chosen: list[ByHand]) -> None:
    name = databases.create()
    url = databases.database_url(name)
    try:
        state.execute(url, *schema())
        before = pg_dump.dump_database(url)
        state.execute(url, *(one.statement.replace(":", "\\:") for one in chosen))
        after = pg_dump.dump_database(url)
        comparison = Comparison(databases, name, after, before, "alembic_version")
        statements = list(back.statements_between(comparison))
        state.execute(url, *(one.replace(":", "\\:") for one in statements))
        again = pg_dump.dump_database(url)
    finally:
        databases.drop(name)
    assert list_differences(before, again) == []
