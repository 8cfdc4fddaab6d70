"""What a person is asked about a revision."""

from __future__ import annotations

from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.report import questions


def table(name: str, *columns: str, schema: str = "public") -> Entry:
    """Return a table's entry."""
    body = ",\n    ".join(columns)
    return Entry("TABLE", schema, name, f"CREATE TABLE {schema}.{name} (\n    {body}\n);", "")


def dump(*entries: Entry) -> Dump:
    """Return a database of entries."""
    return {entry.key: entry for entry in entries}


def test_columns_that_look_renamed() -> None:
    before = dump(table("t", "a text", "b integer", "c integer", "d date"))
    after = dump(table("t", "x integer", "y integer", "z boolean", "d date"))
    found = list(questions.open_questions(before, after, set()))
    assert [line.partition(".")[0] for line in found] == ["t", "t"]
    assert found[0] == (
        "t.b goes and t.x of the same type comes. If that is a rename, add "
        'info={"renamed_from": "b"} to the column t.x, delete the revision and make it again. '
        "If not, leave it: the values of t.b are lost."
    )
    assert found[1].startswith("t.c goes and t.y of the same type comes.")
    assert not list(questions.open_questions(before, before, set()))


def test_tables_that_look_renamed() -> None:
    before = dump(table("t", "a text", schema="s"), table("u", "a text"))
    after = dump(table("v", "a text", schema="s"), table("w", "b text"))
    (found,) = questions.open_questions(before, after, set())
    assert found.startswith("s.t goes and s.v with equal columns comes.")
    assert 'add info={"renamed_from": "t"} to the table s.v' in found
    assert found.endswith("the rows of s.t are lost.")


def test_values_that_look_renamed() -> None:
    def enum(*values: str) -> Dump:
        labels = ", ".join(f"'{value}'" for value in values)
        return dump(Entry("TYPE", "public", "e", f"CREATE TYPE public.e AS ENUM ({labels});", ""))

    (found,) = questions.open_questions(enum("x", "w"), enum("x", "ü"), set())
    assert found.startswith('The enum e loses "w" and gets "ü".')
    assert 'info={"renamed_values": {"w": "ü"}}' in found
    assert not list(questions.open_questions(enum("x"), enum("x", "y"), set()))
    assert not list(questions.open_questions(enum("x", "y"), enum("x"), set()))


def test_columns_without_a_value() -> None:
    before, after = dump(table("t", "a text")), dump(table("t", "a text", "b integer NOT NULL"))
    (found,) = questions.open_questions(before, after, set())
    assert found.startswith("t.b is NOT NULL and has no value for old rows")
    assert not list(questions.open_questions(before, after, {("public", "t", "b")}))
