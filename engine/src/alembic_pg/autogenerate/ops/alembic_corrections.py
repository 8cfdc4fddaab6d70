"""Correct what Alembic's implementation for PostgreSQL renders and reflects wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations.ops import CreateTableOp
from alembic.util import sqla_compat
from sqlalchemy import CheckConstraint, Column

from alembic_pg.autogenerate.ops.statement_source import escape_colons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import MigrateOperation
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql.elements import ClauseElement


def correct_impl(impl: DefaultImpl) -> None:
    """Let an implementation of Alembic's be right where it is not. impl: of a context."""
    _escape_in_expressions(impl)
    _find_quoted_sequences(impl)


def _escape_in_expressions(impl: DefaultImpl) -> None:
    r"""Let what Alembic renders of defaults, CHECKs and generated columns mean what it meant.

    Of the models' ``text("'a \\:b'")`` it renders ``sa.text("'a :b'")``, which the revision would
    run with NULL for ``:b``. An index's expressions are literal_column(), which has no parameters.
    """
    render = impl.render_ddl_sql_expr

    def render_escaped(expr: ClauseElement, *arguments: Any, **options: Any) -> str:  # noqa: ANN401  # Alembic's
        rendered = render(expr, *arguments, **options)
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
