"""Find the operations that lead from one schema to another, by running them on a candidate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from alembic_pg.autogenerate.alter import remaining_changes
from alembic_pg.autogenerate.alter.change_in_place import is_replaceable
from alembic_pg.autogenerate.alter.database_facts import DatabaseFacts
from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.dump.entry_diff import InexpressibleError
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.backfill_op import BackfillColumnOp
from alembic_pg.autogenerate.ops.using_op import UsingOp
from alembic_pg.autogenerate.proof import refusal
from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.ops.statement_op import StatementOp
    from alembic_pg.autogenerate.proof.candidate import Candidate, Failures
    from alembic_pg.database.server_features import ServerFeatures
    from alembic_pg.revisions.trial.text_session import Session


# Backfills, and expressions for a type, that something blocks, with what PostgreSQL says.
Blocked: TypeAlias = "list[tuple[BackfillColumnOp | UsingOp, Exception]]"

# What PostgreSQL says of a type that cannot change while a view, a generated column or a foreign
# key uses it.
_BLOCKED_TYPE_CHANGE = {
    SqlState.DATATYPE_MISMATCH,
    SqlState.FEATURE_NOT_SUPPORTED,
    SqlState.SYNTAX_ERROR,
}

# What PostgreSQL says of a body that names a table, a column or an enum's value that is not there.
_LACKS_A_NAME = {
    SqlState.UNDEFINED_TABLE,
    SqlState.UNDEFINED_COLUMN,
    SqlState.UNDEFINED_OBJECT,
    SqlState.UNDEFINED_FUNCTION,
    SqlState.INVALID_SCHEMA_NAME,
    SqlState.INVALID_TEXT_REPRESENTATION,
}

# What is still different after the first round, a later one finds: a trigger on a view, say.
MAX_ROUNDS = 6


@dataclass(frozen=True)
class Found:
    """Hold the operations that lead from one schema to another.

    in_one_transaction: whether just they ran, in this order and in one transaction, as a revision.
    failure: why they lead no further, where they do not lead there.
    """

    operations: list[MigrateOperation]
    in_one_transaction: bool = False
    failure: UserError | None = None


def find_operations(
    candidate: Candidate,
    before: Dump,
    after: Dump,
    alembics: Sequence[MigrateOperation],
    features: ServerFeatures,
) -> Found:
    """Bring the candidate from one schema to another; return the operations that did it.

    alembics: what Alembic's comparators propose. One that PostgreSQL refuses is left out;
    alter.remaining_changes then expresses what it should have done.
    Raises UserError when nothing can express a difference, or a statement fails; UnsafeValueError
    when a new value of an enum is used.
    """
    found = find_as_far_as_possible(candidate, before, after, alembics, features)
    if found.failure is not None:
        raise found.failure
    return found


def find_as_far_as_possible(  # noqa: PLR0913  # what find_operations() has
    candidate: Candidate,
    before: Dump,
    after: Dump,
    alembics: Sequence[MigrateOperation],
    features: ServerFeatures,
    *,
    renames_follow: bool = False,
) -> Found:
    """Do as find_operations(), but return what was done where it does not lead there.

    renames_follow: whether names come back afterwards; what lacks one now is not dropped for that.
    Raises UserError only for what a person wrote into the models.
    """
    facts = DatabaseFacts(features, candidate.column_users)
    first = remaining_changes.operations_before_tables(
        before,
        after,
        flatten.altered_columns(alembics),
        flatten.dropped_tables(alembics),
        facts,
    )
    operations, blocked, in_one_transaction = _run_first(candidate, first, alembics)
    failed: Failures = []
    for number in range(MAX_ROUNDS):
        now = candidate.dump()
        if not compare.differing_keys(now, after):
            _refuse_hinted(blocked)
            return Found(operations, in_one_transaction and number == 0)
        facts = replace(facts, to_be_filled=frozenset(one.column for one, _ in blocked))
        tried = remaining_changes.operations_after_tables(now, after, facts.asked_once())
        ran, failed, blocked = _run_round(candidate, tried, blocked)
        operations += ran
        lacking = _lacking_a_name(failed) if renames_follow else set()
        more = _more_facts(facts, tried, failed, lacking)
        if not ran and more == facts:
            break
        facts = more
    _refuse_hinted(blocked)
    return Found(operations, failure=_failure(candidate, failed, after))


def _failure(candidate: Candidate, failed: Failures, after: Dump) -> UserError | None:
    """Return why the candidate is not as it should be, None where it is."""
    if failed:
        operation, error = failed[0]
        failure = UserError(refusal.refusal_text(operation, error))
        failure.__cause__ = error
        return failure
    try:
        expect_equal(after, candidate.dump())
    except InexpressibleError as failure:
        return failure
    return None


def _run_first(
    candidate: Candidate, first: Sequence[StatementOp], alembics: Sequence[MigrateOperation]
) -> tuple[list[MigrateOperation], Blocked, bool]:
    """Run what comes before Alembic's operations, and these; return what ran, and what is blocked.

    The last value is whether all ran, as they are, in one transaction. What changes something is
    committed before the rest: a new value of an enum can be used only then.
    """
    asked = [*first, *alembics]
    if not asked:
        return [], [], False
    apart = any(operation.action != "create" for operation in first)
    with candidate.session() as session:
        ran, _ = candidate.run_with_retries(session, first)
        if apart:
            session.commit()
        accepted, blocked = _run_accepted(candidate, alembics, session)
        session.commit()
    operations = [*ran, *accepted]
    return operations, blocked, not apart and [*map(id, operations)] == [*map(id, asked)]


def _run_round(
    candidate: Candidate, tried: Sequence[StatementOp], blocked: Blocked
) -> tuple[list[MigrateOperation], Failures, Blocked]:
    """Run operations; return those that ran, those that failed, and backfills still blocked.

    While a backfill is blocked, what would change its column waits; and so does what is made, which
    may block it again, for as long as there is something else to do.
    Raises UserError when a backfill that a person wrote stays blocked.
    """
    if not blocked:
        return *candidate.run_and_commit(tried), blocked
    columns = {backfill.column for backfill, _ in blocked}
    waiting = [one for one in tried if one.columns & columns]
    made = [one for one in tried if one.action == "create"]
    rest = [one for one in tried if one not in waiting and one not in made]
    ran, failed = candidate.run_and_commit(rest)
    if not ran:
        ran, failed = candidate.run_and_commit(made)
    filled: list[MigrateOperation] = []
    if ran:
        with candidate.session() as session:
            filled, blocked = _run_accepted(candidate, [one for one, _ in blocked], session)
            session.commit()
    if filled or any(one in rest for one in ran):
        return [*ran, *filled], failed, blocked
    _refuse_hinted(blocked)
    changed, failed = candidate.run_and_commit(waiting)
    return [*ran, *changed], failed, []


def _lacking_a_name(failed: Failures) -> set[str]:
    """Return the objects whose operations name something that is not there."""
    return {op.label for op, error in failed if errors.sqlstate(error) in _LACKS_A_NAME}


def _more_facts(
    facts: DatabaseFacts,
    tried: Sequence[StatementOp],
    failed: Failures,
    lacking: Collection[str],
) -> DatabaseFacts:
    """Return what the next round knows: what was refused, or has not helped, is not tried again.

    lacking: what is tried again, as it is.
    """
    replaced = {
        op.label
        for op in tried
        if op.action == "change" and is_replaceable(op.label) and op.label not in lacking
    }
    refused = [op for op, _ in failed if op.action != "create" and not is_replaceable(op.label)]
    return replace(
        facts,
        features=_more_features(facts.features, failed),
        read_column_users=None if refused else facts.read_column_users,
        irreplaceable=facts.irreplaceable | replaced | _unalterable_domains(failed),
    )


def _more_features(features: ServerFeatures, failed: Failures) -> ServerFeatures:
    """Return what the server does not do, after what it has refused."""
    refused = any(
        errors.sqlstate(error) == SqlState.FEATURE_NOT_SUPPORTED
        and "SET EXPRESSION" in errors.describe_error(error)
        for _, error in failed
    )
    return replace(features, recreate_virtual=True) if refused else features


def _unalterable_domains(failed: Failures) -> set[str]:
    """Return the domains that PostgreSQL does not alter, since a type of a column has them."""
    return {
        op.label
        for op, error in failed
        if op.action == "change"
        and op.label.startswith("domain ")
        and errors.sqlstate(error) == SqlState.FEATURE_NOT_SUPPORTED
    }


def expect_equal(wanted: Dump, found: Dump) -> None:
    """Raise InexpressibleError with the first entry that differs."""
    for key in compare.differing_keys(found, wanted):
        raise InexpressibleError(found.get(key), wanted.get(key))


def _run_accepted(
    candidate: Candidate, operations: Sequence[MigrateOperation], session: Session
) -> tuple[list[MigrateOperation], Blocked]:
    """Run operations; return those that PostgreSQL took, and those that something blocks.

    What uses a column blocks the change of its type, until a later round has dropped it.
    Raises UserError when it refuses a backfill.
    """
    accepted: list[MigrateOperation] = []
    blocked: Blocked = []
    for operation, error in candidate.run_each(session, operations):
        in_sql = operation.sql_operation if isinstance(operation, BackfillColumnOp) else None
        reason = candidate.attempt(session, [in_sql]) if error and in_sql else error
        if reason is None:
            accepted.append(in_sql if error and in_sql else operation)
        elif isinstance(operation, BackfillColumnOp) and _is_blocked(operation, error, reason):
            blocked.append((operation, reason))
        elif isinstance(operation, BackfillColumnOp):
            _refuse_hinted([(operation, reason)])
        elif isinstance(operation, UsingOp):
            blocked.append((operation, reason))  # by a CHECK that is to go, say
    return accepted, blocked


def _is_blocked(operation: BackfillColumnOp, *refusals: Exception | None) -> bool:
    return bool(flatten.altered_columns([operation])) and any(
        errors.sqlstate(refusal) in _BLOCKED_TYPE_CHANGE for refusal in refusals if refusal
    )


def _refuse_hinted(refused: Blocked) -> None:
    """Raise UserError for what a person wrote into the models: it has no other form."""
    for operation, reason in refused:
        if not operation.hinted:
            continue
        if isinstance(operation, UsingOp):
            raise UserError(
                f'The info={{"using": …}} of {operation.label} cannot be done: '
                f"{errors.describe_error(reason)}"
            ) from reason
        raise UserError(
            f"The backfill of {operation.label} cannot be done: {errors.describe_error(reason)}"
        ) from reason
