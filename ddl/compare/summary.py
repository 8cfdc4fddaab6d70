"""What a revision does, for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext

from ddl.compare import backfill, describe, effects, hints, leaves
from ddl.compare.difference import diff
from ddl.compare.plugin import candidate
from ddl.console import table
from ddl.database.connect import connect
from ddl.online.settings import Settings
from ddl.plan import schema, shown, statements
from ddl.plan.asking import REFUSED, Planner
from ddl.plan.forms import MOMENT
from ddl.plan.reader import Reader
from ddl.steps import Running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from ddl.compare.comparison import Comparison
    from ddl.compare.effects import Effect
    from ddl.compare.search import Candidate

# What a hint calls all revisions of a change, by their number.
_ALL = {1: "the revision", 2: "both revisions", 3: "the three revisions"}

HEAD = ("operation", "object")
HEAD_OF_REVISION = (*HEAD, "lock", "nature", "on a large table")


def short(operations: Sequence[MigrateOperation]) -> str:
    """Return the operations and their objects, without the checks, which change nothing."""
    rows = [describe.row(operation) for operation in operations]
    return table.render(HEAD, [row for row in rows if row[0] != "check"])


def full(
    context: MigrationContext, comparison: Comparison, scripts: Sequence[MigrationScript]
) -> str:
    """Return each revision's operations with their locks and steps, and what it destroys.

    They run on a candidate once more for that, on which every table is taken for a large one.
    scripts: the revisions, in their order.
    """
    rendering = AutogenContext(context, autogenerate=False)
    lines: list[str] = []
    with (
        candidate(comparison, rendering) as one,
        connect(one.url, source="the scratch server") as connection,
    ):
        planner = Planner(context, connection, Settings(), Running(), large=True)
        planner.start()
        with connection.begin():
            reader = Reader(schema.of(connection))
        for script in scripts:
            if len(scripts) > 1:
                lines += [*([""] if lines else []), f"Revision {script.rev_id} ({script.message}):"]
            lines += _revision(script, one, planner, reader)
    metadata = context.opts["target_metadata"]
    fills = backfill.hinted(metadata.tables.values())
    for hint in hints.of(comparison.before, comparison.after, fills):
        lines.append(hint.replace("delete the revision", f"delete {_ALL[len(scripts)]}"))
    return "\n".join(lines)


def _revision(
    script: MigrationScript, one: Candidate, planner: Planner, reader: Reader
) -> Iterator[str]:
    """Yield the lines about one revision, and run it."""
    operations = [
        operation
        for upgrade in script.upgrade_ops_list
        for operation in leaves.flatten(upgrade.ops)
    ]
    planner.turn()
    reader.begin()
    measured = effects.measure(one, operations)
    rows = []
    for operation in operations:
        said = statements.of_operation(one.context, operation)
        hows = [planner.ask(statement) for statement in said]
        for statement in said:
            reader.read(statement.sql, statement.existing)
        formed = next((how for how in hows if how.steps or how.nature == REFUSED), None)
        effect = next(measured)
        name, label = describe.row(operation)
        if formed is None:
            rows.append((name, label, *_of(effect, label), ""))
        else:
            rows.append((name, label, formed.lock or "none", formed.nature, formed.steps))
    yield shown.rendered(HEAD_OF_REVISION, rows)
    yield from shown.after(reader.end(), (), None)


def _of(effect: Effect, label: str) -> tuple[str, str]:
    """Return the lock, with the tables where the object's name does not tell, and the nature."""
    others = [name for name in effect.on if name not in label.split(".") and name not in label]
    where = f" on {', '.join(effect.on)}" if others else ""
    return f"{effect.lock}{where}", MOMENT if effect.nature == "metadata" else effect.nature


def entries(comparison: Comparison) -> str:
    """Return the entries that differ, each as a diff after an empty line."""
    text = ""
    for key in comparison.differing:
        old, new = comparison.before.get(key), comparison.after.get(key)
        label = (new or old or comparison.after[key]).label
        text += f"\n\n{label}\n{diff(old, new)}"
    return text
