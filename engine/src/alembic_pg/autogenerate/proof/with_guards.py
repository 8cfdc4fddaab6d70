"""Put guards, renames and a note on lost data around a revision's operations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation

from alembic_pg.autogenerate.ops.backfill_op import filled_columns
from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.proof import data_loss, guards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.autogenerate.api import AutogenContext

    from alembic_pg.autogenerate.dump.entry import ColumnPath
    from alembic_pg.autogenerate.ops.statement_op import StatementOp
    from alembic_pg.autogenerate.sides.comparison import Comparison


@dataclass
class NoteOp(MigrateOperation):
    """Write a comment into the revision file. text: one line."""

    text: str

    def reverse(self) -> NoteOp:
        """Return the same."""
        return self

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check would report."""
        return ("note", self.text)


@renderers.dispatch_for(NoteOp)
def _render(_: AutogenContext, operation: NoteOp) -> str:
    return f"# {' '.join(operation.text.split())}"


def add_guards(
    comparison: Comparison, operations: list[MigrateOperation], *, renames_go_back: bool = True
) -> list[MigrateOperation]:
    """Return operations with the renames, and with the guards of each direction.

    The guards come first: they count the rows that the rest has no value for, by the old names.
    renames_go_back: whether the downgrade's last step is to take the renames back, which is among
    the operations otherwise.
    """
    before, after = comparison.before, comparison.after
    former = _FormerNames(comparison)
    filled = filled_columns(operations)
    unfilled = [place for place in guards.unfilled_columns(before, after) if place not in filled]
    first: list[MigrateOperation] = [
        *_checks_of_empty_tables(unfilled, former, guards.BACKFILL_ADVICE),
        *guards.check_values_unused(before, after, former),
    ]
    lost = data_loss.losses_between(before, after)
    back: list[MigrateOperation] = [
        *([NoteOp(f"What is gone does not come back: {', '.join(lost)}.")] if lost else []),
        *_checks_of_empty_tables(
            guards.unfilled_columns(after, before), _same_name, guards.DOWNGRADE_ADVICE
        ),
        *guards.check_values_unused(after, before, _same_name),
    ]
    return [
        *([ReversibleOp(first, [])] if first else []),
        *(one if renames_go_back else ReversibleOp([one]) for one in comparison.renames),
        *operations,
        *([ReversibleOp([], back)] if back else []),
    ]


def _checks_of_empty_tables(
    places: Iterable[ColumnPath], called: Callable[[ColumnPath], ColumnPath], advice: str
) -> Iterator[StatementOp]:
    """Yield one check for each table that has columns without a value."""
    for _, columns in groupby(places, lambda place: place[:2]):
        paths = list(columns)
        schema, table, _ = called(paths[0])
        yield guards.check_table_empty((schema, table), [name for _, _, name in paths], advice)


def _same_name(place: ColumnPath) -> ColumnPath:
    return place


class _FormerNames:
    """Give the name that a column had before the renames."""

    def __init__(self, comparison: Comparison) -> None:
        renames = [op for op in comparison.renames if isinstance(op, RenameOp)]
        self._tables = {op.table_names[1]: op.table_names[0] for op in renames if op.table is None}
        self._columns = {
            (op.schema or "public", op.table, op.new): op.old for op in renames if op.table
        }

    def __call__(self, place: ColumnPath) -> ColumnPath:
        schema, table, column = place
        former = self._tables.get((schema, table), (schema, table))
        return (*former, self._columns.get(place, column))
