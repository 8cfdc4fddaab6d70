"""A random change of a live database is found, exactly that one, and by the state, too."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
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
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL

TABLES = ("authors", "books", "Odd Name")


@dataclass(frozen=True)
class ByHand:
    """A change by hand, and what is to be told of it: change, kind, name."""

    statement: str
    told: tuple[str, str, str]


def schema() -> tuple[str, ...]:
    """Return what makes the database before anybody changes it."""
    made = [
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE SEQUENCE numbers",
        "CREATE TABLE other_one (id int PRIMARY KEY)",
    ]
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
        "CREATE PROCEDURE idle() LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
        "CREATE DOMAIN score AS int CHECK (VALUE >= 0)",
        "CREATE TYPE point3 AS (x int, y int, z int)",
        "CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one",
        "CREATE TABLE parts (id int, at date NOT NULL) PARTITION BY RANGE (at)",
        "CREATE TABLE old PARTITION OF parts FOR VALUES FROM (MINVALUE) TO ('2020-01-01')",
        "CREATE COLLATION plain (provider = libc, locale = 'C')",
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
            ("extra", "row level security", table),
        ),
        ByHand(
            f'CREATE POLICY "p {table}" ON {name} USING (true)',
            ("extra", "policy", f"{table} p {table}"),
        ),
        ByHand(
            f'CREATE TABLE "copy of {table}" (LIKE {name} INCLUDING ALL)',
            ("extra", "table", f"copy of {table}"),
        ),
        ByHand(f"GRANT SELECT ON {name} TO PUBLIC", ("extra", "grants", printed)),
        ByHand(
            f'ALTER TABLE {name} ADD CONSTRAINT "f {table}" FOREIGN KEY (id) REFERENCES other_one',
            ("extra", "foreign key", f"{table} f {table}"),
        ),
        ByHand(
            f'CREATE STATISTICS "s {table}" (ndistinct) ON id, b FROM {name}',
            ("extra", "statistics", f"s {table}"),
        ),
        ByHand(
            f'CREATE RULE "r {table}" AS ON DELETE TO {name} DO NOTHING',
            ("extra", "rule", f"{table} r {table}"),
        ),
        ByHand(
            f"COMMENT ON COLUMN {name}.b IS 'by hand'",
            ("extra", "comment", f"COLUMN {printed.removeprefix('TABLE ')}.b"),
        ),
        ByHand(f"ALTER TABLE {name} SET (fillfactor = 70)", ("changed", "table", table)),
    ]


AGGREGATE = ("extra", "aggregate", "most(integer)")

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
    ByHand("DROP PROCEDURE idle", ("missing", "procedure", "idle()")),
    ByHand(
        "ALTER DOMAIN score ADD CONSTRAINT few CHECK (VALUE < 100)", ("changed", "domain", "score")
    ),
    ByHand("ALTER TYPE point3 ADD ATTRIBUTE w int", ("changed", "type", "point3")),
    ByHand(
        "CREATE INDEX kept_one ON kept (one)",
        ("extra", "index", "kept_one"),
    ),
    ByHand("ALTER TABLE parts DETACH PARTITION old", ("missing", "table attach", "old")),
    ByHand(
        "CREATE TABLE young PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO (MAXVALUE)",
        ("extra", "table", "young"),
    ),
    ByHand("DROP COLLATION plain", ("missing", "collation", "plain")),
    ByHand("CREATE AGGREGATE most(int) (SFUNC = int4larger, STYPE = int)", AGGREGATE),
    ByHand("CREATE PUBLICATION news FOR TABLE other_one", ("extra", "publication", "news")),
    ByHand(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
        ("extra", "default privileges", "DEFAULT PRIVILEGES FOR TABLES"),
    ),
]

CHANGES = [*(one for table in TABLES for one in changes_of_table(table)), *OTHERS]


@pytest.fixture(scope="module")
def begun(databases: ScratchServer) -> Iterator[Begun]:
    """The database before anybody changes it, from which each example has a copy."""
    name = databases.create()
    state.execute(databases.database_url(name), *schema())
    dump = pg_dump.dump_database(databases.database_url(name))
    with_nobody(databases, name)
    yield Begun(databases, name, dump)
    databases.drop(name)


def with_nobody(databases: ScratchServer, name: str) -> None:
    """Let nobody be connected, since a database that somebody uses cannot be copied."""
    databases.connection.exec_driver_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
    )


@dataclass(frozen=True)
class Begun:
    """A database, and what pg_dump prints of it."""

    databases: ScratchServer
    name: str
    dump: Dump

    @contextmanager
    def changed(self, chosen: list[ByHand]) -> Iterator[tuple[str, URL, Dump]]:
        """Yield a copy that somebody has changed: its name, its URL and its dump."""
        name = self.databases.create(self.name)
        url = self.databases.database_url(name)
        try:
            state.execute(url, *(one.statement.replace(":", "\\:") for one in chosen))
            yield name, url, pg_dump.dump_database(url)
        finally:
            self.databases.drop_in_background(name)


@examples(8)
@given(chosen=st.lists(st.sampled_from(CHANGES), unique=True, max_size=8))
def test_what_was_changed_is_found_and_nothing_else(begun: Begun, chosen: list[ByHand]) -> None:
    with begun.changed(chosen) as (_, _, after):
        found = {(one.change, one.kind, one.name) for one in list_differences(begun.dump, after)}
        assert found == {one.told for one in chosen}
        assert (state_of_dump(after) == state_of_dump(begun.dump)) == (not chosen)


def test_each_change_by_itself_is_found(begun: Begun) -> None:
    """So that none of them is only found with luck; one copy serves, since each beside all."""
    with begun.changed(CHANGES) as (_, _, after):
        found = {(one.change, one.kind, one.name) for one in list_differences(begun.dump, after)}
    assert found == {one.told for one in CHANGES}


@examples(4)
@given(chosen=st.lists(st.sampled_from(CHANGES), unique=True, min_size=1, max_size=8))
def test_what_was_changed_goes_back(begun: Begun, chosen: list[ByHand]) -> None:
    with begun.changed(chosen) as (name, url, after):
        comparison = Comparison(begun.databases, name, after, begun.dump, "alembic_version")
        statements = list(back.statements_between(comparison))
        state.execute(url, *(one.replace(":", "\\:") for one in statements))
        again = pg_dump.dump_database(url)
        assert list_differences(begun.dump, again) == []
