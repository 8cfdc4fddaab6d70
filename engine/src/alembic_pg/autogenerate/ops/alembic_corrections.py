"""Correct what Alembic's implementation for PostgreSQL renders and reflects wrongly."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from alembic.operations.ops import CreateTableOp
from alembic.util import sqla_compat
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint
from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError

from alembic_pg.autogenerate.ops.statement_source import escape_colons

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import MigrateOperation
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql.elements import ClauseElement

    TableName = tuple[str | None, str]


def correct_impl(impl: DefaultImpl) -> None:
    """Let an implementation of Alembic's be right where it is not. impl: of a context."""
    _escape_in_expressions(impl)
    _find_quoted_sequences(impl)


def _escape_in_expressions(impl: DefaultImpl) -> None:
    r"""Let what Alembic renders of defaults, CHECKs and generated columns mean what it meant.

    Of the models' ``text("'a \\:b'")`` it renders ``sa.text("'a :b'")``, which the revision would
    run with NULL for ``:b``. An index's expressions are literal_column(), which has no parameters.
    Each percent sign it renders as two, as the driver wants it; the revision, too, doubles each.
    """
    render = impl.render_ddl_sql_expr
    doubles = impl.dialect.paramstyle in {"format", "pyformat"}

    def render_escaped(expr: ClauseElement, *arguments: Any, **options: Any) -> str:  # noqa: ANN401  # Alembic's
        rendered = render(expr, *arguments, **options)
        if doubles:
            rendered = rendered.replace("%%", "%")
        return rendered if options.get("is_index") else escape_colons(rendered)

    impl.render_ddl_sql_expr = render_escaped  # type: ignore[method-assign]


def _find_quoted_sequences(impl: DefaultImpl) -> None:
    """Let a serial be known whose sequence has an apostrophe in its name.

    Alembic asks for the name as it stands in a string, where the apostrophe is doubled.
    """
    reflect = impl.autogen_column_reflect

    def reflect_unquoted(inspector: Any, table: Any, column_info: Any) -> None:  # noqa: ANN401  # Alembic's
        default = column_info.get("default") or ""
        is_quoted = default.startswith("nextval(") and "''" in default
        if is_quoted:
            column_info["default"] = default.replace("''", "'")
        reflect(inspector, table, column_info)  # type: ignore[no-untyped-call]
        if is_quoted and "default" in column_info:
            column_info["default"] = default

    impl.autogen_column_reflect = reflect_unquoted  # type: ignore[method-assign]


def with_column_checks(operation: MigrateOperation) -> MigrateOperation:
    """Return an operation; one that creates a table has its columns' CHECKs as the table's.

    Alembic renders those of the table only (alembic.autogenerate.render, _add_table).
    """
    if isinstance(operation, CreateTableOp):
        operation.columns = [item for one in operation.columns for item in _parts(one)]
    return operation


def _parts(item: SchemaItem) -> Iterator[SchemaItem]:
    """Yield a column without its CHECKs, then those; anything else as it is."""
    checks = _column_checks(item) if isinstance(item, Column) else []
    if not isinstance(item, Column) or not checks:
        yield item
        return
    column = sqla_compat._copy(item)  # noqa: SLF001  # the models' own stays
    column.constraints = {one for one in column.constraints if not isinstance(one, CheckConstraint)}
    yield column
    for check in sorted(checks, key=lambda one: str(one.name)):
        yield CheckConstraint(check.sqltext, name=check.name, **check.dialect_kwargs)


def _column_checks(column: Column[Any]) -> list[CheckConstraint]:
    """Return the CHECKs of a column that its type does not bring along."""
    return [
        constraint
        for constraint in column.constraints
        if isinstance(constraint, CheckConstraint) and not sqla_compat._is_type_bound(constraint)  # noqa: SLF001  # as Alembic asks
    ]


def without_circular_keys(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations; those that create tables have no foreign keys that form a circle.

    Alembic writes each key into its table, so the first table refers to one that is not there. The
    keys of that one are left out, by which it is in the circle: the comparison, which misses them,
    adds them later.
    """
    creating = [one for one in operations if isinstance(one, CreateTableOp)]
    needed = {_name(one): {*map(_target, _keys(one))} - {_name(one)} for one in creating}
    circles = _on_circles(needed)
    if not circles:
        return list(operations)
    for one in sorted(creating, key=lambda one: (one.schema or "", one.table_name)):
        own = _name(one)
        removed = [
            key
            for key in _keys(one)
            if own in circles and own != _target(key) and own in _reached(_target(key), needed)
        ]
        gone = {*map(id, removed)}  # columns have an == of their own
        one.columns = [item for item in one.columns if id(item) not in gone]
        needed[own] -= {*map(_target, removed)}
    # Of tables in a circle, SQLAlchemy's order knows no other key, either.
    place = {name: at for at, name in enumerate(TopologicalSorter(needed).static_order())}
    rest = [one for one in operations if not isinstance(one, CreateTableOp)]
    return [*sorted(creating, key=lambda one: place[_name(one)]), *rest]


def _name(operation: CreateTableOp) -> TableName:
    return operation.schema, operation.table_name


def _keys(operation: CreateTableOp) -> list[ForeignKeyConstraint]:
    return [one for one in operation.columns if isinstance(one, ForeignKeyConstraint)]


def _target(key: ForeignKeyConstraint) -> TableName:
    """Return the table to which a foreign key refers, ("", "") where nobody has declared it."""
    try:
        table = key.referred_table
    except (NoReferencedTableError, NoReferencedColumnError):  # the build says so
        return "", ""
    return table.schema, table.name


def _on_circles(needed: Mapping[TableName, set[TableName]]) -> set[TableName]:
    """Return the tables that may be part of a circle, or stand between two of them."""
    left = dict(needed)
    while True:
        wanted = {one for others in left.values() for one in others}
        kept = {name for name, others in left.items() if others & left.keys() and name in wanted}
        if kept == left.keys():
            return kept
        left = {name: left[name] & kept for name in kept}


def _reached(start: TableName, needed: Mapping[TableName, set[TableName]]) -> set[TableName]:
    """Return the tables that one needs, and those that they need in turn, itself among them."""
    found: set[TableName] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needed.get(name, ())
    return found
