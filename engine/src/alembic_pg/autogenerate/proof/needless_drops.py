"""Leave out what operations drop and create again just as it was, where PostgreSQL lets it stay.

A trial without any such drop shows what PostgreSQL refuses, and names what is in the way: that is
dropped, and the next trial shows the rest. Each direction has trials of its own: an enum that loses
a value is made anew, and on the way back it gets the value in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.candidate import undone_at_end
from alembic_pg.autogenerate.proof.reprinted_checks import reprinted_checks
from alembic_pg.autogenerate.proof.without_drops import (
    DROP_COLUMN,
    IN_ITS_PLACE,
    recreated_columns,
    recreated_objects,
    without_drops,
)
from alembic_pg.database import errors
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.revisions.trial.text_session import Session


# So many objects are tried one by one where PostgreSQL does not say which of them is in the way.
_MAX_SINGLE_TRIALS = 12


def find_needless_drops(
    candidate: Candidate, operations: Sequence[MigrateOperation], dump: Dump
) -> set[str] | None:
    """Return what need not be dropped, as in recreated_objects, None where operations fail anyhow.

    candidate: a database where the operations begin, which stays as it is. operations: of one
    direction. dump: what they begin with.
    """
    needs = _needs_of_recreated(candidate, operations, dump)
    wanted = {label for label in needs if _drop_statements(operations, label)}
    unsure: set[str] = set()
    with candidate.session() as session:
        reprinted = reprinted_checks(candidate, session, operations)
        needs |= {label: [] for label in reprinted}
        wanted |= reprinted
        while True:
            left_out = _what_can_stay(wanted, needs)
            failure = _run_without(candidate, session, operations, left_out)
            if failure is None:
                break
            if not left_out:
                return None
            earlier, named = _in_the_way(failure, operations, left_out)
            wanted -= named or earlier
            unsure |= set() if named else earlier
        # Where PostgreSQL names nothing, each one is tried by itself.
        for label in sorted(unsure)[:_MAX_SINGLE_TRIALS]:
            more = _what_can_stay({*wanted, label}, needs)
            if more != left_out and _run_without(candidate, session, operations, more) is None:
                wanted.add(label)
                left_out = more
    return left_out


def _needs_of_recreated(
    candidate: Candidate, operations: Sequence[MigrateOperation], dump: Dump
) -> dict[str, list[str]]:
    """Return what is dropped and created again, each with what of that it needs.

    A part of a column that is dropped for good needs what is never there: it goes along with it.
    """
    recreated = recreated_objects(operations)
    statements = [operation for operation in operations if isinstance(operation, StatementOp)]
    needs: dict[str, list[str]] = {
        text: [] for pair in recreated_columns(statements) for text in pair
    }
    names = {label.removesuffix(IN_ITS_PLACE): label for label in recreated}
    for entry in dump.values():
        if entry.label in names:
            labels = [dump[need].label for need in entry.needs if need in dump]
            needs[names[entry.label]] = [names[label] for label in labels if label in names]
    dropped = [*dropped_columns(operations)]
    users = candidate.column_users() if dropped else {}
    for column, text in dropped:
        for key in users.get(column, ()):
            if key in dump and dump[key].label in names:
                needs[names[dump[key].label]].append(text)
    return needs


def dropped_columns(
    operations: Sequence[MigrateOperation],
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the columns that are dropped, as ColumnUsers has them, and the statements."""
    for operation in operations:
        if isinstance(operation, ops.DropColumnOp):
            yield (flatten.changed_table_key(operation) or "", operation.column_name), ""
        for text in operation.upgrade if isinstance(operation, StatementOp) else ():
            if DROP_COLUMN.fullmatch(text):
                cursor = Cursor(text)
                cursor.accept("ALTER", "TABLE")
                schema, table = cursor.altered_table()
                cursor.accept("DROP", "COLUMN")
                yield (table_key(schema, table), cursor.identifier()), text


def _drop_statements(operations: Sequence[MigrateOperation], label: str) -> tuple[str, ...]:
    """Return what drops an object, nothing where it goes along with another one."""
    return next(
        (
            operation.upgrade
            for operation in operations
            if isinstance(operation, StatementOp)
            and (operation.action, operation.label) == ("drop", label.removesuffix(IN_ITS_PLACE))
        ),
        (label,),
    )


def _what_can_stay(wanted: set[str], needs_of: dict[str, list[str]]) -> set[str]:
    """Return what stays: of the wanted, what needs nothing that is dropped, with its grants.

    needs_of: has what is needed before what needs it.
    """
    found: set[str] = set()
    for label, needs in needs_of.items():
        if found.issuperset(needs) and (label in wanted or needs):
            found.add(label)
    return found


@dataclass(frozen=True)
class _Failure:
    """Hold at which of the operations PostgreSQL refuses them, and what it says."""

    place: int
    text: str


def _run_without(
    candidate: Candidate,
    session: Session,
    operations: Sequence[MigrateOperation],
    left_out: set[str],
) -> _Failure | None:
    """Run operations but for what is left out, and undo them; return where they fail."""
    with undone_at_end(session):
        for place, operation in enumerate(operations):
            try:
                for one in without_drops([operation], left_out, ()):
                    candidate.run_one(session, one)
            except Exception as error:  # noqa: BLE001  # whatever it is, this is not the way
                return _Failure(place, errors.describe_error(error))
        return None


def _in_the_way(
    failure: _Failure, operations: Sequence[MigrateOperation], left_out: set[str]
) -> tuple[set[str], set[str]]:
    """Return what of that which is left out may be to blame, and what of it PostgreSQL names."""
    earlier = {
        label
        for operation in operations[: failure.place + 1]
        if isinstance(operation, StatementOp)
        for label in (operation.label, f"{operation.label}{IN_ITS_PLACE}", *operation.upgrade)
        if label in left_out
    }
    named = {
        label
        for label in earlier
        if re.search(rf"(?<!\w){re.escape(_short_name(label))}(?!\w)", failure.text)
    }
    blamed = named | _statements_of_same_columns(named, left_out)
    return earlier or left_out, blamed


def _statements_of_same_columns(some: set[str], left_out: set[str]) -> set[str]:
    """Return the statements that add again what some of the statements drop."""
    return {
        text
        for drop in some
        if (match := DROP_COLUMN.fullmatch(drop))
        for text in left_out
        if text.startswith(f"{match['table']} ADD COLUMN {match['name']} ")
    }


def _short_name(label: str) -> str:
    """Return the name that PostgreSQL's messages give an object: "g" of "trigger g on t"."""
    if match := DROP_COLUMN.fullmatch(label):
        return match["name"].strip('"')
    words = label.removesuffix(IN_ITS_PLACE).partition(" on ")[0].partition("(")[0]
    return re.split(r"[ .]", words)[-1].strip('"')
