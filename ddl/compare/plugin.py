"""Alembic's autogenerate plugin: operations that are complete, and proven on a candidate."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy.exc import DBAPIError

from ddl.compare import dump, leaves, residue
from ddl.compare.difference import InexpressibleError
from ddl.database import reason
from ddl.database.connect import connect
from ddl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from alembic.operations.ops import UpgradeOps
    from sqlalchemy.engine import URL

    from ddl.compare.dump import Dump
    from ddl.database.scratch import Scratch

NAME = "ddl.compare"

# The option of configure() that carries the Comparison.
OPTION = "ddl_comparison"


@dataclass(frozen=True)
class Comparison:
    """What is compared, and where a candidate can be made.

    before: what the revisions build. after: what the models build. template: the database of
    which the candidate is a copy. version_table: Alembic's own table, which does not count.
    """

    databases: Scratch
    template: str
    before: Dump
    after: Dump
    version_table: str

    @property
    def differing(self) -> list[str]:
        """The keys of the entries that differ."""
        return residue.differing(self.before, self.after)


def setup(plugin: Plugin) -> None:
    """Register the comparator; Alembic calls this once."""
    plugin.add_autogenerate_comparator(
        complete, "autogenerate", qualifier="postgresql", priority=DispatchPriority.LAST
    )


def complete(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace Alembic's operations by those that lead from history to desired, proven.

    Raises UserError when nothing can express a difference, or when a step fails.
    """
    comparison: Comparison = context.opts[OPTION]
    keys = comparison.differing
    tables = leaves.changed_tables(comparison.before, comparison.after, keys)
    operations = [op for op in leaves.flatten(upgrade_ops.ops) if leaves.needed(op, tables)]
    upgrade_ops.ops[:] = _prove(comparison, operations) if keys else []
    return PriorityDispatchResult.CONTINUE


def _prove(
    comparison: Comparison, operations: Sequence[MigrateOperation]
) -> list[MigrateOperation]:
    """Return the complete operations after they went up, down and up again on a candidate."""
    with _candidate(comparison) as url:
        whole: list[MigrateOperation] = [
            *residue.before_tables(
                comparison.before,
                comparison.after,
                leaves.retyped(operations),
                leaves.dropped(operations),
            ),
            *operations,
        ]
        _run(url, whole)
        last = residue.after_tables(_dump(comparison, url), comparison.after)
        _run(url, last)
        whole += last
        _expect(comparison.after, _dump(comparison, url))
        back = [operation.reverse() for operation in reversed(whole)]
        _run(url, back)
        _expect(comparison.before, _dump(comparison, url))
        _run(url, whole)
        _expect(comparison.after, _dump(comparison, url))
    return whole


def _dump(comparison: Comparison, url: URL) -> Dump:
    return dump.of(url, version_table=comparison.version_table)


@contextmanager
def _candidate(comparison: Comparison) -> Iterator[URL]:
    name = comparison.databases.create(comparison.template)
    yield comparison.databases.database(name)
    comparison.databases.drop(name)


def _run(url: URL, operations: Sequence[MigrateOperation]) -> None:
    """Run operations on a candidate, in one transaction."""
    with connect(url, source="the scratch server") as connection, connection.begin():
        invoker = Operations(MigrationContext.configure(connection=connection))
        for operation in operations:
            try:
                invoker.invoke(operation)
            except DBAPIError as error:
                what = " ".join(str(part) for part in operation.to_diff_tuple()[:2])
                raise UserError(
                    f"The change cannot be made ({what}): {reason.of(error)}"
                ) from error


def _expect(wanted: Dump, found: Dump) -> None:
    """Raise UserError with the first entry that differs."""
    for key in residue.differing(found, wanted):
        raise InexpressibleError(found.get(key), wanted.get(key))


# Here and not in env.py, which runs once for each command of a process.
Plugin.setup_plugin_from_module(sys.modules[__name__], NAME)
