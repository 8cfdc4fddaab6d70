"""What a revision does, for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext

from ddl.compare import backfill, describe, effects, hints, leaves, losses
from ddl.compare.difference import diff
from ddl.compare.plugin import candidate
from ddl.console import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from ddl.compare.comparison import Comparison
    from ddl.compare.effects import Effect

HEAD = ("operation", "object")
HEAD_OF_REVISION = (*HEAD, "lock", "nature", "destroys")


def short(operations: Sequence[MigrateOperation]) -> str:
    """Return the operations and their objects, without the checks, which change nothing."""
    rows = [describe.row(operation) for operation in operations]
    return table.render(HEAD, [row for row in rows if row[0] != "check"])


def full(
    context: MigrationContext, comparison: Comparison, scripts: Sequence[MigrationScript]
) -> str:
    """Return the operations with their locks and losses, and what else a person should know.

    They run on a candidate once more for that. scripts: the revisions, in their order.
    """
    rendering = AutogenContext(context, autogenerate=False)
    before, after = comparison.before, comparison.after
    tables = []
    with candidate(comparison, rendering) as one:
        for script in scripts:
            operations = [
                operation
                for upgrade in script.upgrade_ops_list
                for operation in leaves.flatten(upgrade.ops)
            ]
            rows = [
                (*describe.row(operation), *_of(effect, describe.row(operation)[1]), lost)
                for operation, effect in zip(
                    operations, effects.measure(one, operations), strict=True
                )
                for lost in [losses.of(operation, before, after)]
            ]
            tables.append(table.render(HEAD_OF_REVISION, rows))
    metadata = context.opts["target_metadata"]
    fills = backfill.hinted(metadata.tables.values())
    return "\n".join([*tables, *hints.of(before, after, fills)])


def _of(effect: Effect, label: str) -> tuple[str, str]:
    """Return the lock, with the tables where the object's name does not tell, and the nature."""
    others = [name for name in effect.on if name not in label.split(".") and name not in label]
    where = f" on {', '.join(effect.on)}" if others else ""
    return f"{effect.lock}{where}", effect.nature


def entries(comparison: Comparison) -> str:
    """Return the entries that differ, each as a diff after an empty line."""
    text = ""
    for key in comparison.differing:
        old, new = comparison.before.get(key), comparison.after.get(key)
        label = (new or old or comparison.after[key]).label
        text += f"\n\n{label}\n{diff(old, new)}"
    return text
