"""A word of the models that SQLAlchemy takes for a parameter is refused; it would be NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.sides.text_parameters import refuse_parameters
from alembic_pg.errors import UserError
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    func,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement, SchemaItem

if TYPE_CHECKING:
    from collections.abc import Callable

# A part of a table, the parameter, and what the message calls the part.
WRONG: dict[str, tuple[Callable[[], SchemaItem], str, str]] = {
    "check": (
        lambda: CheckConstraint("a ~ '^(?:ab|cd)$'", name="c"),
        "ab",
        "CHECK constraint c of t",
    ),
    "check without a name": (
        lambda: CheckConstraint("a ~ ' :b'"),
        "b",
        "CHECK constraint without a name of t",
    ),
    "default": (
        lambda: Column("b", JSON, server_default=text("""'{"x":null}'""")),
        "null",
        "column t.b",
    ),
    "generated": (lambda: Column("b", Text, Computed("a || ' :b'")), "b", "column t.b"),
    "index": (lambda: Index("i", text("(a || ' :b')")), "b", "index i on t"),
    "index in a function": (lambda: Index("i", func.lower(text("':b'"))), "b", "index i on t"),
    "index's condition": (
        lambda: Index("i", "a", postgresql_where=text("a <> ' :b'")),
        "b",
        "index i on t",
    ),
    "exclusion": (
        lambda: ExcludeConstraint(("a", "="), name="x", where=text("a <> ' :b'"), using="gist"),
        "b",
        "exclusion constraint x of t",
    ),
}


def table_with(*parts: SchemaItem) -> Table:
    return Table("t", MetaData(), Column("a", Text), *parts)


@pytest.mark.parametrize("part", WRONG)
def test_what_would_become_null_is_refused(part: str) -> None:
    item, name, label = WRONG[part]
    with pytest.raises(UserError) as error:
        refuse_parameters([table_with(item())])
    assert str(error.value) == (
        f'SQLAlchemy writes NULL for ":{name}" in {label}, a parameter without a value: write '
        f'"\\\\:{name}".'
    )


@pytest.mark.parametrize("part", WRONG)
def test_sqlalchemy_writes_null(part: str) -> None:
    """Else the refusal were untrue."""
    item, name, _ = WRONG[part]
    table = table_with(item())
    elements: tuple[ExecutableDDLElement, ...] = (
        CreateTable(table),
        *map(CreateIndex, table.indexes),
    )
    written = " ".join(str(one.compile(dialect=postgresql.dialect())) for one in elements)
    assert "NULL" in written.replace("NOT NULL", "")
    assert f":{name}" not in written


@pytest.mark.parametrize(
    "item",
    [
        CheckConstraint(r"a ~ '^(?\:ab|cd)$'"),
        CheckConstraint("a::text <> '10:30:00' AND a <> 'x: y'"),
        CheckConstraint(text("a <> :b").bindparams(b="x")),
        CheckConstraint(column("a") > 3),
        Column("b", JSON, server_default='{"x":null}'),
        Column("b", Integer, server_default=text("1")),
        Index("i", "a", postgresql_where=column("a") > "x"),
    ],
)
def test_what_is_meant_is_not(item: SchemaItem) -> None:
    refuse_parameters([table_with(item)])


def test_all_are_listed() -> None:
    with pytest.raises(UserError) as error:
        refuse_parameters([table_with(*(item() for item, *_ in (WRONG["check"], WRONG["index"])))])
    assert str(error.value).splitlines() == [
        'SQLAlchemy writes NULL for parameters without a value; write "\\\\:word" for a colon:',
        '  ":ab" in CHECK constraint c of t',
        '  ":b" in index i on t',
    ]
