"""Say why a statement of the models does not work, and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg2
from sqlalchemy import DDL, Index
from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.autogenerate.sides import entities
from alembic_pg.autogenerate.sides.text_parameters import parameters
from alembic_pg.console import project_place
from alembic_pg.database import errors, missing_features
from alembic_pg.database.errors import SqlState
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models

UNDEFINED = {
    SqlState.UNDEFINED_TABLE,
    SqlState.UNDEFINED_COLUMN,
    SqlState.UNDEFINED_OBJECT,
    SqlState.UNDEFINED_FUNCTION,
    SqlState.INVALID_SCHEMA_NAME,
}

_NAMED = re.compile(r'"((?:[^"]|"")*)"|function ([^\s(]+)\(')


@dataclass(frozen=True)
class Refusal:
    """Hold one statement of the models that does not work.

    label: what a message calls its object. error: why. declared: the table or entity that has it,
    where that is known. names: of what is not there without it.
    """

    statement: ClauseElement
    label: str
    error: Exception
    declared: Any = None
    names: frozenset[str] = frozenset()

    @property
    def is_sent(self) -> bool:
        """Whether PostgreSQL refuses it; else SQLAlchemy cannot write it."""
        return isinstance(self.error, (DBAPIError, psycopg2.Error))


def reason(models: Models, refusal: Refusal) -> str:
    """Return why a statement does not work, and what helps."""
    if not refusal.is_sent:
        return _unwritable_reason(refusal)
    text = _own_reason(models, refusal) or errors.describe_error(refusal.error)
    helps = (
        missing_features.other_server_hint(refusal.error)
        or _search_path_hint(models, refusal)
        or missing_features.entity_hint(refusal.error)
        or _parameter_hint(refusal)
        or _code_hint(refusal)
    )
    return text + (f": {helps}" if helps else "")


def _code_hint(refusal: Refusal) -> str:
    """Return what helps where the server's error code says enough, else ""."""
    code = errors.sqlstate(refusal.error)
    if code == SqlState.INVALID_FOREIGN_KEY:
        return "make the column it points to unique, or let it point to the primary key."
    if code == SqlState.DUPLICATE_OBJECT and errors.describe_error(refusal.error)[:5] == "role ":
        return "roles belong to the whole server: create one only where pg_roles lacks it."
    return ""


def _unwritable_reason(refusal: Refusal) -> str:
    """Return why SQLAlchemy has no text for a statement: what the project's own code says first."""
    statement, error = refusal.statement, refusal.error
    if isinstance(statement, DDL) and "%" in statement.statement:
        return "in DDL(), % is written %%, unless it stands for one of its parameters."
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    where = project_place.place_in_project(error)
    return f"{errors.describe_error(error)}{f' ({where})' if where else ''}"


def _parameter_hint(refusal: Refusal) -> str:
    """Return what helps where text() takes a colon for a parameter, else ""."""
    code = errors.sqlstate(refusal.error)
    if code != SqlState.SYNTAX_ERROR and code[:2] != errors.DATA_EXCEPTION_CLASS:
        return ""
    name = next(parameters(refusal.statement), "")
    return f'in text(), ":{name}" is a parameter: write "\\\\:{name}".' if name else ""


def _search_path_hint(models: Models, refusal: Refusal) -> str:
    """Return what helps where a materialized view does not find what is there, else "".

    It is filled under another search_path (PostgreSQL 17 and later, CREATE MATERIALIZED VIEW).
    """
    is_lacking = errors.sqlstate(refusal.error) in UNDEFINED
    if not is_lacking or not refusal.label.startswith("materialized view "):
        return ""
    declared = {table.name for table in declared_tables(models.metadata)}
    declared |= {bare_name(entities.entity_label(one)) for one in models.entities}
    if declared.isdisjoint(missing_names(refusal.error)):
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
            table_name(table)
            for table in declared_tables(models.metadata)
            for other in table.indexes
            if other is not index and other.name == index.name
        ]
        if others:
            return f"{', '.join(others)} has an index of this name, too"
    return ""


def missing_names(error: Exception) -> set[str]:
    """Return the names in an error, without the schemas before them."""
    found = _NAMED.findall(errors.describe_error(error))
    return {(quoted or called).rpartition(".")[2] for quoted, called in found}


def bare_name(label: str) -> str:
    """Return the name in a label, without its schema and its arguments."""
    return (
        label.removeprefix("materialized ").partition(" ")[2].partition("(")[0].rpartition(".")[2]
    )


def table_name(table: Table) -> str:
    """Return what a message calls a table."""
    return readable_name(table.schema or "public", table.name)
