"""The renames that the models ask for: ``renamed_from`` and ``renamed_values`` in ``info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ARRAY, Enum
from sqlalchemy.types import TypeDecorator

from alembic_pg.autogenerate.alter import alter_type
from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column, MetaData, Table

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

FROM = "renamed_from"
VALUES = "renamed_values"

Name = TypeVar("Name")


def wanted(metadata: MetaData, before: Dump) -> list[MigrateOperation]:
    """Return the renames that are still to be done: the old name is there, the new one is not.

    Tables come first, so that a column's table is called by its new name.
    metadata: the models. before: what the revisions build.
    """
    tables = list(metadata.tables.values())
    of_tables = list(_tables(tables, before))
    return [
        *_schemas(of_tables, before),
        *of_tables,
        *_columns(tables, before, of_tables),
        *_values(tables, before),
    ]


def _schemas(moved: Iterable[RenameOp], before: Dump) -> Iterator[StatementOp]:
    """Yield what makes the schemas that tables move to."""
    there = {entry.name for entry in before.values() if entry.kind == "SCHEMA"} | {"public"}
    for name in sorted({op.to for op in moved if op.to} - there):
        schema = quoted(name)
        yield StatementOp(
            "create", f"schema {name}", (f"CREATE SCHEMA {schema};",), (f"DROP SCHEMA {schema};",)
        )


def _tables(tables: Iterable[Table], before: Dump) -> Iterator[RenameOp]:
    there = {(entry.schema, entry.name) for entry in before.values() if entry.kind == "TABLE"}
    asked = [
        (_former(table, there), (_schema(table), table.name))
        for table in tables
        if FROM in table.info
    ]
    for (schema, old), (to, new) in _possible(asked, there):
        yield RenameOp(_given(schema), None, old, new, to if to != schema else None)


def _former(table: Table, there: set[tuple[str, str]]) -> tuple[str, str]:
    """Return the schema and name that a table had; another schema stands before a dot."""
    name = str(table.info[FROM])
    schema, dot, bare = name.partition(".")
    if dot and (_schema(table), name) not in there:
        return schema, bare
    return _schema(table), name


def _columns(
    tables: Iterable[Table], before: Dump, renamed: Iterable[RenameOp]
) -> Iterator[RenameOp]:
    asked = [
        (
            (_schema(table), table.name, str(column.info[FROM])),
            (_schema(table), table.name, column.name),
        )
        for table in tables
        for column in table.columns
        if FROM in column.info
    ]
    if not asked:
        return  # and no table's definition is read
    now = dict(op.places for op in renamed)
    there = {(*now.get(place[:2], place[:2]), place[2]) for place in column_differences.of(before)}
    for (schema, table_name, old), (_, _, new) in _possible(asked, there):
        yield RenameOp(_given(schema), table_name, old, new)


def _values(tables: Iterable[Table], before: Dump) -> Iterator[StatementOp]:
    asked: list[tuple[tuple[str, str], tuple[str, str]]] = []
    there: set[tuple[str, str]] = set()
    for table in tables:
        for column in table.columns:
            entry = _enum(table, column, before) if VALUES in column.info else None
            if entry is None:
                continue
            there |= {(entry.key, label) for label in alter_type.enum_labels(entry)}
            asked += [
                ((entry.key, old), (entry.key, new)) for old, new in column.info[VALUES].items()
            ]
    for (key, old), (_, new) in _possible(list(dict.fromkeys(asked)), there):
        name = alter_type.enum_name(before[key])
        one, other = literal(old), literal(new)
        yield StatementOp(
            "rename value",
            before[key].label,
            (f"ALTER TYPE {name} RENAME VALUE {one} TO {other};",),
            (f"ALTER TYPE {name} RENAME VALUE {other} TO {one};",),
        )


def _enum(table: Table, column: Column[Any], before: Dump) -> Entry | None:
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


def _possible(asked: Iterable[tuple[Name, Name]], there: set[Name]) -> Iterator[tuple[Name, Name]]:
    """Yield the old and new names of which the old one is there and the new one is free.

    One after the other, since one may take the name that another gives up.
    """
    waiting = list(asked)
    while ready := next(((a, b) for a, b in waiting if a in there and b not in there), None):
        waiting.remove(ready)
        there ^= set(ready)
        yield ready


def _schema(table: Table) -> str:
    return table.schema or "public"


def _given(schema: str) -> str | None:
    """Return a schema as Alembic's operations are told it."""
    return None if schema == "public" else schema
