"""Prove each half of a split change by itself, upgrade and downgrade."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext

from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof import search, with_guards
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.proof.lost_settings import leave_out_lost_settings
from alembic_pg.autogenerate.proof.round_trip import passes_round_trip, with_searched_downgrade
from alembic_pg.database.server_features import ServerFeatures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.revisions.statements import RevisionStatement


@dataclass(frozen=True)
class Stages:
    """Hold the operations of the two revisions, proven. between: the dump after the first one."""

    first: list[MigrateOperation]
    second: list[MigrateOperation]
    between: Dump


def make_prover(context: MigrationContext, comparison: Comparison) -> Prover:
    """Return what proves the halves of a comparison's change."""
    return Prover(AutogenContext(context, autogenerate=False), comparison)


def without_renames_and_checks(
    comparison: Comparison, operations: Sequence[MigrateOperation]
) -> list[MigrateOperation]:
    """Return a revision's operations without the renames, and without what only checks."""
    return [
        operation
        for operation in flatten.flatten(operations)
        if operation not in comparison.renames
        if not (isinstance(operation, StatementOp) and operation.action == "check")
    ]


@dataclass(frozen=True)
class Prover:
    """Prove each stage from where the one before it ends."""

    context: AutogenContext
    comparison: Comparison

    def statements(self, operation: MigrateOperation) -> list[RevisionStatement]:
        """Return the statements of an operation, as the revision will say it."""
        comparison = self.comparison
        return comparison.host.statements(comparison.sources.source(self.context, operation))

    def prove_stages(
        self, first: list[MigrateOperation], second: list[MigrateOperation]
    ) -> Stages | None:
        """Return both stages, None where one of them ends as it begins.

        Raises what says that a step fails, or does not lead there.
        """
        comparison = self.comparison
        with open_candidate(comparison, self.context) as candidate:
            candidate.run([*comparison.renames, *first])
            between = candidate.dump()
            candidate.run(second)
            search.expect_equal(comparison.after, candidate.dump())
        if not compare.differing_keys(between, comparison.before) and not comparison.renames:
            return None
        if not compare.differing_keys(between, comparison.after):
            return None
        first_proven = self._prove_stage(replace(comparison, after=between), [], first)
        start = [*flatten.flatten(first_proven)]
        second_proven = self._prove_stage(
            replace(comparison, before=between, renames=()), start, second
        )
        return Stages(first_proven, second_proven, between)

    def _prove_stage(
        self,
        comparison: Comparison,
        start: list[MigrateOperation],
        operations: list[MigrateOperation],
    ) -> list[MigrateOperation]:
        """Return operations with their way back. start: what leads to where they begin."""
        guarded = with_guards.add_guards(comparison, operations)
        with open_candidate(self.comparison, self.context) as candidate:
            candidate.run(start)
            original = candidate.dump()
            passes = passes_round_trip(candidate, guarded, original, comparison.after)

        def holds(tried: list[MigrateOperation]) -> bool:
            with open_candidate(self.comparison, self.context) as candidate:
                candidate.run(start)
                return passes_round_trip(candidate, tried, original, comparison.after)

        proven = guarded
        if not passes:
            with open_candidate(self.comparison, self.context) as candidate:
                candidate.run([*start, *comparison.renames, *operations])
                features = ServerFeatures(comparison.databases.version)
                proven = with_searched_downgrade(
                    candidate, comparison, features, operations, original
                )
        return leave_out_lost_settings(proven, holds)
