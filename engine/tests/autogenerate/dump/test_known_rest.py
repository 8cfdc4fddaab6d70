"""A few tables of a database tell its whole dump, where the rest is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.known_rest import know_rest
from alembic_pg.database.connect import connect
from sqlalchemy import text

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump
    from sqlalchemy.engine import URL

SCHEMA = """
CREATE TYPE mood AS ENUM ('x');
CREATE TABLE a (id int PRIMARY KEY, m mood);
CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY, a int REFERENCES a);
CREATE TABLE c (id int);
CREATE VIEW v AS SELECT id FROM c;
"""


def execute(url: URL, statements: str) -> None:
    with connect(url, source="the tests") as connection, connection.begin():
        connection.execute(text(statements))


def outline(dump: Dump) -> dict[str, tuple[str, set[str]]]:
    places = {key: number for number, key in enumerate(dump)}
    for key, one in dump.items():
        assert all(places[need] < places[key] for need in one.needs if need in places), key
    return {key: (one.text, {*one.needs}) for key, one in dump.items()}


def test_it_is_the_whole_dump(empty: URL) -> None:
    execute(empty, SCHEMA)
    rest = know_rest(empty, pg_dump.dump_database(empty), [("public", "a"), ("public", "b")])
    assert rest is not None
    assert outline(rest.dump(empty)) == outline(pg_dump.dump_database(empty))
    execute(
        empty,
        """
        ALTER TABLE b DROP CONSTRAINT b_a_fkey;
        ALTER TABLE a DROP CONSTRAINT a_pkey, ADD CONSTRAINT "another one" UNIQUE (id);
        ALTER TABLE b ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES a (id);
        COMMENT ON COLUMN a.id IS 'C';
        CREATE INDEX ON b (a);
        """,
    )
    assert outline(rest.dump(empty)) == outline(pg_dump.dump_database(empty))
    execute(empty, "DROP TABLE b")
    assert outline(rest.dump(empty)) == outline(pg_dump.dump_database(empty))


def test_another_database_is_not_known(empty: URL) -> None:
    execute(empty, SCHEMA)
    whole = pg_dump.dump_database(empty)
    execute(empty, "ALTER TABLE a ADD b int")
    assert know_rest(empty, whole, [("public", "a")]) is None
    assert know_rest(empty, whole, [("public", "c")]) is not None


def test_names_are_taken_as_they_are(empty: URL) -> None:
    execute(empty, """CREATE TABLE "a.*" (id int); CREATE TABLE "A" (id int); CREATE TABLE a ()""")
    found = pg_dump.dump_tables(empty, [("public", "a.*"), ("public", "A")])
    assert [*found] == ["TABLE public.A", "TABLE public.a.*"]
