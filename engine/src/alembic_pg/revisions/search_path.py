"""Refuse revisions that the search_path would put into two schemas.

What a revision names without a schema comes into the first one of the search_path. Where that is
not public, and a revision names public as well, half would come into each.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.script import Script
    from sqlalchemy.engine import Connection

_FIRST_SCHEMA = text("""
SELECT current_schema() AS schema, setting AS path, source, current_user AS role,
  current_database() AS database
FROM pg_settings WHERE name = 'search_path'
""")

# By pg_settings.source (PostgreSQL, 53.25): who has set the search_path, and how that is undone.
_SOURCES = {
    "database": ("of the database {database}", "ALTER DATABASE {database} RESET search_path"),
    "user": ("of the role {role}", "ALTER ROLE {role} RESET search_path"),
    "database user": (
        "of the role {role} in this database",
        "ALTER ROLE {role} IN DATABASE {database} RESET search_path",
    ),
    "client": ("of the URL or PGOPTIONS", "leave search_path out there"),
    "default": ("as the server has it", "use a role that has no schema of its name"),
}
_OTHER_SOURCE = ("of this connection", "set it to public")

_NAMES_PUBLIC = re.compile(r'(?<![\w"])"?public"?\s*\.|\bSCHEMA\s+"?public\b', re.IGNORECASE)

_SCRIPT_CHECK = """DO $$BEGIN IF current_schema() <> 'public' THEN
  RAISE EXCEPTION USING MESSAGE = {message}; END IF; END$$"""


def require_one_schema(connection: Connection, revisions: Callable[[], Iterable[Script]]) -> None:
    """Raise UserError where revisions would build in public and in another schema.

    connection: a question begins a transaction on it. revisions: gives those that are to run; it
    is only called where public is not the first schema.
    """
    found = connection.execute(_FIRST_SCHEMA).one()
    if found.schema in {None, "public"}:
        return  # without any schema nothing is made
    revision = next(filter(names_public, revisions()), None)
    if revision is None:
        return
    by, cure = (
        part.format(role=found.role, database=found.database)
        for part in _SOURCES.get(found.source, _OTHER_SOURCE)
    )
    raise UserError(
        f"The search_path {by} is {found.path}: what has no schema would come into "
        f"{found.schema}, and revision {revision.revision} names public, too. "
        f"Nothing was done. Let public come first: {cure}."
    )


def script_check(revisions: Iterable[Script]) -> str:
    """Return the statement by which a script refuses the same, "" where it need not.

    revisions: those that are written.
    """
    revision = next(filter(names_public, revisions), None)
    if revision is None:
        return ""
    message = (
        f"The search_path begins with another schema than public, which revision "
        f"{revision.revision} names: SET search_path = public; then run the script."
    )
    return _SCRIPT_CHECK.format(message=quote_literal(message))


def names_public(revision: Script) -> bool:
    """Return whether a text in a revision's file names the schema public, or is its name."""
    tree = ast.parse(Path(revision.path).read_bytes())
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return any(
        node.value == "public" or _NAMES_PUBLIC.search(node.value) is not None
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    )
