"""Show what differs: the objects as a table, and the entries as diffs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump.entry_diff import diff_entries
from alembic_pg.autogenerate.report import operation_text
from alembic_pg.autogenerate.report.object_groups import object_groups
from alembic_pg.console import screen, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.sides.comparison import Comparison


HEADER = ("operation", "object")


def difference_table(
    operations: Sequence[MigrateOperation], comparison: Comparison | None = None
) -> str:
    """Return what happens to which object, without the checks, which change nothing.

    comparison: what is compared; without it each operation has a line.
    """
    changing = [one for one in operations if operation_text.operation_row(one)[0] != "check"]
    if comparison is None:
        rows = [operation_text.operation_row(operation) for operation in changing]
    else:
        groups = object_groups(changing, comparison.before, comparison.after)
        rows = [(group.verb, group.name) for group in groups]
    return table.render(HEADER, list(dict.fromkeys(rows)), _row_style)


def _row_style(row: Sequence[str]) -> str:
    """Return the colour of an operation."""
    verb = row[0].split()[0]
    return {"create": screen.ADDS, "add": screen.ADDS, "drop": screen.DESTROYS}.get(verb, "")


def entry_diffs(comparison: Comparison) -> str:
    """Return the entries that differ, each as a diff after an empty line."""
    text = ""
    for key in comparison.differing_keys:
        old, new = comparison.before.get(key), comparison.after.get(key)
        label = (new or old or comparison.after[key]).label
        text += f"\n\n{label}\n{diff_entries(old, new)}"
    return text
