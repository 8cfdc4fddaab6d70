"""Alembic's comparators of this engine: operations that are complete, and proven on a candidate."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import DefaultClause

from alembic_pg.autogenerate.alter import remaining_changes
from alembic_pg.autogenerate.hints import backfill
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.reversible_op import pairs
from alembic_pg.autogenerate.proof import search, with_guards
from alembic_pg.autogenerate.proof.index_order import built_first
from alembic_pg.autogenerate.proof.minimal_drops import spared, tightened
from alembic_pg.autogenerate.proof.search import Candidate, UnsafeValueError
from alembic_pg.database.server_features import Ways
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from alembic.operations.ops import AlterColumnOp, UpgradeOps
    from sqlalchemy import Column

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.column_differences import Place
    from alembic_pg.autogenerate.sides.comparison import Comparison

# The option of configure() that carries the Comparison.
OPTION = "alembic_pg_comparison"


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
    operation.existing_server_default = old.server_default
    plain = all(isinstance(one.server_default, DefaultClause | None) for one in (old, new))
    comparison: Comparison = context.opts[OPTION]
    if plain and comparison.columns.default_differs(old):
        operation.modify_server_default = new.server_default
    return PriorityDispatchResult.CONTINUE


def complete(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace Alembic's operations by those that lead from history to desired, proven.

    Raises UserError when nothing can express a difference, or when a step fails.
    """
    comparison: Comparison = context.opts[OPTION]
    keys = comparison.differing
    tables = comparison.tables
    operations = [
        op
        for op in flatten.flatten(upgrade_ops.ops)
        if flatten.needed(op, tables)
        and not flatten.unwanted(op, comparison.before, comparison.after)
    ]
    operations = list(backfill.filled(operations, context.table_key_to_table, comparison.after))
    there_is = keys or comparison.renames
    upgrade_ops.ops[:] = _prove(context, comparison, operations) if there_is else []
    return PriorityDispatchResult.CONTINUE


def _prove(
    context: AutogenContext, comparison: Comparison, operations: Sequence[MigrateOperation]
) -> list[MigrateOperation]:
    """Return the complete operations after they went up, down and up again on a candidate."""
    version = comparison.databases.version
    try:
        return _proven(context, comparison, operations, Ways(version))
    except UnsafeValueError as unsafe:
        try:
            return _proven(context, comparison, operations, Ways(version, renew=True))
        except UserError as error:
            raise UserError(
                f"{error}\nAdd the value in a revision of its own first ({unsafe})."
            ) from error


def _proven(
    context: AutogenContext,
    comparison: Comparison,
    operations: Sequence[MigrateOperation],
    ways: Ways,
) -> list[MigrateOperation]:
    """Return the operations, proven where that is asked for.

    Raises UnsafeValueError where an enum has to come anew for a value that is used.
    """
    before, after, renames = comparison.before, comparison.after, comparison.renames
    fills = backfill.hinted(context.sorted_tables)
    with candidate(comparison, context) as one:
        original = one.dump() if renames and comparison.proven else before
        one.run(renames)
        found = search.find(one, before, after, operations, ways)
        up = with_guards.framed(comparison, fills, found)
        if not comparison.proven:
            return up
        tried = [[*map(id, found)]]
        for tight in (built_first(spared(found)), built_first(found), tightened(found)):
            if [*map(id, tight)] in tried:
                continue
            tried.append([*map(id, tight)])
            shorter = with_guards.framed(comparison, fills, tight)
            with candidate(comparison, context) as other:
                if round_trip(other, shorter, original, after):
                    return shorter
        if leads(one, turned(up), original) and leads(one, up, after):
            return up
    # Turning each operation round is not enough: the way back is searched like the way up.
    with candidate(comparison, context) as one:
        one.run([*renames, *found])
        return with_way_back(one, comparison, fills, ways, found, original)


def with_way_back(  # noqa: PLR0913, PLR0917  # what both proofs know
    one: Candidate,
    comparison: Comparison,
    fills: set[Place],
    ways: Ways,
    found: list[MigrateOperation],
    original: Dump,
) -> list[MigrateOperation]:
    """Return operations, which the candidate is at the end of, with a way back that is searched.

    original: what they begin at. Raises what says that one of the ways does not lead there.
    """
    search.expect(comparison.after, one.dump())
    down = search.find(one, comparison.after, comparison.before, [], ways)
    up = with_guards.framed(comparison, fills, pairs(found, down))
    one.run(turned(comparison.renames))
    one.run(up)
    search.expect(comparison.after, one.dump())
    one.run(turned(up))
    search.expect(original, one.dump())
    return up


def round_trip(
    one: Candidate, operations: list[MigrateOperation], original: Dump, goal: Dump
) -> bool:
    """Return whether operations lead from one schema to the other, back, and there again."""
    up, down = (operations, goal), (turned(operations), original)
    return all(leads(one, way, end) for way, end in (up, down, up))


def turned(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return what takes operations back."""
    return [operation.reverse() for operation in reversed(operations)]


@contextmanager
def candidate(comparison: Comparison, context: AutogenContext) -> Iterator[Candidate]:
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


def leads(candidate: Candidate, operations: Sequence[MigrateOperation], goal: Dump) -> bool:
    """Run operations on the candidate; return whether they lead to the goal."""
    try:
        candidate.run(operations)
    except Exception:  # noqa: BLE001  # whatever it is, this is not the way
        return False
    return not remaining_changes.differing(candidate.dump(), goal)
