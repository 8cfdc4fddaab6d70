"""Find the renames that the models ask for by ``renamed_from`` and ``renamed_values`` in info."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ARRAY, Enum
from sqlalchemy.types import TypeDecorator

from alembic_pg.autogenerate.alter import alter_type
from alembic_pg.autogenerate.hints.hint import RENAMED_FROM, RENAMED_VALUES
from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_literal, quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column, MetaData, Table

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

Name = TypeVar("Name", bound="tuple[str, ...]")


def pending_renames(
    metadata: MetaData | Sequence[MetaData], before: Dump
) -> list[MigrateOperation]:
    """Return the renames that are still to be done: the old name is there, the new one is not.

    Tables come first, so that a column's table is called by its new name.
    metadata: the models. before: what the revisions build. Raises UserError for names that take
    each other's place.
    """
    tables = declared_tables(metadata)
    of_tables = list(_table_renames(tables, before))
    return [
        *_create_schema_ops(of_tables, before),
        *of_tables,
        *_column_renames(tables, before, of_tables),
        *_enum_value_renames(tables, before),
    ]


def _create_schema_ops(moved: Iterable[RenameOp], before: Dump) -> Iterator[StatementOp]:
    """Yield what makes the schemas that tables move to."""
    there = {entry.name for entry in before.values() if entry.kind == "SCHEMA"} | {"public"}
    for name in sorted({op.to_schema for op in moved if op.to_schema} - there):
        schema = quote_name(name)
        yield StatementOp(
            "create", f"schema {name}", (f"CREATE SCHEMA {schema};",), (f"DROP SCHEMA {schema};",)
        )


def _table_renames(tables: Iterable[Table], before: Dump) -> Iterator[RenameOp]:
    there = {(entry.schema, entry.name) for entry in before.values() if entry.kind == "TABLE"}
    asked = [
        (_former_table_name(table, there), (_schema_name(table), table.name))
        for table in tables
        if RENAMED_FROM.key in table.info
    ]
    for (schema, old), (to, new) in _possible_renames(asked, there):
        yield RenameOp(_schema_option(schema), None, old, new, to if to != schema else None)


def _former_table_name(table: Table, there: set[tuple[str, str]]) -> tuple[str, str]:
    """Return the schema and name that a table had; another schema stands before a dot."""
    name = str(table.info[RENAMED_FROM.key])
    schema, dot, bare = name.partition(".")
    if dot and (_schema_name(table), name) not in there:
        return schema, bare
    return _schema_name(table), name


def _column_renames(
    tables: Iterable[Table], before: Dump, renamed: Iterable[RenameOp]
) -> Iterator[RenameOp]:
    asked = [
        (
            (_schema_name(table), table.name, str(column.info[RENAMED_FROM.key])),
            (_schema_name(table), table.name, column.name),
        )
        for table in tables
        for column in table.columns
        if RENAMED_FROM.key in column.info
    ]
    if not asked:
        return  # and no table's definition is read
    now = dict(op.table_names for op in renamed)
    there = {
        (*now.get(place[:2], place[:2]), place[2])
        for place in column_differences.columns_by_path(before)
    }
    for (schema, table_name, old), (_, _, new) in _possible_renames(asked, there):
        yield RenameOp(_schema_option(schema), table_name, old, new)


def _enum_value_renames(tables: Iterable[Table], before: Dump) -> Iterator[StatementOp]:
    asked: list[tuple[tuple[str, str], tuple[str, str]]] = []
    there: set[tuple[str, str]] = set()
    for table in tables:
        for column in table.columns:
            entry = (
                _enum_entry(table, column, before) if RENAMED_VALUES.key in column.info else None
            )
            if entry is None:
                continue
            there |= {(entry.key, label) for label in alter_type.enum_labels(entry)}
            asked += [
                ((entry.key, old), (entry.key, new))
                for old, new in column.info[RENAMED_VALUES.key].items()
            ]
    for (key, old), (_, new) in _possible_renames(list(dict.fromkeys(asked)), there):
        name = alter_type.enum_name(before[key])
        one, other = quote_literal(old), quote_literal(new)
        yield StatementOp(
            "rename value",
            before[key].label,
            (f"ALTER TYPE {name} RENAME VALUE {one} TO {other};",),
            (f"ALTER TYPE {name} RENAME VALUE {other} TO {one};",),
        )


def _enum_entry(table: Table, column: Column[Any], before: Dump) -> Entry | None:
    """Return what the revisions build of a column's enum, or None where there is none."""
    kind = column.type
    while isinstance(kind, (ARRAY, TypeDecorator)):
        kind = kind.item_type if isinstance(kind, ARRAY) else kind.impl_instance
    if not isinstance(kind, Enum):
        return None
    for schema in (kind.schema, table.schema, "public"):
        if entry := before.get(f"TYPE {schema}.{kind.name}"):
            return entry
    return None


def _possible_renames(
    asked: Iterable[tuple[Name, Name]], there: set[Name]
) -> Iterator[tuple[Name, Name]]:
    """Yield the old and new names of which the old one is there and the new one is free.

    One after the other, since one may take the name that another gives up.
    """
    waiting = list(asked)
    while ready := next(((a, b) for a, b in waiting if a in there and b not in there), None):
        waiting.remove(ready)
        there ^= set(ready)
        yield ready
    _refuse_circles(dict(waiting))


def _refuse_circles(waiting: Mapping[Name, Name]) -> None:
    """Raise UserError where names take each other's place: before and after, all are there."""
    for start in waiting:
        circle = [start]
        while (following := waiting.get(circle[-1])) is not None and following not in circle:
            circle.append(following)
        if following == start and len(circle) > 1:
            names = " and ".join(sorted(map(_readable, circle)))
            raise UserError(
                f"{names} take each other's names, and nobody can tell whether that is done: "
                "let one of them have a third name first, in a revision of its own."
            )


def _readable(name: tuple[str, ...]) -> str:
    """Return the name of a table or a column, or a value of an enum after the enum's name."""
    place, *rest = name
    return readable_name(*place.removeprefix("TYPE ").split(".", 1), *rest)


def _schema_name(table: Table) -> str:
    return table.schema or "public"


def _schema_option(schema: str) -> str | None:
    """Return a schema as Alembic's operations are told it."""
    return None if schema == "public" else schema
