"""Define operations that fill a column's existing rows before it becomes NOT NULL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.flatten import flatten
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import ColumnPath


@dataclass
class FillOp(StatementOp):
    """Give a value to the rows that have none in a column. column: which."""

    column: ColumnPath = field(kw_only=True)


@dataclass
class BackfillColumnOp(ReversibleOp):
    """Fill a column's existing rows, then make it NOT NULL.

    column: which. sql_operation: the same in PostgreSQL's own statements, for a type that
    SQLAlchemy cannot express; None where there is no need. hinted: whether a person wrote the
    value into the models.
    """

    column: ColumnPath = field(kw_only=True)
    sql_operation: ReversibleOp | None = None
    hinted: bool = False

    @property
    def label(self) -> str:
        """The column for a person."""
        return readable_name(*self.column)


def filled_columns(operations: Iterable[MigrateOperation]) -> set[ColumnPath]:
    """Return the columns that operations fill on their way up."""
    return {one.column for one in flatten(operations) if isinstance(one, FillOp)}
