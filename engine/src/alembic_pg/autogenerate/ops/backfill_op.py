"""Define an operation that fills a column's existing rows before it becomes NOT NULL."""

from __future__ import annotations

from dataclasses import dataclass

from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp


@dataclass
class BackfillColumnOp(ReversibleOp):
    """Fill a column's existing rows, then make it NOT NULL.

    label: the column. sql_operation: the same in PostgreSQL's own statements, for a type that
    SQLAlchemy cannot express; None where there is no need. hinted: whether a person wrote the
    value into the models.
    """

    label: str = ""
    sql_operation: ReversibleOp | None = None
    hinted: bool = False
