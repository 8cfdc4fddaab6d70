"""Write the parts of a split change into revision files of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import rev_id

from alembic_pg.autogenerate.ops.reversal import reversed_operations, without_implied_drops
from alembic_pg.autogenerate.split import expand_contract, online_steps
from alembic_pg.options import command_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.sides.comparison import Comparison

ENTANGLED_MESSAGE = "What is dropped depends on other changes: it stays in this revision."

# What is written after the message: of the revision that commits in steps, and of the last one.
ONLINE_SUFFIX, CONTRACT_SUFFIX = " (online)", " (contract)"


def split_revision(
    context: MigrationContext, comparison: Comparison, directives: list[MigrationScript]
) -> str:
    """Put what commits in steps into a revision of its own, and what goes into the last one.

    Return why what goes cannot be, as a line for the screen; "" where it is, or nothing goes.
    Raises UserError for an option that is neither on nor off.
    """
    _leave_out_implied_drops(directives)
    if not command_settings(context.config).split or len(directives) != 1:
        return ""
    (script,) = directives
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        return ""
    why = ""
    operations = script.upgrade_ops.ops
    try:
        stages = expand_contract.find_stages(context, comparison, operations)
    except expand_contract.EntangledError:
        stages, why = None, ENTANGLED_MESSAGE
    message = script.message
    remaining = comparison
    if stages is not None:
        operations, remaining = stages.first, replace(comparison, after=stages.between)
    parts = [(operations, "")]
    if split_off := online_steps.split_off_steps(context, remaining, operations):
        online_stages, steps_first = split_off
        parts = [(online_stages.first, ""), (online_stages.second, ONLINE_SUFFIX)]
        if steps_first:
            parts = [(online_stages.first, ONLINE_SUFFIX), (online_stages.second, "")]
    if stages is not None:
        parts.append((stages.second, CONTRACT_SUFFIX))
    if len(parts) == 1:
        return why
    for position, (part, suffix) in enumerate(parts):
        target = script if not position else _next_revision(directives[-1])
        _set_operations(context, target, part)
        target.message = f"{message}{suffix}"
        directives[position:] = [target]
    return why


def _leave_out_implied_drops(scripts: Iterable[MigrationScript]) -> None:
    """Let downgrades be those of the proof; Alembic has reversed each operation by itself."""
    for script in scripts:
        for downgrade in script.downgrade_ops_list:
            downgrade.ops[:] = without_implied_drops(downgrade.ops)


def _next_revision(script: MigrationScript) -> MigrationScript:
    """Return an empty revision that comes after another one.

    Alembic puts a revision after its "head", also one that is written by the same command.
    """
    return ops.MigrationScript(
        rev_id(),
        ops.UpgradeOps([]),
        ops.DowngradeOps([]),
        head=script.rev_id,
        splice=script.splice,
        version_path=script.version_path,
    )


def _set_operations(
    context: MigrationContext, script: MigrationScript, operations: list[MigrateOperation]
) -> None:
    script.upgrade_ops = ops.UpgradeOps(operations, upgrade_token=context.opts["upgrade_token"])
    script.downgrade_ops = ops.DowngradeOps(
        reversed_operations(operations), downgrade_token=context.opts["downgrade_token"]
    )
