"""Execute what create_all() and listeners define; what needs something later waits for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import DDL, DropSchema
from sqlalchemy.sql.elements import TextClause

from alembic_pg.autogenerate.scope.models import each_metadata
from alembic_pg.autogenerate.sides import refusals
from alembic_pg.autogenerate.sides.build_statements import (
    BuildStatement,
    created_schemas,
    tables_to_build,
)
from alembic_pg.console import project_place
from alembic_pg.database import errors
from alembic_pg.errors import UserError
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models

# What asks something, so that its listener goes on with the answer.
_QUESTIONS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH"})


class PatientConnection(Connection):
    """Keep the statements of listeners that PostgreSQL refuses, to be tried again later.

    An index of a materialised view, say, which an entity makes after all tables.
    """

    waiting: list[ClauseElement]  # to be tried again
    schemas: set[str]  # that were made before, and that no listener has created yet

    def execute(self, statement: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Execute a statement, or let it wait."""
        self._leave_schema_to(statement)
        if arguments or options or not _is_definition(statement):
            return super().execute(statement, *arguments, **options)
        attempt = self.begin_nested()
        try:
            result = super().execute(statement)
        except DBAPIError as error:
            attempt.rollback()
            self.waiting.append(statement)
            return _RefusedResult(error)
        attempt.commit()
        return result

    def _leave_schema_to(self, statement: object) -> None:
        """Drop a schema that was made before where a listener creates it: it may be another's.

        What is in it already stays, and the schema with it.
        """
        for name in self.schemas & created_schemas(statement):
            self.schemas.discard(name)
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
def patience(connection: Connection, schemas: set[str]) -> Iterator[PatientConnection]:
    """Let a connection be a patient one meanwhile, whoever has got it.

    schemas: those that were made before.
    """
    patient: Any = connection
    usual = type(connection)
    patient.__class__ = PatientConnection
    patient.waiting = []
    patient.schemas = set(schemas)
    try:
        yield patient
    finally:
        patient.__class__ = usual


def create_all(
    models: Models, connection: Connection, schemas: set[str], built: dict[int, BuildStatement]
) -> list[ClauseElement]:
    """Let SQLAlchemy create all; return what listeners executed and PostgreSQL refuses.

    schemas: those that are there, which a listener may create itself.
    """

    def keep(*arguments: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        # Counted down, as no id() is below 0.
        _, cursor, statement, parameters, *_ = arguments
        sent = cursor.mogrify(statement, parameters).decode()
        built[-len(built) - 1] = BuildStatement(text(""), "", sent)

    event.listen(connection, "after_cursor_execute", keep)
    try:
        with patience(connection, schemas) as patient:
            for metadata in each_metadata(models.metadata):
                metadata.create_all(patient, tables=tables_to_build(models, metadata))
            return patient.waiting
    except DBAPIError as error:
        where = project_place.place_in_project(error)
        raise UserError(
            f"PostgreSQL refuses what the models make{f' ({where})' if where else ''}: "
            f"{errors.describe_error(error)}"
        ) from error
    except SQLAlchemyError as error:
        if project_place.place_in_project(error):
            raise  # a listener's own
        raise refusals.incomplete_error(models, error) from error
    finally:
        event.remove(connection, "after_cursor_execute", keep)
