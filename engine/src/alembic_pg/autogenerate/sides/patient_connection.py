"""Execute what create_all() and listeners define; what needs something later waits for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DDL
from sqlalchemy.sql.elements import TextClause

from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.sql.elements import ClauseElement

# What asks something, so that its listener goes on with the answer.
_QUESTIONS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH"})


class PatientConnection(Connection):
    """Keep the statements of listeners that PostgreSQL refuses, to be tried again later.

    An index of a materialised view, say, which an entity makes after all tables.
    """

    waiting: list[ClauseElement]  # to be tried again

    def execute(self, statement: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Execute a statement, or let it wait."""
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
def patience(connection: Connection) -> Iterator[PatientConnection]:
    """Let a connection be a patient one meanwhile, whoever has got it."""
    patient: Any = connection
    usual = type(connection)
    patient.__class__ = PatientConnection
    patient.waiting = []
    try:
        yield patient
    finally:
        patient.__class__ = usual
