"""Which renames the models ask for, of what is there."""

from __future__ import annotations

from enum import Enum as PythonEnum
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.hints import renames
from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.errors import UserError
from sqlalchemy import ARRAY, Column, Enum, Integer, MetaData, Table, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem


class Mood(PythonEnum):
    """Values by their names."""

    GOOD = 1
    BAD = 2


class Stored(TypeDecorator[str]):
    """A type of an application's own."""

    impl = Enum("x", "z", name="kind")
    cache_ok = True


def table(name: str, *columns: str, schema: str = "public") -> Entry:
    """Return a table's entry."""
    body = ",\n    ".join(f"{column} integer" for column in columns)
    return Entry("TABLE", schema, name, f"CREATE TABLE {schema}.{name} (\n    {body}\n);", "")


def dump(*entries: Entry) -> Dump:
    """Return a database of entries."""
    return {entry.key: entry for entry in entries}


def column(name: str, old: str | None = None) -> Column[int]:
    """Return a column that may have been called otherwise."""
    return Column(name, Integer, info={"renamed_from": old} if old else {})


def models(name: str, *columns: SchemaItem, old: str, schema: str | None = None) -> MetaData:
    """Return models of one table that was called otherwise."""
    metadata = MetaData()
    Table(name, metadata, *columns, schema=schema, info={"renamed_from": old})
    return metadata


def test_a_table_comes_before_its_columns() -> None:
    found = renames.pending_renames(
        models("new", column("b", "a"), column("c", "gone"), old="old", schema="s"),
        dump(table("old", "a", schema="s")),
    )
    assert found == [RenameOp("s", None, "old", "new"), RenameOp("s", "new", "a", "b")]
    assert [operation.reverse() for operation in found] == [
        RenameOp("s", None, "new", "old"),
        RenameOp("s", "new", "b", "a"),
    ]


def test_a_hint_has_its_day() -> None:
    asked = models("new", column("b", "a"), old="old")
    assert not renames.pending_renames(asked, dump()), "nothing is there yet"
    assert not renames.pending_renames(asked, dump(table("new", "b"))), "it is done"
    assert not renames.pending_renames(asked, dump(table("old", "x"), table("new", "a", "b")))


def test_names_move_on() -> None:
    metadata = MetaData()
    Table("t", metadata, column("b", "a"), column("c", "b"), column("d"))
    found = renames.pending_renames(metadata, dump(table("t", "a", "b", "d")))
    assert found == [
        RenameOp(None, "t", "b", "c"),
        RenameOp(None, "t", "a", "b"),
    ]


def test_values() -> None:
    def enum(name: str, *values: str) -> Entry:
        labels = ", ".join(f"'{value}'" for value in values)
        definition = f"CREATE TYPE public.{name} AS ENUM (\n    {labels}\n);"
        return Entry("TYPE", "public", name, definition, "")

    metadata = MetaData()
    good = {"renamed_values": {"it''s".replace("''", "'"): "GOOD", "gone": "BAD"}}
    Table(
        "t",
        metadata,
        Column("a", ARRAY(Enum(Mood, name="mood")), info=good),
        Column("b", Enum(Mood, name="mood"), info=good),
        Column("c", Stored(), info={"renamed_values": {"y": "z"}}),
        Column("d", Integer, info={"renamed_values": {"y": "z"}}),
        Column("e", Enum("x", name="unknown"), info={"renamed_values": {"y": "z"}}),
    )
    found = renames.pending_renames(
        metadata, dump(enum("mood", "it''s", "BAD"), enum("kind", "x", "y"))
    )
    assert found == [
        StatementOp(
            "rename value",
            "enum mood",
            ("ALTER TYPE public.mood RENAME VALUE 'it''s' TO 'GOOD';",),
            ("ALTER TYPE public.mood RENAME VALUE 'GOOD' TO 'it''s';",),
        ),
        StatementOp(
            "rename value",
            "enum kind",
            ("ALTER TYPE public.kind RENAME VALUE 'y' TO 'z';",),
            ("ALTER TYPE public.kind RENAME VALUE 'z' TO 'y';",),
        ),
    ]


def test_names_that_take_each_others_place_are_refused() -> None:
    """Before and after, all of them are there: nobody could tell whether it is done."""
    metadata = MetaData()
    Table("t", metadata, column("a", "b"), column("b", "c"), column("c", "a"))
    with pytest.raises(UserError, match=r"^t\.a and t\.b and t\.c take each other's names, "):
        renames.pending_renames(metadata, dump(table("t", "a", "b", "c")))
    moved = MetaData()
    Table("t", moved, column("b", "a"), column("a", "c"))
    assert renames.pending_renames(moved, dump(table("t", "a", "c"))) == [
        RenameOp(None, "t", "a", "b"),
        RenameOp(None, "t", "c", "a"),
    ]
    assert not renames.pending_renames(moved, dump(table("t", "a", "b")))


def test_values_that_take_each_others_place_are_refused() -> None:
    metadata = MetaData()
    info = {"renamed_values": {"x": "y", "y": "x"}}
    Table("t", metadata, Column("a", Enum("x", "y", name="mood"), info=info))
    kind = Entry(
        "TYPE", "public", "mood", "CREATE TYPE public.mood AS ENUM (\n    'x',\n    'y'\n);", ""
    )
    with pytest.raises(UserError, match=r"^mood\.x and mood\.y take each other's names, "):
        renames.pending_renames(metadata, dump(kind))
