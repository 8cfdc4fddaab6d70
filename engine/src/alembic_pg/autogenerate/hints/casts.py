"""Bring values to another type where PostgreSQL has no cast: by a lossless expression or a hint.

The hint is ``info={"using": "SQL expression"}`` on the column, and ``"using_back"`` for the way
back. Without one, an expression is taken from those that lose nothing; it fails on a row for which
that is not so.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.hints.hint import USING, USING_BACK
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.using_op import UsingOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column, Table

    from alembic_pg.autogenerate.dump import table_definition
    from alembic_pg.autogenerate.dump.entry import Dump

# Those to which PostgreSQL has no cast of a boolean, nor one back.
_INTEGERS = {"smallint", "bigint"}


@dataclass(frozen=True)
class Expressions:
    """How values come to the other type, and back; "" where PostgreSQL's own cast is to do it."""

    using: str
    back: str
    hinted: bool = False


def add_casts(
    operations: Iterable[MigrateOperation], tables: Mapping[str, Table], before: Dump, after: Dump
) -> Iterator[MigrateOperation]:
    """Yield operations, of which a change of type that needs an expression is one of its own.

    tables: the models' by schema and name, as ``MetaData.tables`` has them. before, after: what
    the revisions and the models build.
    """
    for operation in operations:
        if not isinstance(operation, ops.AlterColumnOp) or operation.modify_type is None:
            yield operation
            continue
        old, new = (_column_of(operation, dump) for dump in (before, after))
        found = _model_column(operation, tables)
        chosen = old and new and _expressions(old, new, found)
        if old is None or new is None or not chosen:
            yield operation
            continue
        yield _using_op(operation, old, new, chosen)
        rest = copy.copy(operation)
        rest.modify_type, rest.modify_server_default = None, False
        rest.existing_type = operation.modify_type
        if rest.has_changes():
            yield rest


def cast_operation(operation: ops.AlterColumnOp, before: Dump, after: Dump) -> ReversibleOp | None:
    """Return a change of type and default by PostgreSQL's explicit cast, in its own statements.

    None where the type stays, or the dumps have no such column.
    """
    old, new = (_column_of(operation, dump) for dump in (before, after))
    if operation.modify_type is None or old is None or new is None:
        return None
    made = _using_op(
        operation, old, new, Expressions(_explicit_cast(old, new), _explicit_cast(new, old))
    )
    return ReversibleOp([made], [made.reverse()])


def _explicit_cast(old: table_definition.Column, new: table_definition.Column) -> str:
    """Return a column's value in another type; to and from a schema's own type it is a text."""
    is_own = any("." in column.type for column in (old, new))
    through = "::text" + ("[]" if new.type.endswith("[]") else "") if is_own else ""
    return f"{new.name}{through}::{new.type}"


def _column_of(operation: ops.AlterColumnOp, dump: Dump) -> table_definition.Column | None:
    key = table_key(operation.schema, operation.table_name)
    place = (operation.schema or "public", operation.table_name, operation.column_name)
    return column_differences.columns_by_path({key: dump[key]} if key in dump else {}).get(place)


def _model_column(operation: ops.AlterColumnOp, tables: Mapping[str, Table]) -> Column[Any] | None:
    schema = f"{operation.schema}." if operation.schema else ""
    table = tables.get(f"{schema}{operation.table_name}")
    return None if table is None else table.columns.get(operation.column_name)


def _expressions(
    old: table_definition.Column, new: table_definition.Column, column: Column[Any] | None
) -> Expressions | None:
    """Return how a column's values come to its new type, None where nothing is to be said."""
    if old.generated or new.generated:
        return None
    info = {} if column is None else column.info
    using, back = (
        str(info.get(key, "")).strip().removesuffix(";") for key in (USING.key, USING_BACK.key)
    )
    if using:
        return Expressions(using, back, hinted=True)
    return lossless_expressions(old, new)


def lossless_expressions(
    old: table_definition.Column, new: table_definition.Column
) -> Expressions | None:
    """Return the expressions between two types of which the new one can hold all of the old one.

    They are a value and its array, a boolean and a smallint or bigint: of another number than 0
    and 1, the cast from text fails.
    """
    name = old.name
    if new.type.endswith("[]") and not old.type.endswith("[]"):
        array = f"ARRAY[{name}]"
        using = array if old.not_null else f"CASE WHEN {name} IS NOT NULL THEN {array} END"
        # An explicit cast would cut a text that is too long, and an assignment refuses it.
        is_text = old.type == "text" or old.type.startswith("character")
        as_text = f"{name}::text" if is_text else f"{name}::text::{old.type}"
        back = (
            f"CASE WHEN cardinality({name}) > 1 THEN {as_text} "
            f"ELSE {name}[array_lower({name}, 1)] END"
        )
        return Expressions(using, back)
    to_boolean = f"{name}::text::boolean"
    if old.type == "boolean" and new.type in _INTEGERS:
        return Expressions(f"{name}::integer::{new.type}", to_boolean)
    if new.type == "boolean" and old.type in _INTEGERS:
        return Expressions(to_boolean, f"{name}::integer::{old.type}")
    return None


def _using_op(
    operation: ops.AlterColumnOp,
    old: table_definition.Column,
    new: table_definition.Column,
    chosen: Expressions,
) -> UsingOp:
    schema, table, name = operation.schema, operation.table_name, operation.column_name
    alter = f"ALTER TABLE {quote_name(schema or 'public', table)} ALTER COLUMN {old.name}"
    return UsingOp(
        "change",
        "column " + ".".join(part for part in (schema, table, name) if part),
        tuple(_type_statements(alter, old, new, chosen.using)),
        tuple(_type_statements(alter, new, old, chosen.back or f"{old.name}::{old.type}")),
        schema,
        table,
        name,
        chosen.hinted,
    )


def _type_statements(
    alter: str, old: table_definition.Column, new: table_definition.Column, using: str
) -> Iterator[str]:
    """Yield what changes a type; the default, which no expression is asked for, goes meanwhile."""
    collate = f" COLLATE {new.collation}" if new.collation else ""
    if old.default:
        yield f"{alter} DROP DEFAULT;"
    yield f"{alter} TYPE {new.type}{collate} USING {using};"
    if new.default:
        yield f"{alter} SET DEFAULT {new.default};"
