"""Alembic's comparators of this engine: operations that are complete, and proven on a candidate."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import DefaultClause

from alembic_pg.autogenerate.alter import remaining_changes
from alembic_pg.autogenerate.hints import backfill
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.reversible_op import with_downgrade
from alembic_pg.autogenerate.proof import search, with_guards
from alembic_pg.autogenerate.proof.index_order import create_indexes_first
from alembic_pg.autogenerate.proof.minimal_drops import delay_drops, omit_needless_drops
from alembic_pg.autogenerate.proof.search import Candidate, UnsafeValueError
from alembic_pg.database.server_features import ServerFeatures
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from alembic.operations.ops import AlterColumnOp, UpgradeOps
    from sqlalchemy import Column

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.column_differences import ColumnPath
    from alembic_pg.autogenerate.sides.comparison import Comparison

# The option of configure() that carries the Comparison.
COMPARISON_OPTION = "alembic_pg_comparison"


def compare_default(  # noqa: PLR0913, PLR0917  # Alembic's signature
    context: AutogenContext,
    operation: AlterColumnOp,
    schema: str | None,
    table: str,
    name: str,
    old: Column[Any],
    new: Column[Any],
) -> PriorityDispatchResult:
    """Let PostgreSQL say whether a default differs.

    Alembic's own comparator asks by a SELECT, which fails where the types differ, and takes a
    callable but fails beside an identity. Identity and generated columns are left to the residue.
    """
    del schema, table, name
    plain = all(isinstance(one.server_default, DefaultClause | None) for one in (old, new))
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is None:
        return PriorityDispatchResult.CONTINUE
    operation.existing_server_default = old.server_default
    if plain and comparison.columns.default_differs(old):
        operation.modify_server_default = new.server_default
    return PriorityDispatchResult.CONTINUE


def complete_operations(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace Alembic's operations by those that lead from history to desired, proven.

    Raises UserError when nothing can express a difference, or when a step fails.
    """
    comparison: Comparison | None = context.opts.get(COMPARISON_OPTION)
    if comparison is None:  # a project whose env.py takes all plugins that there are
        return PriorityDispatchResult.CONTINUE
    keys = comparison.differing
    tables = comparison.tables
    operations = [
        op
        for op in flatten.flatten(upgrade_ops.ops)
        if flatten.touches_changed_table(op, tables)
        and not flatten.is_unwanted(op, comparison.before, comparison.after)
    ]
    operations = list(
        backfill.add_backfills(operations, context.table_key_to_table, comparison.after)
    )
    there_is = keys or comparison.renames
    upgrade_ops.ops[:] = _prove_with_enum_retry(context, comparison, operations) if there_is else []
    return PriorityDispatchResult.CONTINUE


def _prove_with_enum_retry(
    context: AutogenContext, comparison: Comparison, operations: Sequence[MigrateOperation]
) -> list[MigrateOperation]:
    """Return the complete operations after they went up, down and up again on a candidate."""
    version = comparison.databases.version
    try:
        return _prove_operations(context, comparison, operations, ServerFeatures(version))
    except UnsafeValueError as unsafe:
        try:
            return _prove_operations(
                context, comparison, operations, ServerFeatures(version, renew=True)
            )
        except UserError as error:
            raise UserError(
                f"{error}\nAdd the value in a revision of its own first ({unsafe})."
            ) from error


def _prove_operations(
    context: AutogenContext,
    comparison: Comparison,
    operations: Sequence[MigrateOperation],
    ways: ServerFeatures,
) -> list[MigrateOperation]:
    """Return the operations, proven where that is asked for.

    Raises UnsafeValueError where an enum has to come anew for a value that is used.
    """
    before, after, renames = comparison.before, comparison.after, comparison.renames
    fills = backfill.columns_with_backfill(context.sorted_tables)
    with open_candidate(comparison, context) as one:
        original = one.dump() if renames and comparison.proven else before
        one.run(renames)
        found = search.find_operations(one, before, after, operations, ways)
        up = with_guards.add_guards(comparison, fills, found)
        if not comparison.proven:
            return up
        tried = [[*map(id, found)]]
        for tight in (
            create_indexes_first(omit_needless_drops(found)),
            create_indexes_first(found),
            delay_drops(found),
        ):
            if [*map(id, tight)] in tried:
                continue
            tried.append([*map(id, tight)])
            shorter = with_guards.add_guards(comparison, fills, tight)
            with open_candidate(comparison, context) as other:
                if passes_round_trip(other, shorter, original, after):
                    return shorter
        if reaches_goal(one, reversed_operations(up), original) and reaches_goal(one, up, after):
            return up
    # Turning each operation round is not enough: the way back is searched like the way up.
    with open_candidate(comparison, context) as one:
        one.run([*renames, *found])
        return with_searched_downgrade(one, comparison, fills, ways, found, original)


def with_searched_downgrade(  # noqa: PLR0913, PLR0917  # what both proofs know
    one: Candidate,
    comparison: Comparison,
    fills: set[ColumnPath],
    ways: ServerFeatures,
    found: list[MigrateOperation],
    original: Dump,
) -> list[MigrateOperation]:
    """Return operations, which the candidate is at the end of, with a way back that is searched.

    original: what they begin at. Raises what says that one of the ways does not lead there.
    """
    search.expect_equal(comparison.after, one.dump())
    down = search.find_operations(one, comparison.after, comparison.before, [], ways)
    up = with_guards.add_guards(comparison, fills, with_downgrade(found, down))
    one.run(reversed_operations(comparison.renames))
    one.run(up)
    search.expect_equal(comparison.after, one.dump())
    one.run(reversed_operations(up))
    search.expect_equal(original, one.dump())
    return up


def passes_round_trip(
    one: Candidate, operations: list[MigrateOperation], original: Dump, goal: Dump
) -> bool:
    """Return whether operations lead from one schema to the other, back, and there again."""
    up, down = (operations, goal), (reversed_operations(operations), original)
    return all(reaches_goal(one, way, end) for way, end in (up, down, up))


def reversed_operations(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return what takes operations back."""
    return [operation.reverse() for operation in reversed(operations)]


@contextmanager
def open_candidate(comparison: Comparison, context: AutogenContext) -> Iterator[Candidate]:
    """Yield a database that holds what the revisions build, to try operations on."""
    databases, spare = comparison.databases, comparison.spare
    taken = spare.pop() if spare else None
    if taken and context.connection is not None:
        # What was read holds locks; Alembic does not notice, and reads nothing more.
        driver: Any = context.connection.connection.dbapi_connection
        driver.rollback()
    name = taken or databases.create(comparison.template)
    yield Candidate(databases.database(name), comparison.version_table, context, comparison.scope)
    if taken is None:
        databases.leave(name)


def reaches_goal(candidate: Candidate, operations: Sequence[MigrateOperation], goal: Dump) -> bool:
    """Run operations on the candidate; return whether they lead to the goal."""
    try:
        candidate.run(operations)
    except Exception:  # noqa: BLE001  # whatever it is, this is not the way
        return False
    return not remaining_changes.differing_keys(candidate.dump(), goal)
