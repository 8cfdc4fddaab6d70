"""Show what differs: the operations as a table, and the entries as diffs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump.entry_diff import diff_entries
from alembic_pg.autogenerate.report import operation_text
from alembic_pg.console import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.sides.comparison import Comparison


HEADER = ("operation", "object")


def operation_table(operations: Sequence[MigrateOperation]) -> str:
    """Return the operations and their objects, without the checks, which change nothing."""
    rows = [operation_text.operation_row(operation) for operation in operations]
    return table.render(HEADER, [row for row in rows if row[0] != "check"])


def entry_diffs(comparison: Comparison) -> str:
    """Return the entries that differ, each as a diff after an empty line."""
    text = ""
    for key in comparison.differing_keys:
        old, new = comparison.before.get(key), comparison.after.get(key)
        label = (new or old or comparison.after[key]).label
        text += f"\n\n{label}\n{diff_entries(old, new)}"
    return text
