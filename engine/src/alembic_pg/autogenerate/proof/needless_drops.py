"""Leave out what operations drop and create again just as it was, where PostgreSQL lets it stay.

A trial without any such drop shows what PostgreSQL refuses, and names what is in the way: that is
dropped, and the next trial shows the rest. Each direction has trials of its own: an enum that loses
a value is made anew, and on the way back it gets the value in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy.engine import Connection

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.proof.candidate import Candidate

# What changes the rows that a materialized view was made of.
_SET_EXPRESSION = re.compile(r" SET EXPRESSION ")


def recreated_labels(operations: Sequence[MigrateOperation]) -> set[str]:
    """Return the labels of what operations drop and create again just as it was."""
    statements = [operation for operation in operations if isinstance(operation, StatementOp)]
    dropped = {one.label: one.downgrade for one in statements if one.action == "drop"}
    created = {one.label: one.upgrade for one in statements if one.action == "create"}
    return {label for label, create in dropped.items() if created.get(label) == create}


def find_needless_drops(
    candidate: Candidate, operations: Sequence[MigrateOperation], dump: Dump
) -> set[str] | None:
    """Return the labels of what need not be dropped, None where the operations fail anyhow.

    candidate: a database where the operations begin, which stays as it is. operations: of one
    direction. dump: what they begin with.
    """
    recreated = _recreated_by_need(operations, dump)
    named = {label for label in recreated if _drop_statements(operations, label)}
    kept: set[str] = set()
    with connect(candidate.url, source=SCRATCH_SOURCE) as connection, connection.begin():
        while True:
            left_out = _what_can_stay(named - kept, recreated)
            failure = _run_without(candidate, connection, operations, left_out)
            if failure is None:
                return left_out
            if not left_out:
                return None
            kept |= _in_the_way(failure, operations, left_out) or left_out


def without_drops(
    operations: Sequence[MigrateOperation], upgrade: Collection[str], downgrade: Collection[str]
) -> list[MigrateOperation]:
    """Return operations without drops and creations that are needless in a direction.

    upgrade, downgrade: the labels of what stays in each direction.
    """
    refreshed = any(
        _SET_EXPRESSION.search(text)
        for operation in operations
        if isinstance(operation, StatementOp)
        for text in (*operation.upgrade, *operation.downgrade)
    )
    shortened: list[MigrateOperation] = []
    for operation in operations:
        if isinstance(operation, StatementOp) and operation.action in {"drop", "create"}:
            stays = operation.label in upgrade, operation.label in downgrade
            shortened += _without_directions(operation, *stays, refreshed=refreshed)
        else:
            shortened.append(operation)
    return shortened


def _without_directions(
    operation: StatementOp, stays_up: bool, stays_down: bool, *, refreshed: bool
) -> list[MigrateOperation]:
    """Return what an operation still does where its object stays in a direction.

    refreshed: whether a materialized view then has to be computed anew.
    """
    refresh = _refresh_statements(operation.label) if refreshed else ()
    up, down = operation.upgrade, operation.downgrade
    if stays_up:
        up = refresh if operation.action == "create" else ()
    if stays_down:
        down = refresh if operation.action == "drop" else ()
    if not stays_up:
        return [replace(operation, downgrade=down)]
    if up:
        return [StatementOp("change", operation.label, up, down)]
    back = operation.reverse().action if not stays_down else "change"
    return [ReversibleOp([], [StatementOp(back, operation.label, down, ())])] if down else []


def _refresh_statements(label: str) -> tuple[str, ...]:
    kind, _, place = label.partition("materialized view ")
    if kind or not place:
        return ()
    return (f"REFRESH MATERIALIZED VIEW {quote_name(*place.split('.', 1))};",)


def _recreated_by_need(
    operations: Sequence[MigrateOperation], dump: Dump
) -> dict[str, list[str]]:
    """Return what is dropped and created again, each with what of that it needs, by labels."""
    recreated = recreated_labels(operations)
    return {
        entry.label: [label for need in entry.needs if (label := dump[need].label) in recreated]
        for entry in dump.values()
        if entry.label in recreated
    }


def _drop_statements(operations: Sequence[MigrateOperation], label: str) -> tuple[str, ...]:
    """Return what drops an object, nothing where it goes along with another one."""
    return next(
        operation.upgrade
        for operation in operations
        if isinstance(operation, StatementOp)
        and (operation.action, operation.label) == ("drop", label)
    )


def _what_can_stay(wanted: set[str], recreated: dict[str, list[str]]) -> set[str]:
    """Return what stays: of the wanted, what needs nothing that is dropped, and its grants and the like.

    recreated: lists what is needed first.
    """
    found: set[str] = set()
    for label, needs in recreated.items():
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
    connection: Connection,
    operations: Sequence[MigrateOperation],
    left_out: set[str],
) -> _Failure | None:
    """Run operations but for what is left out, and undo them; return where they fail."""
    savepoint = connection.begin_nested()
    try:
        for place, operation in enumerate(operations):
            if isinstance(operation, StatementOp) and operation.action in {"drop", "create"}:
                if operation.label in left_out:
                    continue
            try:
                candidate.run_one(connection, operation)
            except Exception as error:  # noqa: BLE001  # whatever it is, this is not the way
                return _Failure(place, errors.describe_error(error))
        return None
    finally:
        savepoint.rollback()


def _in_the_way(
    failure: _Failure, operations: Sequence[MigrateOperation], left_out: set[str]
) -> set[str]:
    """Return what of that which is left out is to blame, as far as PostgreSQL names it."""
    earlier = {
        operation.label
        for operation in operations[: failure.place]
        if isinstance(operation, StatementOp) and operation.label in left_out
    }
    named = {
        label
        for label in earlier
        if re.search(rf"(?<!\w){re.escape(_short_name(label))}(?!\w)", failure.text)
    }
    return named or earlier


def _short_name(label: str) -> str:
    """Return the name that PostgreSQL's messages give an object: "g" of "trigger public.t g"."""
    return re.split(r"[ .]", label.partition("(")[0])[-1]
