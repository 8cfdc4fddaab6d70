"""Alter a table's columns so that they no longer need an object that is to be dropped.

It may be the function of a default, or the domain of a column. The table keeps its rows. The next
round of proof.search gives it back what it loses here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from alembic_pg.autogenerate.dump.entry import Entry
    from alembic_pg.autogenerate.dump.table_definition import Column

# What a column's definition can name.
_NAMEABLE_KINDS = frozenset(
    {"AGGREGATE", "COLLATION", "DOMAIN", "FUNCTION", "OPERATOR", "SEQUENCE", "TYPE"}
)

# A range has a second type, which no entry says.
_MULTIRANGE = re.compile(r"multirange_type_name = (?P<name>\S.*?),?\n")


def detach_operation(
    table: Entry, gone: Collection[Entry], held_names: Collection[str] = ()
) -> StatementOp:
    """Return the operation after which a table needs none of the dropped objects.

    gone: what is dropped.
    held_names: columns and types that change, which no generated column may use or be.
    """
    upgrade: list[str] = []
    downgrade: list[str] = []
    for alter, column in _columns_to_detach(table, gone, held_names):
        for statement, inverse in _statements_with_inverse(alter, column, gone, held_names):
            upgrade.append(statement)
            downgrade.insert(0, inverse)
    return StatementOp("change", table.label, tuple(upgrade), tuple(downgrade))


def retyped_or_dropped_columns(
    table: Entry, gone: Collection[Entry], held_names: Collection[str] = ()
) -> list[str]:
    """Return the columns that are retyped or dropped to detach them, without quotes."""
    return [
        table_definition.unquote_name(column.name)
        for _, column in _columns_to_detach(table, gone, held_names)
        if column.generated or _has_type(column, gone)
    ]


def _columns_to_detach(
    table: Entry, gone: Collection[Entry], held_names: Collection[str]
) -> Iterator[tuple[str, Column]]:
    """Yield the ALTER TABLE of each column that uses a dropped object, and the column.

    Generated columns come first: they may read one that gets another type.
    """
    parsed = table_definition.parse_entry(table)
    if parsed is None:
        return
    columns = parsed.columns.values()
    held = {*held_names, *(c.name for c in columns if not c.generated and _has_type(c, gone))}
    for column in sorted(columns, key=lambda one: not one.generated):
        words = f"{column.type} {column.collation} {column.default} {column.generated}"
        holds_name = column.generated and mentions_names(f"{column.name} {words}", held)
        if holds_name or mentions_entries(words, gone):
            yield f"ALTER TABLE {parsed.name}", column


def _has_type(column: Column, types: Collection[Entry]) -> bool:
    return mentions_entries(f"{column.type} {column.collation}", types)


def _statements_with_inverse(
    table: str, column: Column, gone: Collection[Entry], held_names: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the statements that detach a column, each with its inverse."""
    alter = f"{table} ALTER COLUMN {column.name}"
    if column.generated:
        yield (
            f"{table} DROP COLUMN {column.name};",
            f"{table} ADD COLUMN {table_definition.column_definition(column)};",
        )
        return
    # A column that changes by another operation gets its new type there.
    retyped = column.name not in held_names and _has_type(column, gone)
    if column.default and (retyped or mentions_entries(column.default, gone)):
        yield f"{alter} DROP DEFAULT;", f"{alter} SET DEFAULT {column.default};"
    if retyped:
        array = "[]" if column.type.endswith("[]") else ""
        collate = f" COLLATE {column.collation}" if column.collation else ""
        yield (
            f"{alter} TYPE text{array} USING {column.name}::text{array};",
            f"{alter} TYPE {column.type}{collate} USING {column.name}::{column.type};",
        )


def mentions_entries(words: str, gone: Iterable[Entry]) -> bool:
    """Return whether an expression or a type names one of the entries."""
    return mentions_names(
        words,
        (
            name
            for entry in gone
            if entry.kind in _NAMEABLE_KINDS
            for name in _names_in_expressions(entry)
        ),
    )


def _names_in_expressions(entry: Entry) -> Iterator[str]:
    """Yield the names by which an expression or a column calls an object."""
    yield entry.name.partition("(")[0]
    if multirange := _MULTIRANGE.search(entry.create):
        yield multirange["name"]


def mentions_names(words: str, any_of: Iterable[str]) -> bool:
    """Return whether a text has one of some names as a word."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) for name in any_of)
