"""What a database error says, in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg2
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

from ddl.database.url import where
from ddl.errors import UserError


def of(error: BaseException) -> str:
    """Return the server's primary message, with its detail where there is one, as one line."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg2.Error) and original.diag.message_primary:
        detail = original.diag.message_detail
        text = original.diag.message_primary + (f" ({detail})" if detail else "")
    else:
        text = str(original)
    return " ".join(text.split())


def sqlstate(error: BaseException) -> str:
    """Return the five characters of a server's error (PostgreSQL, Appendix A), or ""."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return (original.pgcode or "") if isinstance(original, psycopg2.Error) else ""


def connecting(error: BaseException, url: URL, *, source: str) -> UserError:
    """Return the sentence for a connection that was not made.

    source: the name of the setting that the URL came from.
    """
    text = of(error)
    place = where(url)
    if match := re.search(r'password authentication failed for user "(.*?)"', text):
        return UserError(f'Wrong password for user "{match[1]}" at {place}: correct {source}.')
    if "no password supplied" in text:
        return UserError(f"The server at {place} asks for a password: add it to {source}.")
    if match := re.search(r'database "(.*?)" does not exist', text):
        return UserError(
            f'Database "{match[1]}" does not exist at {place}: create it or correct {source}.'
        )
    if match := re.search(r"FATAL:\s+(.*)", text):
        return UserError(f"The server at {place} refuses the connection: {match[1]}")
    cause = text.rpartition("failed: ")[2] if "failed: " in text else text
    cause = cause.partition(" Is the server")[0].strip()
    return UserError(f"No server answers at {place} ({cause}): start it or correct {source}.")
