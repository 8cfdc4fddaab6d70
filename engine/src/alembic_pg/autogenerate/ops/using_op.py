"""Define an operation that brings a column's values to another type by an expression."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import ColumnPath


@dataclass
class UsingOp(StatementOp):
    """A change of a column's type with ``USING``, and of the default with it.

    schema, table_name, column_name: the column's, as Alembic's operations have them.
    hinted: whether a person wrote the expression into the models.
    """

    schema: str | None = None
    table_name: str = ""
    column_name: str = ""
    hinted: bool = False

    @property
    def column(self) -> ColumnPath:
        """The column, as others are told by it."""
        return self.schema or "public", self.table_name, self.column_name

    def reverse(self) -> UsingOp:
        """Return the way back; what the models say of it is not looked at by a person again."""
        return replace(self, upgrade=self.downgrade, downgrade=self.upgrade, hinted=False)
