"""Which revision files are written of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import rev_id

from ddl.compare import staged
from ddl.compare.plugin import turned

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from ddl.compare.comparison import Comparison

# The option of a command that is said as ``-x split=off``.
OPTION = "split"

ENTANGLED = "What goes is entangled with the rest: it stays in this revision."

# What is written after the message of the first revision.
CONTRACT = " (contract)"


def split(
    context: MigrationContext, comparison: Comparison, directives: list[MigrationScript]
) -> str:
    """Put what goes into a revision of its own, after the one that there is.

    Return why it cannot be, as a line for the screen; "" where it is, or nothing is to be done.
    """
    environment = context.environment_context
    said = environment.get_x_argument(as_dictionary=True) if environment else {}
    if said.get(OPTION) == "off" or len(directives) != 1:
        return ""
    (script,) = directives
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        return ""
    try:
        stages = staged.of(context, comparison, script.upgrade_ops.ops)
    except staged.EntangledError:
        return ENTANGLED
    if stages is None:
        return ""
    _set(context, script, stages.expand)
    # Alembic puts a revision after its "head", also one that is written by the same command.
    second = ops.MigrationScript(
        rev_id(),
        ops.UpgradeOps([]),
        ops.DowngradeOps([]),
        message=f"{script.message}{CONTRACT}",
        head=script.rev_id,
        splice=script.splice,
        version_path=script.version_path,
    )
    _set(context, second, stages.contract)
    directives.append(second)
    return ""


def _set(
    context: MigrationContext, script: MigrationScript, operations: list[MigrateOperation]
) -> None:
    script.upgrade_ops = ops.UpgradeOps(operations, upgrade_token=context.opts["upgrade_token"])
    script.downgrade_ops = ops.DowngradeOps(
        turned(operations), downgrade_token=context.opts["downgrade_token"]
    )
