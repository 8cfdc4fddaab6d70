"""Let the CREATE TABLE of a revision have the CHECKs that the models give to columns.

Alembic renders those of the table only (alembic.autogenerate.render, _add_table).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations.ops import CreateTableOp
from alembic.util import sqla_compat
from sqlalchemy import CheckConstraint, Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy.schema import SchemaItem


def with_column_checks(operation: MigrateOperation) -> MigrateOperation:
    """Return an operation; one that creates a table has its columns' CHECKs as the table's."""
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
