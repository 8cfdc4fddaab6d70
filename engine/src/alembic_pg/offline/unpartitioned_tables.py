"""Tables, and their indexes, that have no partitions, as the revisions say, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.offline import statement_steps
from alembic_pg.revisions import statements
from alembic_pg.sql import parser
from alembic_pg.sql import statements as sql_statements
from alembic_pg.sql.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.script import Script

# Nothing that another name hides is followed.
_MOVES = (["RENAME", "TO"], ["SET", "SCHEMA"])


def of(revisions: Iterable[Script]) -> set[str]:
    """Return the names of such tables and indexes, as script.read() writes them.

    revisions: from the first one on. What one of them hides, since it asks a database, is not known
    to be there.
    """
    found: set[str] = set()
    for statement in statements.of_upgrades(revisions):
        _note(found, statement.sql)
    return found


def _note(found: set[str], sql: str) -> None:
    words = [token.keyword for token in tokens(sql) if not token.depth]
    if words[:1] == ["CREATE"] and "TABLE" in words[:4]:
        name = statement_steps.created(sql)
        if {"PARTITION", "BY"} <= set(words):
            found.discard(name)
        else:
            found.add(name)
        return
    shape = parser.parse(sql)
    if isinstance(shape, sql_statements.CreateIndex) and statement_steps.read(shape.table) in found:
        schema = statement_steps.read(shape.table).rpartition(".")[0]
        found.add(f"{schema}.{statement_steps.read(shape.name)}".lstrip("."))
    elif isinstance(shape, sql_statements.AlterTable):
        action = [token.keyword for token in tokens(shape.rest)[:2]]
        found -= {statement_steps.read(shape.table)} if action in _MOVES else set()
    elif words[:2] == ["DROP", "TABLE"]:
        # Several may go, or one with a schema.
        found -= {
            statement_steps.read(sql[one.start : one.end]) for one in tokens(sql) if one.identifier
        }
