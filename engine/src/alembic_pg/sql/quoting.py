"""Quote and unquote names and string constants."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import IdentifierPreparer

# A name with the schema before it, each quoted where it must be.
QUALIFIED_NAME = r'(?:"(?:[^"]|"")*"|[^\s"])+'

# The default schema before a type's name, or a name in quotes.
_PUBLIC = re.compile(r'("(?:[^"]|"")*")|(?<![\w.])public\.')

# Bytes of a name (NAMEDATALEN less one): PostgreSQL shortens a longer one in its own way.
MAX_NAME_BYTES = 63


def quote_name(*parts: str) -> str:
    """Return a name of its parts, each quoted where PostgreSQL asks for it."""
    quote = _identifier_preparer().quote
    return ".".join(quote(part) for part in parts)


def quote_relation(schema: str, name: str) -> str:
    """Return a relation's name, quoted. schema: "" where the search_path finds it."""
    return quote_name(schema, name) if schema else quote_name(name)


@cache
def _identifier_preparer() -> IdentifierPreparer:
    """Return SQLAlchemy's quoting of names. The driver's own style doubles every percent sign."""
    return postgresql.dialect(paramstyle="named").identifier_preparer


def name_pattern(*parts: str) -> str:
    """Return a regular expression of a name as pg_dump prints it, which quotes more words."""
    return r"\.".join(
        f'(?:{re.escape(part)}|"{re.escape(part.replace(chr(34), chr(34) * 2))}")' for part in parts
    )


def readable_name(*parts: str) -> str:
    """Return a name as a person calls it: without quotes and the default schema."""
    return ".".join(parts[1:] if parts[0] == "public" else parts)


def without_public(name: str) -> str:
    """Return a function's name, or a cast, without the schema public before types."""
    own, bracket, arguments = name.partition("(")
    return own + bracket + _PUBLIC.sub(r"\1", arguments)


def part_name(kind: str, schema: str, relation: str, name: str) -> str:
    """Return what a person calls a part of a table or view, without the schema public.

    kind: an index has a name in its schema; any other part one on its relation, "trigger" say.
    """
    if kind == "index" or not relation:
        return readable_name(schema, name) if schema else name
    return f"{name} on {readable_name(schema, relation) if schema else relation}"


def object_label(name: tuple[str, str]) -> str:
    """Return the name under which a message mentions a table or another object of a schema."""
    return readable_name(*name)


def quote_literal(text: str) -> str:
    """Return a text as a string constant (PostgreSQL, 4.1.2.1), backslashes as they are."""
    return "'" + text.replace("'", "''") + "'"


def unquote_literal(constant: str) -> str:
    """Return the text of a string constant."""
    return constant[1:-1].replace("''", "'")
