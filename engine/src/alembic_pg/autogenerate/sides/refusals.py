"""List everything in the models that PostgreSQL refuses, with its place and what helps.

A refused table is built piece by piece in the scratch database, which is thrown away: so each of
its columns, constraints and indexes is tried, and what only lacks another refused one is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alembic.ddl.base import AddColumn
from sqlalchemy import (
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from alembic_pg.autogenerate.sides import entities
from alembic_pg.autogenerate.sides.declared_at import source_place
from alembic_pg.autogenerate.sides.refusal_reasons import (
    UNDEFINED,
    Refusal,
    bare_name,
    missing_names,
    reason,
    table_name,
)
from alembic_pg.database import errors
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Constraint
    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models

    # Runs a statement in the scratch database; returns why it fails, None where it works.
    Attempt = Callable[[ClauseElement], Exception | None]

# Who does not do a statement, by whether it was sent to the server.
_WHO = {True: "PostgreSQL refuses", False: "SQLAlchemy cannot write"}

_CONSTRAINT_WORDS = {
    "primary_key_constraint": "primary key",
    "foreign_key_constraint": "foreign key",
    "unique_constraint": "unique constraint",
    "table_or_column_check_constraint": "CHECK constraint",
    "column_check_constraint": "CHECK constraint",
    "exclude_constraint": "exclusion constraint",
}


def refusal_error(
    models: Models, failed: Iterable[tuple[ClauseElement, str, Exception]], attempt: Attempt
) -> UserError:
    """Return the error that lists all that PostgreSQL refuses of the models.

    failed: statements of the build that do not work, what a message calls each, and why.
    """
    waiting: list[Refusal] = []
    whole: list[Refusal] = []
    for statement, label, error in failed:
        refused = _refusal(models, statement, label, error)
        whole.append(refused)
        if isinstance(statement, CreateTable):
            waiting += _table_in_pieces(statement.element, attempt)
        else:
            waiting.append(refused)
    refused_still = _try_while_it_helps(waiting, attempt)
    remaining = _without_consequences(refused_still)
    if not remaining:
        return _circle_error(refused_still or whole)
    found = sorted(_told(models, remaining), key=_in_order)
    if len(found) == 1:
        (one,) = found
        if not one.is_sent:
            return UserError(
                f"SQLAlchemy cannot write {one.label} of the models{one.place}: {one.why}"
            )
        return UserError(f"PostgreSQL refuses {one.label} of the models{one.place}: {one.why}")
    who = {_WHO[one.is_sent] for one in found}
    if len(who) == 1:
        head = f"{who.pop()} {len(found)} things that the models declare:"
        lines = [f"{one.label}{one.rest}" for one in found]
    else:
        head = f"{len(found)} things that the models declare do not work:"
        lines = [f"{_WHO[one.is_sent]} {one.label}{one.rest}" for one in found]
    return UserError("\n  ".join([head, *lines]))


@dataclass(frozen=True)
class _Told:
    """Hold what is told of one statement: what it is, whether it was sent, its place and why."""

    label: str
    is_sent: bool
    place: str
    why: str

    @property
    def rest(self) -> str:
        """What follows the label."""
        return f"{self.place}: {self.why}"


def _told(models: Models, refusals: Iterable[Refusal]) -> Iterator[_Told]:
    """Yield what is told of statements; one line of those that the same code fails to write."""
    unwritten: dict[str, list[_Told]] = {}
    for refusal in refusals:
        told = _Told(refusal.label, refusal.is_sent, _place(refusal), reason(models, refusal))
        if told.is_sent:
            yield told
        else:
            unwritten.setdefault(told.why, []).append(told)
    for some in unwritten.values():
        first, *more = sorted(some, key=_in_order)
        yield replace(first, label=f"{first.label} and {len(more)} more") if more else first


def _in_order(told: _Told) -> tuple[str, str]:
    """Return what lines are sorted by: the place, numbers in it as such."""
    return re.sub(r"\d+", lambda number: number[0].zfill(6), told.place), told.label


def _circle_error(refusals: Iterable[Refusal]) -> UserError:
    """Return the error for what works in pieces only: as declared, each needs another one first."""
    lines = [f"{one.label}{_place(one)}: {errors.describe_error(one.error)}" for one in refusals]
    head = (
        "The models declare things that need each other, so that none of them can be created "
        "first. Let one of them do without: create a CHECK constraint by a DDL event after the "
        "function that it calls, say."
    )
    return UserError("\n  ".join([head, *sorted(lines)]))


def incomplete_error(models: Models, error: Exception) -> UserError:
    """Return the error for models that SQLAlchemy cannot sort, with all that they lack.

    error: what it says of the first.
    """
    texts = {" ".join(str(error).split())}
    for table in models.tables:
        for key in table.foreign_keys:
            try:
                _ = key.column
            except Exception as why:  # noqa: BLE001  # SQLAlchemy has several
                texts.add(" ".join(str(why).split()))
    if len(texts) == 1:
        return UserError(f"The models are not complete: {texts.pop()}")
    return UserError("\n  ".join(["The models are not complete:", *sorted(texts)]))


def _refusal(models: Models, statement: Any, label: str, error: Exception) -> Refusal:  # noqa: ANN401  # any DDL element
    element: Any = getattr(statement, "element", None)
    if isinstance(statement, CreateTable):
        return Refusal(statement, f"table {table_name(element)}", error, element)
    if isinstance(statement, CreateIndex) and element.table is not None:
        return Refusal(
            statement, f"index {element.name} on {table_name(element.table)}", error, element.table
        )
    if isinstance(statement, AddConstraint):
        return _constraint_refusal(element, statement, error)
    entity = next((one for one in models.entities if entities.entity_label(one) == label), None)
    return Refusal(statement, label, error, entity, frozenset({bare_name(label)}))


def _constraint_refusal(
    constraint: Constraint, statement: AddConstraint, error: Exception
) -> Refusal:
    table = constraint.table
    kind = _CONSTRAINT_WORDS.get(constraint.__visit_name__, "constraint")
    columns = ", ".join(str(column.name) for column in getattr(constraint, "columns", ()))
    name = constraint.name if isinstance(constraint.name, str) else f"({columns})"
    return Refusal(statement, f"{kind} {name} of {table_name(table)}", error, table)


def _table_in_pieces(table: Table, attempt: Attempt) -> Iterator[Refusal]:
    """Build a table without what PostgreSQL refuses of it, and yield that."""
    without_keys = CreateTable(table, include_foreign_key_constraints=[])
    why = attempt(without_keys)
    if why is None:
        keys = (one for one in table.constraints if isinstance(one, ForeignKeyConstraint))
        yield from _try_constraints(keys, attempt)
        return
    whole = Refusal(without_keys, f"table {table_name(table)}", why, table, frozenset({table.name}))
    options = table.dialect_options["postgresql"]
    if options["partition_by"] or options["inherits"]:
        yield whole  # it is nothing without its columns, or has those of others
        return
    bare = CreateTable(Table(table.name, MetaData(), schema=table.schema))
    if (why := attempt(bare)) is not None:
        yield replace(whole, statement=bare, error=why)
        return
    for column in table.columns:
        statement = AddColumn(table.name, column, table.schema)
        if (why := attempt(statement)) is not None:
            label = f"column {table_name(table)}.{column.name}"
            yield Refusal(statement, label, why, table, frozenset({str(column.name)}))
    yield from _try_constraints(table.constraints, attempt)


def _try_constraints(constraints: Iterable[Constraint], attempt: Attempt) -> Iterator[Refusal]:
    """Add constraints to a table that is there; yield those that are refused."""
    for constraint in sorted(constraints, key=lambda one: (one.__visit_name__, str(one.name))):
        if isinstance(constraint, PrimaryKeyConstraint) and not constraint.columns:
            continue
        statement = AddConstraint(constraint)
        if (why := attempt(statement)) is not None:
            yield _constraint_refusal(constraint, statement, why)


def _try_while_it_helps(waiting: Sequence[Refusal], attempt: Attempt) -> list[Refusal]:
    """Try refused statements until none of them works any more; return those that do not."""
    left = list(waiting)
    while True:
        tried = [(one, attempt(one.statement)) for one in left]
        still = [replace(one, error=why) for one, why in tried if why is not None]
        if len(still) == len(left):
            return still
        left = still


def _without_consequences(refusals: Sequence[Refusal]) -> list[Refusal]:
    """Leave out what only lacks something that is refused itself; all of a circle does."""
    return [
        one
        for one in refusals
        if errors.sqlstate(one.error) not in UNDEFINED
        or not any(missing_names(one.error) & other.names for other in refusals if other != one)
    ]


def _place(refusal: Refusal) -> str:
    """Return the place in the models' source, in brackets, "" where none is to be had."""
    if refusal.declared is None:
        return ""
    part = str(getattr(getattr(refusal.statement, "element", None), "name", "") or "")
    place = source_place(refusal.declared, part)
    return f" ({place})" if place else ""
