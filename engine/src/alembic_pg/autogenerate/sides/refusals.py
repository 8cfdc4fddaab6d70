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
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.autogenerate.sides import entities
from alembic_pg.autogenerate.sides.declared_at import source_place
from alembic_pg.database import errors, missing_features
from alembic_pg.database.errors import SqlState
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Constraint
    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models

    # Runs a statement in the scratch database; returns why it fails, None where it works.
    Attempt = Callable[[ClauseElement], Exception | None]

_UNDEFINED = {
    SqlState.UNDEFINED_TABLE,
    SqlState.UNDEFINED_COLUMN,
    SqlState.UNDEFINED_OBJECT,
    SqlState.UNDEFINED_FUNCTION,
    SqlState.INVALID_SCHEMA_NAME,
}

_NAMED = re.compile(r'"((?:[^"]|"")*)"|function ([^\s(]+)\(')

_CONSTRAINT_WORDS = {
    "primary_key_constraint": "primary key",
    "foreign_key_constraint": "foreign key",
    "unique_constraint": "unique constraint",
    "check_constraint": "CHECK constraint",
    "exclude_constraint": "exclusion constraint",
}


@dataclass(frozen=True)
class Refusal:
    """Hold one statement of the models that PostgreSQL refuses.

    label: what a message calls its object. error: why. declared: the table or entity that has it,
    where that is known. names: of what is not there without it.
    """

    statement: ClauseElement
    label: str
    error: Exception
    declared: Any = None
    names: frozenset[str] = frozenset()


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
    found = [(_place(one), one.label, _reason(models, one)) for one in remaining]
    found.sort(key=lambda one: (re.sub(r"\d+", lambda number: number[0].zfill(6), one[0]), one))
    if len(found) == 1:
        place, label, reason = found[0]
        return UserError(f"PostgreSQL refuses {label} of the models{place}: {reason}")
    head = f"PostgreSQL refuses {len(found)} things that the models declare:"
    lines = [f"{label}{place}: {reason}" for place, label, reason in found]
    return UserError("\n  ".join([head, *lines]))


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
        return Refusal(statement, f"table {_table_name(element)}", error, element)
    if isinstance(statement, CreateIndex) and element.table is not None:
        return Refusal(
            statement, f"index {element.name} on {_table_name(element.table)}", error, element.table
        )
    if isinstance(statement, AddConstraint):
        return _constraint_refusal(element, statement, error)
    entity = next((one for one in models.entities if entities.entity_label(one) == label), None)
    return Refusal(statement, label, error, entity, frozenset({_bare_name(label)}))


def _bare_name(label: str) -> str:
    """Return the name in a label, without its schema and its arguments."""
    return label.partition(" ")[2].partition("(")[0].rpartition(".")[2]


def _table_name(table: Table) -> str:
    return readable_name(table.schema or "public", table.name)


def _constraint_refusal(
    constraint: Constraint, statement: AddConstraint, error: Exception
) -> Refusal:
    table = constraint.table
    kind = _CONSTRAINT_WORDS.get(constraint.__visit_name__, "constraint")
    columns = ", ".join(str(column.name) for column in getattr(constraint, "columns", ()))
    name = constraint.name if isinstance(constraint.name, str) else f"({columns})"
    return Refusal(statement, f"{kind} {name} of {_table_name(table)}", error, table)


def _table_in_pieces(table: Table, attempt: Attempt) -> Iterator[Refusal]:
    """Build a table without what PostgreSQL refuses of it, and yield that."""
    without_keys = CreateTable(table, include_foreign_key_constraints=[])
    why = attempt(without_keys)
    if why is None:
        keys = (one for one in table.constraints if isinstance(one, ForeignKeyConstraint))
        yield from _try_constraints(keys, attempt)
        return
    whole = Refusal(
        without_keys, f"table {_table_name(table)}", why, table, frozenset({table.name})
    )
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
            label = f"column {_table_name(table)}.{column.name}"
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
        if errors.sqlstate(one.error) not in _UNDEFINED
        or not any(_missing_names(one.error) & other.names for other in refusals if other != one)
    ]


def _missing_names(error: Exception) -> set[str]:
    """Return the names in an error, without the schemas before them."""
    found = _NAMED.findall(errors.describe_error(error))
    return {(quoted or called).rpartition(".")[2] for quoted, called in found}


def _place(refusal: Refusal) -> str:
    """Return the place in the models' source, in brackets, "" where none is to be had."""
    if refusal.declared is None:
        return ""
    part = str(getattr(getattr(refusal.statement, "element", None), "name", "") or "")
    place = source_place(refusal.declared, part)
    return f" ({place})" if place else ""


def _reason(models: Models, refusal: Refusal) -> str:
    """Return why a statement is refused, and what helps."""
    text = _own_reason(models, refusal) or errors.describe_error(refusal.error)
    helps = (
        missing_features.other_server_hint(refusal.error)
        or _search_path_hint(models, refusal)
        or missing_features.entity_hint(refusal.error)
    )
    if not helps and errors.sqlstate(refusal.error) == SqlState.INVALID_FOREIGN_KEY:
        helps = "make the column it points to unique, or let it point to the primary key."
    return text + (f": {helps}" if helps else "")


def _search_path_hint(models: Models, refusal: Refusal) -> str:
    """Return what helps where a materialized view does not find what is there, else "".

    It is filled under another search_path (PostgreSQL 17 and later, CREATE MATERIALIZED VIEW).
    """
    is_lacking = errors.sqlstate(refusal.error) in _UNDEFINED
    if not is_lacking or not refusal.label.startswith("materialized view "):
        return ""
    declared = {table.name for table in declared_tables(models.metadata)}
    declared |= {_bare_name(entities.entity_label(one)) for one in models.entities}
    if declared.isdisjoint(_missing_names(refusal.error)):
        return ""
    return (
        "it is filled under search_path = pg_catalog, pg_temp: let the functions that it calls "
        "name tables and functions with their schema."
    )


def _own_reason(models: Models, refusal: Refusal) -> str:
    """Return the reason where PostgreSQL's own sentence says less than the models, else ""."""
    index = getattr(refusal.statement, "element", None)
    if not isinstance(index, Index):
        return ""
    if not index.expressions:
        return "it has no columns"
    if errors.sqlstate(refusal.error) == SqlState.DUPLICATE_TABLE:
        others = [
            _table_name(table)
            for table in declared_tables(models.metadata)
            for other in table.indexes
            if other is not index and other.name == index.name
        ]
        if others:
            return f"{', '.join(others)} has an index of this name, too"
    return ""
