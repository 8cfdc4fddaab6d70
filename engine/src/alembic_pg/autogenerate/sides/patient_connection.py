"""Execute what create_all() and listeners define; what needs something later waits for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Enum, event, text
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.dialects.postgresql.named_types import CreateDomainType, CreateEnumType
from sqlalchemy.exc import CompileError, DBAPIError, SQLAlchemyError
from sqlalchemy.schema import (
    DDL,
    CreateIndex,
    CreateSchema,
    CreateTable,
    DropSchema,
    ExecutableDDLElement,
)
from sqlalchemy.sql.elements import TextClause

from alembic_pg.autogenerate.scope.models import each_metadata
from alembic_pg.autogenerate.sides import refusals
from alembic_pg.autogenerate.sides.build_statements import (
    BuildStatement,
    created_schemas,
    schemas_of_tables,
    statement_label,
    tables_to_build,
)
from alembic_pg.console import project_place
from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.errors import UserError
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models

# What asks something, so that its listener goes on with the answer.
_QUESTIONS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH"})


class PatientConnection(Connection):
    """Keep the statements of listeners that PostgreSQL refuses, to be tried again later.

    An index of a materialised view, say, which an entity makes after all tables.
    """

    waiting: list[ClauseElement]  # to be tried again
    made: set[str]  # schemas that were made before, and that no listener has created yet
    missing: set[str]  # schemas that are made as soon as one is missed

    def execute(self, statement: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Execute a statement, or let it wait."""
        self._leave_schema_to(statement)
        may_wait = not arguments and not options and _is_definition(statement)
        defines = isinstance(statement, (ExecutableDDLElement, TextClause))
        if not may_wait and not (self.missing and defines):
            return super().execute(statement, *arguments, **options)
        attempt = self.begin_nested()
        try:
            result = super().execute(statement, *arguments, **options)
        except DBAPIError as error:
            attempt.rollback()
            if self.missing and errors.sqlstate(error) == SqlState.INVALID_SCHEMA_NAME:
                self.make_missing()
                return self.execute(statement, *arguments, **options)
            if not may_wait:
                raise
            self.waiting.append(statement)
            return _RefusedResult(error)
        except Exception:
            attempt.rollback()
            raise
        attempt.commit()
        return result

    def make_missing(self) -> None:
        """Make the schemas that are not there yet."""
        missing, self.missing = self.missing, set()
        for name in sorted(missing):
            super().execute(CreateSchema(name, if_not_exists=True))

    def _leave_schema_to(self, statement: object) -> None:
        """Drop a schema that was made before where a listener creates it: it may be another's.

        What is in it already stays, and the schema with it.
        """
        for name in self.made & created_schemas(statement):
            self.made.discard(name)
            attempt = self.begin_nested()
            try:
                super().execute(DropSchema(name))
            except DBAPIError:
                attempt.rollback()
            else:
                attempt.commit()

    def exec_driver_sql(self, statement: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Execute a text, or let it wait."""
        if arguments or options or "%" in statement or ":" in statement:
            return super().exec_driver_sql(statement, *arguments, **options)
        return self.execute(text(statement))


class _RefusedResult:
    """Stand for the result of a statement that waits, which nobody may look at."""

    def __init__(self, error: DBAPIError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a result has
        """Raise the refusal."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._error


def _is_definition(statement: object) -> bool:
    """Return whether a person wrote a statement, of which nobody looks at the result."""
    if not isinstance(statement, (DDL, TextClause)):
        return False
    written = statement.statement if isinstance(statement, DDL) else statement.text
    tokens = tokenize(written)
    return bool(tokens) and tokens[0].text.upper() not in _QUESTIONS


@contextmanager
def patience(
    connection: Connection, made: set[str], missing: set[str]
) -> Iterator[PatientConnection]:
    """Let a connection be a patient one meanwhile, whoever has got it.

    made: the schemas that were made before. missing: those that are made when one is missed.
    """
    patient: Any = connection
    usual = type(connection)
    patient.__class__ = PatientConnection
    patient.waiting = []
    patient.made, patient.missing = set(made), set(missing)
    try:
        yield patient
    finally:
        patient.__class__ = usual


class CreationError(Exception):
    """SQLAlchemy or PostgreSQL cannot create the tables. tables: the statements that do, singly."""

    def __init__(self, message: str, tables: list[BuildStatement]) -> None:
        super().__init__(message)
        self.tables = tables


def create_all(
    models: Models,
    connection: Connection,
    made: set[str],
    missing: set[str],
    built: dict[int, BuildStatement],
) -> list[ClauseElement]:
    """Let SQLAlchemy create all; return what listeners executed and PostgreSQL refuses.

    made: the schemas that are there, which a listener may create itself. missing: those of tables,
    which are not there yet. Raises CreationError, else UserError or an error of the models' code.
    """

    def keep(*arguments: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        # Counted down, as no id() is below 0.
        _, cursor, statement, parameters, *_ = arguments
        sent = cursor.mogrify(statement, parameters).decode()
        built[-len(built) - 1] = BuildStatement(text(""), "", sent)

    event.listen(connection, "after_cursor_execute", keep)
    whole = connection.begin_nested()
    try:
        with patience(connection, made, missing) as patient:
            for metadata in each_metadata(models.metadata):
                metadata.create_all(patient, tables=tables_to_build(models, metadata))
            patient.make_missing()
            waiting = patient.waiting
    except Exception as error:
        whole.rollback()
        told = _creation_error(models, error)
        if told is error:
            raise
        raise told from error
    finally:
        event.remove(connection, "after_cursor_execute", keep)
    whole.commit()
    return waiting


def _creation_error(models: Models, error: Exception) -> Exception:
    """Return the error to raise for one of create_all()."""
    where = project_place.place_in_project(error)
    if isinstance(error, DBAPIError):
        told = (
            f"PostgreSQL refuses what the models make{f' ({where})' if where else ''}: "
            f"{errors.describe_error(error)}"
        )
    elif where:
        return error  # a listener's own
    elif isinstance(error, SQLAlchemyError) and not isinstance(error, CompileError):
        return refusals.incomplete_error(models, error)
    else:
        told = f"SQLAlchemy cannot write what the models make: {errors.describe_error(error)}"
    return UserError(told) if where else CreationError(told, _table_statements(models))


def _table_statements(models: Models) -> list[BuildStatement]:
    """Return the statements that create the tables, their schemas, and their indexes."""
    schemas = schemas_of_tables(models)
    types = {
        (kind.schema, kind.name): kind
        for table in models.built_tables
        for kind in _named_types(table)
    }
    statements: list[ExecutableDDLElement] = [
        *(CreateSchema(name, if_not_exists=True) for name in sorted(schemas)),
        *(
            CreateEnumType(kind) if isinstance(kind, Enum) else CreateDomainType(kind)
            for kind in types.values()
        ),
        *map(CreateTable, models.built_tables),
        *(CreateIndex(index) for table in models.built_tables for index in table.indexes),
    ]
    return [BuildStatement(one, statement_label(one)) for one in statements]


def _named_types(table: Table) -> Iterator[Enum | DOMAIN]:
    """Yield the enums and domains of a table's columns, which are created before it."""
    for column in table.columns:
        kind = getattr(column.type, "item_type", column.type)
        if isinstance(kind, DOMAIN) or (isinstance(kind, Enum) and kind.native_enum and kind.name):
            yield kind
