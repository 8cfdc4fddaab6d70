"""List the tables and indexes that, as the revisions say, have no partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.offline import table_names
from alembic_pg.revisions import statements
from alembic_pg.sql import parser
from alembic_pg.sql import statements as sql_statements
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.script import Script

# Nothing that another name hides is followed.
_RENAME_OR_MOVE = (["RENAME", "TO"], ["SET", "SCHEMA"])


def unpartitioned_names(revisions: Iterable[Script]) -> set[str]:
    """Return the names of such tables and indexes, as normalized_name() writes them.

    revisions: from the first one on. What one of them hides, since it asks a database, is not known
    to be there.
    """
    found: set[str] = set()
    for statement in statements.upgrade_statements(revisions):
        _note_statement(found, statement.sql)
    return found


def _note_statement(found: set[str], sql: str) -> None:
    words = [token.keyword for token in tokenize(sql) if not token.depth]
    if words[:1] == ["CREATE"] and "TABLE" in words[:4]:
        name = table_names.created_table(sql)
        if {"PARTITION", "BY"} <= set(words):
            found.discard(name)
        else:
            found.add(name)
        return
    statement = parser.parse(sql)
    if (
        isinstance(statement, sql_statements.CreateIndex)
        and table_names.normalized_name(statement.table) in found
    ):
        schema = table_names.normalized_name(statement.table).rpartition(".")[0]
        found.add(f"{schema}.{table_names.normalized_name(statement.name)}".lstrip("."))
    elif isinstance(statement, sql_statements.OtherAlterTable):
        action = [token.keyword for token in tokenize(statement.rest)[:2]]
        found -= (
            {table_names.normalized_name(statement.table)} if action in _RENAME_OR_MOVE else set()
        )
    elif words[:2] == ["DROP", "TABLE"]:
        # Several may go, or one with a schema.
        found -= {
            table_names.normalized_name(sql[one.start : one.end])
            for one in tokenize(sql)
            if one.identifier
        }
