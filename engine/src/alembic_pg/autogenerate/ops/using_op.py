"""Define an operation that brings a column's values to another type by an expression."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alembic_pg.autogenerate.ops.statement_op import StatementOp


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

    def reverse(self) -> UsingOp:
        """Return the way back; what the models say of it is not looked at by a person again."""
        return replace(self, upgrade=self.downgrade, downgrade=self.upgrade, hinted=False)
