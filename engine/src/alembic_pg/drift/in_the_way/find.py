"""Find what somebody changed by hand in the target that a pending revision changes, too.

The files beside env.py say what the revisions build and what the pending ones change of it, so that
a run on a machine without a scratch server asks the target two questions, and dumps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.drift.in_the_way import made_again, taken_names
from alembic_pg.drift.in_the_way.hand_made import HandMade
from alembic_pg.ledger.parts import apply_changes, parts_after, without_rights
from alembic_pg.ledger.read_parts import read_parts
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run.helper_names import HELPER_MARK
from alembic_pg.revisions import statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.drift.ignore import Rule
    from alembic_pg.ledger.history import History
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.ledger.parts import PartChanges, Parts

# Milliseconds to wait for a table that somebody keeps locked, of which nothing is said then.
_LOCK_TIMEOUT = 2000


@dataclass(frozen=True)
class InTheWay:
    """Hold what was found.

    blocking: by the id of the pending revision that changes it, the first of which stops a run.
    elsewhere: in the same tables, and changed by no pending revision.
    untold: the ids of the revisions of which nothing is known.
    """

    blocking: Mapping[str, Sequence[HandMade]]
    elsewhere: tuple[HandMade, ...] = ()
    untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class PendingRun:
    """Hold what a run is about to do.

    ledger, history: of the project. heads: the revisions that the database is at. steps: Alembic's,
    each of an upgrade. version_table: the name of Alembic's own. major: the server's major version.
    rules: of what is ignored. half_done: the id of a revision that is, "" without.
    """

    ledger: Ledger
    history: History
    heads: Sequence[str]
    steps: Sequence[Any]
    version_table: str
    major: int
    rules: Sequence[Rule] = ()
    half_done: str = ""


def find_in_the_way(connection: Connection, run: PendingRun) -> InTheWay:
    """Return what is in the way of a run. connection: without a transaction, before and after."""
    changes = run.ledger.changes
    pending = {step.revision.revision: step for step in run.steps}
    untold = tuple(one for one in pending if changes.get(one) is None)
    built = parts_after(changes, run.history.with_ancestors(run.heads))
    if built is None:
        return InTheWay({}, untold=tuple(pending))
    built = without_rights(built)
    known = {
        one: without_rights(own)
        for one in pending
        if (own := changes.get(one)) is not None and one != run.half_done
    }
    known = _with_made_again(known, pending, built)
    keys = sorted({key for own in known.values() for key in own})
    names = taken_names.created_names(built, known.values())
    read = _read(connection, run.version_table, keys, names) if keys else ({}, {})
    if read is None:
        return InTheWay({}, untold=tuple(pending))
    found, holders = read
    if run.major != run.ledger.major:
        # Another major version prints definitions otherwise: only what is there is compared.
        built, found = _without_digests(built), _without_digests(found)
        known = {one: _without_digests(own) for one, own in known.items()}
    touched: set[tuple[str, str]] = set()
    blocking = {}
    for one, own in known.items():
        taken = list(taken_names.taken(own, holders, built, found, touched))
        hand_made = [
            part
            for part in _of_revision(own, built, found, touched)
            if not (_is_led_to(part, own, found) and _lets_it_be(pending[one], part))
        ] + taken
        if told := [part for part in hand_made if not _is_ignored(part, run.rules)]:
            blocking[one] = told
    wholes = {key for key, part in touched if part and not HandMade(key, part, "extra").is_part}
    stops = {part for parts in blocking.values() for part in parts}
    elsewhere = [
        part
        for key in keys
        if key not in wholes
        for part in _differing(key, built.get(key, {}), found.get(key, {}))
        if part not in stops and (key, part.part) not in touched
    ]
    return InTheWay(
        blocking, tuple(one for one in elsewhere if not _is_ignored(one, run.rules)), untold
    )


def _with_made_again(
    known: Mapping[str, PartChanges], steps: Mapping[str, Any], built: Parts
) -> dict[str, PartChanges]:
    """Return what revisions change, with what they make again as it was.

    known: by their ids, oldest first. steps: Alembic's. built: what is there before them.
    """
    found: dict[str, PartChanges] = {}
    after = {key: dict(own) for key, own in built.items()}
    for one, changes in known.items():
        before = {key: dict(own) for key, own in after.items()}
        apply_changes(after, changes)
        try:
            said = statements.function_statements(steps[one].migration_fn)
        except statements.UnreadableError:
            said = []
        again = made_again.made_again((each.sql for each in said), before, after)
        found[one] = {
            key: {**again.get(key, {}), **changes.get(key, {})} for key in [*changes, *again]
        }
    return found


def _read(
    connection: Connection, version_table: str, keys: Sequence[str], names: taken_names.Names
) -> tuple[Parts, taken_names.Holders] | None:
    """Return the parts of objects, and who has names; None where somebody keeps a table locked."""
    with connection.begin() as transaction:
        try:
            connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT}"))
            holders = taken_names.read_holders(connection, names)
            every = {*keys, *(key for found in holders.values() for key in found)}
            return read_parts(connection, version_table, sorted(every)), holders
        except DBAPIError as error:
            if not lock_retry.is_retryable(error):
                raise
            return None
        finally:
            transaction.rollback()


def _of_revision(
    changes: PartChanges, built: Parts, found: Parts, touched: set[tuple[str, str]]
) -> Iterator[HandMade]:
    """Yield what is otherwise than built, of what a revision changes and no earlier one did.

    touched: what earlier ones changed, to which that of this one is added.
    """
    for key, own in changes.items():
        before, there = built.get(key, {}), found.get(key, {})
        whole = _whole(before) or _whole(own)
        made, dropped = whole not in before, own.get(whole, "") is None
        looked_at = {whole} if made or not there else set(own)
        if dropped:
            # What nobody knows of would go with it: rows, where it is a column.
            looked_at |= {part for part in there if part.startswith("column ")}
        new = {part for part in looked_at if (key, part) not in touched}
        if (key, whole) not in touched:
            yield from (one for one in _differing(key, before, there) if one.part in new)
        touched.update((key, part) for part in {*own, *looked_at})


def _whole(parts: Mapping[str, object]) -> str:
    """Return what the object itself is called among its parts, "" where it is not among them."""
    return next((part for part in parts if not HandMade("", part, "changed").is_part), "")


def _differing(key: str, before: Mapping[str, str], there: Mapping[str, str]) -> Iterator[HandMade]:
    for part in sorted({*before, *there}):
        if before.get(part) == there.get(part) or HELPER_MARK in part:
            continue
        change: Literal["missing", "extra", "changed"] = (
            "missing" if part not in there else "changed" if part in before else "extra"
        )
        yield HandMade(key, part, change)


def _is_led_to(part: HandMade, changes: PartChanges, found: Parts) -> bool:
    """Return whether a part is already as the revision leaves it."""
    own = changes.get(part.key, {})
    return part.part in own and own[part.part] == found.get(part.key, {}).get(part.part)


def _lets_it_be(step: Any, part: HandMade) -> bool:  # noqa: ANN401  # Alembic's step
    """Return whether a revision can do what is done: it says IF EXISTS, or changes it again."""
    if part.change == "changed":
        return True
    words = ("IF EXISTS",) if part.change == "missing" else ("IF NOT EXISTS", "OR REPLACE")
    name = part.own_name.partition("(")[0]
    try:
        said = [one.sql for one in statements.function_statements(step.migration_fn)]
    except statements.UnreadableError:
        return False
    return any(name in sql and any(one in sql.upper() for one in words) for sql in said)


def _is_ignored(part: HandMade, rules: Sequence[Rule]) -> bool:
    return any(rule.matches(part.difference) for rule in rules)


def _without_digests(parts: Any) -> Any:  # noqa: ANN401  # Parts or PartChanges
    return {
        table: {part: None if digest is None else "" for part, digest in own.items()}
        for table, own in parts.items()
    }
