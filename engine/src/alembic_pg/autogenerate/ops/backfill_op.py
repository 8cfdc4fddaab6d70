"""Define an operation that fills a column's existing rows before it becomes NOT NULL."""

from __future__ import annotations

from dataclasses import dataclass

from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp


@dataclass
class BackfillColumnOp(ReversibleOp):
    """A column that becomes NOT NULL after its old rows have got a value.

    plain: the same as PostgreSQL's own statements, for a type that sqlalchemy cannot say.
    """

    label: str = ""
    plain: ReversibleOp | None = None
