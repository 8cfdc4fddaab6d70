"""Find which tables, views and functions the statements of a history are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql import lock_modes
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.sql.cursor import Cursor, QualifiedName

# Kinds whose name follows.
_BY_NAME = (
    *("TABLE", "UNLOGGED TABLE", "FOREIGN TABLE", "MATERIALIZED VIEW", "VIEW"),
    *("RECURSIVE VIEW", "FUNCTION", "PROCEDURE", "AGGREGATE"),
)
# Kinds that name their table after ON.
_BY_TABLE = ("TRIGGER", "CONSTRAINT TRIGGER", "POLICY", "RULE", "INDEX", "UNIQUE INDEX")


class TouchReader:
    """Reads revisions, one after the other.

    found: the ids of the revisions that are about an object, by its name of now.
    """

    def __init__(self) -> None:
        self.found: dict[QualifiedName, list[str]] = {}

    def read(self, revision: str, sql: str) -> None:
        """Note which objects the statements of a text are about, which may rename one."""
        for name in (*lock_modes.strongest_lock(sql)[1], *_subjects(sql)):
            ids = self.found.setdefault(name, [])
            if name[1] and revision not in ids:
                ids.append(revision)
        for cursor in statement_cursors(sql):
            self._follow_name(cursor)

    def _follow_name(self, cursor: Cursor) -> None:
        if not cursor.accept_any("ALTER TABLE", "ALTER VIEW", "ALTER MATERIALIZED VIEW"):
            return
        old = cursor.altered_table()
        if cursor.accept("RENAME", "TO"):
            new = (old[0], cursor.identifier())
        elif cursor.accept("SET", "SCHEMA"):
            new = (cursor.identifier(), old[1])
        else:
            return
        self.found[new] = [*self.found.pop(old, []), *self.found.get(new, [])]


def _subjects(sql: str) -> Iterator[QualifiedName]:
    for cursor in statement_cursors(sql):
        if cursor.accept_any("INSERT INTO", "UPDATE ONLY", "UPDATE", "DELETE FROM"):
            yield cursor.qualified_name()
        elif cursor.accept_any("GRANT", "REVOKE"):
            yield from _names_after_on(cursor)
        elif cursor.accept_any("CREATE", "ALTER", "DROP", "COMMENT ON"):
            cursor.accept("OR", "REPLACE")
            yield from _object_names(cursor)


def _object_names(cursor: Cursor) -> Iterator[QualifiedName]:
    if cursor.accept("COLUMN"):
        yield cursor.column_name()[0]
    elif cursor.accept_any(*_BY_TABLE, "CONSTRAINT"):
        yield from _names_after_on(cursor)
    elif cursor.accept_any(*_BY_NAME):
        cursor.accept_any("IF NOT EXISTS", "IF EXISTS")
        cursor.accept("ONLY")
        yield cursor.qualified_name()


def _names_after_on(cursor: Cursor) -> Iterator[QualifiedName]:
    while cursor.current is not None and not cursor.accept("ON"):
        cursor.position += 1
    if cursor.accept_any("ALL", "SCHEMA", "SEQUENCE", "DATABASE", "TYPE", "DOMAIN", "LANGUAGE"):
        return
    cursor.accept_any("TABLE", "FUNCTION", "PROCEDURE", "ROUTINE", "ONLY")
    if cursor.current is not None:
        yield from cursor.qualified_names()
