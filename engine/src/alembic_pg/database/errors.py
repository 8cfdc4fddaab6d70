"""Turn a database error into one line, and a failed connection into a UserError."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

import psycopg2
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

from alembic_pg.database.url import server_address
from alembic_pg.errors import UserError, kind_and_text

# What libpq and the operating system say when there is nobody at the other end.
_UNREACHABLE = re.compile(
    "refused|No such file|timed out|timeout expired|could not translate|unreachable|No route"
)

# What a server says that will take connections soon.
_NOT_READY = re.compile(
    "starting up|shutting down|in recovery mode|not yet accepting|not accepting connections"
)


class SqlState(StrEnum):
    """The error codes that are handled, by PostgreSQL's own condition names (Appendix A)."""

    FEATURE_NOT_SUPPORTED = "0A000"
    INVALID_TEXT_REPRESENTATION = "22P02"
    NOT_NULL_VIOLATION = "23502"
    FOREIGN_KEY_VIOLATION = "23503"
    UNIQUE_VIOLATION = "23505"
    CHECK_VIOLATION = "23514"
    ACTIVE_SQL_TRANSACTION = "25001"
    INVALID_TRANSACTION_TERMINATION = "2D000"
    INVALID_SCHEMA_NAME = "3F000"
    READ_ONLY_SQL_TRANSACTION = "25006"
    SERIALIZATION_FAILURE = "40001"
    DEADLOCK_DETECTED = "40P01"
    INSUFFICIENT_PRIVILEGE = "42501"
    SYNTAX_ERROR = "42601"
    DUPLICATE_COLUMN = "42701"
    UNDEFINED_COLUMN = "42703"
    UNDEFINED_OBJECT = "42704"
    DUPLICATE_OBJECT = "42710"
    DUPLICATE_FUNCTION = "42723"
    INVALID_FOREIGN_KEY = "42830"
    CANNOT_COERCE = "42846"
    DATATYPE_MISMATCH = "42804"
    UNDEFINED_FUNCTION = "42883"
    UNDEFINED_TABLE = "42P01"
    DUPLICATE_DATABASE = "42P04"
    DUPLICATE_SCHEMA = "42P06"
    DUPLICATE_TABLE = "42P07"
    QUERY_CANCELED = "57014"
    OBJECT_IN_USE = "55006"
    LOCK_NOT_AVAILABLE = "55P03"
    UNSAFE_NEW_ENUM_VALUE_USAGE = "55P04"
    UNDEFINED_FILE = "58P01"
    INTERNAL_ERROR = "XX000"


# The class of errors in values: what cannot be cast, is out of range, divides by zero.
DATA_EXCEPTION_CLASS = "22"

# The classes of errors with which a server ends a statement: for want of room, because a person or
# a time limit wants so, for an error of its own system.
ENDED_CLASSES = {"53", "57", "58"}

# The classes of errors that are over another time, without a change of what is executed: a lost
# connection, a server that only reads, a conflict, a lock, the server itself.
_PASSING_CLASSES = {"", "08", "25", "40", "55", "XX", *ENDED_CLASSES}

# Of a name that is not there, a privilege that is missing, a syntax error.
_ACCESS_RULE_CLASS = "42"

# What PostgreSQL does in no transaction, and what ends the one it is in.
NEEDS_NO_TRANSACTION = {
    SqlState.ACTIVE_SQL_TRANSACTION,
    SqlState.INVALID_TRANSACTION_TERMINATION,
}

# Their detail is the whole row, whatever is in it.
_ROW_IN_DETAIL = {SqlState.NOT_NULL_VIOLATION, SqlState.CHECK_VIOLATION}


class RefusedError(Exception):
    """Say why a statement was refused, wherever it ran: it can be sent to another process.

    description: why, as one line. code: the five characters of a server's error, or "".
    statement: what was refused, "" where it is not known.
    """

    def __init__(self, description: str, code: str = "", statement: str = "") -> None:
        super().__init__(description, code, statement)
        self.description, self.code, self.statement = description, code, statement

    def __str__(self) -> str:
        """Return the description."""
        return self.description

    @classmethod
    def of(cls, error: BaseException) -> RefusedError:
        """Return what another exception says."""
        if isinstance(error, RefusedError):
            return error
        return cls(describe_error(error), sqlstate(error), str(getattr(error, "statement", "")))


def describe_error(error: BaseException) -> str:
    """Return why, as one line.

    Of a server's error that is its primary message, with its detail where there is one; of one
    that is not a database's, its kind and text.
    """
    if isinstance(error, RefusedError):
        return error.description
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg2.Error):
        detail = original.diag.message_detail
        if original.pgcode in _ROW_IN_DETAIL:
            detail = None
        text = original.diag.message_primary or str(original)
        text += f" ({detail})" if detail else ""
    else:
        # SQLAlchemy's own text goes on with the statement, its parameters and a link.
        own = isinstance(error, SQLAlchemyError)
        text = kind_and_text(error, "".join(map(str, error.args[:1])) if own else str(error))
    return " ".join(text.split()).partition(" This probably means the server")[0]


def sqlstate(error: BaseException) -> str:
    """Return the five characters of a server's error (PostgreSQL, Appendix A), or ""."""
    if isinstance(error, RefusedError):
        return error.code
    original = error.orig if isinstance(error, DBAPIError) else error
    return (original.pgcode or "") if isinstance(original, psycopg2.Error) else ""


def fails_again(error: BaseException) -> bool:
    """Return whether a statement would fail again, for what it says or for the rows that it meets.

    So it is with a division by zero, a privilege that is missing, or a RAISE of a function.
    """
    return sqlstate(error)[:2] not in _PASSING_CLASSES


def is_refused_outright(error: BaseException) -> bool:
    """Return whether PostgreSQL has refused a statement for what it says, whatever the rows."""
    return sqlstate(error)[:2] == _ACCESS_RULE_CLASS


def may_be_starting(error: BaseException) -> bool:
    """Return whether a connection may be made later: the server starts, stops or is not there."""
    text = describe_error(error)
    return bool(_UNREACHABLE.search(text) or _NOT_READY.search(text))


def connection_error(error: BaseException, url: URL, *, source: str) -> UserError:
    """Return the sentence for a connection that was not made.

    source: the name of the setting that the URL came from.
    """
    text = describe_error(error)
    place = server_address(url)
    if match := re.search(r'password authentication failed for user "(.*?)"', text):
        return UserError(f'Wrong password for user "{match[1]}" at {place}: correct {source}.')
    if "no password supplied" in text:
        return UserError(f"The server at {place} asks for a password: add it to {source}.")
    if match := re.search(r'database "(.*?)" does not exist', text):
        return UserError(
            f'Database "{match[1]}" does not exist at {place}: create it or correct {source}.'
        )
    if "FATAL: " in text:
        refusal = text.rpartition("FATAL: ")[2].strip()
        return UserError(f"The server at {place} refuses the connection: {refusal}")
    cause = text.rpartition("failed: ")[2].partition(" Is the server")[0].strip()
    if _UNREACHABLE.search(cause):
        return UserError(f"No server answers at {place} ({cause}): start it or correct {source}.")
    return UserError(f"No connection to {place} ({cause}): correct {source}.")
