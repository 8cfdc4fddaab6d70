"""Find the strongest lock that a text's statements take, and on which tables (13.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import quote_relation
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.cursor import Cursor, QualifiedName

# From the weakest to the strongest (PostgreSQL, table 13.2).
LOCK_MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)

_ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
_SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
_SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"

# The weakest mode that each lock which others mind excludes (13.3.1).
WEAKEST_EXCLUDED = {
    "ACCESS EXCLUSIVE": "ACCESS SHARE",
    "EXCLUSIVE": "ROW SHARE",
    "SHARE ROW EXCLUSIVE": "ROW EXCLUSIVE",
    "SHARE": "ROW EXCLUSIVE",
}

# What makes a new object, and locks nothing that was there.
MAKES_NEW = (
    *("CREATE EXTENSION", "CREATE SCHEMA", "CREATE TYPE", "CREATE DOMAIN", "CREATE SEQUENCE"),
    *("CREATE FUNCTION", "CREATE COLLATION", "CREATE CAST", "CREATE OPERATOR"),
)

# No lock that anybody minds.
_NO_LOCK: tuple[str, list[QualifiedName]] = ("", [])

# Actions of ALTER TABLE, whose others take the strongest.
_WEAKER_ACTIONS = {
    "VALIDATE": _SHARE_UPDATE_EXCLUSIVE,
    "SET STATISTICS": _SHARE_UPDATE_EXCLUSIVE,
    "SET (": _SHARE_UPDATE_EXCLUSIVE,
    "RESET (": _SHARE_UPDATE_EXCLUSIVE,
    "CLUSTER ON": _SHARE_UPDATE_EXCLUSIVE,
    "SET WITHOUT CLUSTER": _SHARE_UPDATE_EXCLUSIVE,
    "ENABLE TRIGGER": _SHARE_ROW_EXCLUSIVE,
    "ENABLE ALWAYS TRIGGER": _SHARE_ROW_EXCLUSIVE,
    "ENABLE REPLICA TRIGGER": _SHARE_ROW_EXCLUSIVE,
    "DISABLE TRIGGER": _SHARE_ROW_EXCLUSIVE,
}

# Statements that name their table after ON.
_LOCKS_ON_TABLE = {
    "CREATE TRIGGER": _SHARE_ROW_EXCLUSIVE,
    "CREATE CONSTRAINT TRIGGER": _SHARE_ROW_EXCLUSIVE,
    "CREATE OR REPLACE TRIGGER": _SHARE_ROW_EXCLUSIVE,
    "CREATE POLICY": _ACCESS_EXCLUSIVE,
    "CREATE UNIQUE INDEX CONCURRENTLY": _SHARE_UPDATE_EXCLUSIVE,
    "CREATE INDEX CONCURRENTLY": _SHARE_UPDATE_EXCLUSIVE,
    "CREATE UNIQUE INDEX": "SHARE",
    "CREATE INDEX": "SHARE",
    "DROP TRIGGER": _ACCESS_EXCLUSIVE,
    "DROP POLICY": _ACCESS_EXCLUSIVE,
    "DROP RULE": _ACCESS_EXCLUSIVE,
    "ALTER POLICY": _ACCESS_EXCLUSIVE,
    "ALTER TRIGGER": _ACCESS_EXCLUSIVE,
}

# Statements whose table is the first name that follows.
_LOCKS_ON_NAME = {
    "DROP TABLE": _ACCESS_EXCLUSIVE,
    "DROP VIEW": _ACCESS_EXCLUSIVE,
    "DROP MATERIALIZED VIEW": _ACCESS_EXCLUSIVE,
    "DROP INDEX CONCURRENTLY": _SHARE_UPDATE_EXCLUSIVE,
    "DROP INDEX": _ACCESS_EXCLUSIVE,
    "ALTER VIEW": _ACCESS_EXCLUSIVE,
    "ALTER INDEX": _SHARE_UPDATE_EXCLUSIVE,
    "COMMENT ON TABLE": _SHARE_UPDATE_EXCLUSIVE,
    "COMMENT ON VIEW": _SHARE_UPDATE_EXCLUSIVE,
    "COMMENT ON MATERIALIZED VIEW": _SHARE_UPDATE_EXCLUSIVE,
    "REFRESH MATERIALIZED VIEW CONCURRENTLY": "EXCLUSIVE",
    "REFRESH MATERIALIZED VIEW": _ACCESS_EXCLUSIVE,
    "TRUNCATE TABLE": _ACCESS_EXCLUSIVE,
    "TRUNCATE": _ACCESS_EXCLUSIVE,
    "UPDATE": "ROW EXCLUSIVE",
    "DELETE FROM": "ROW EXCLUSIVE",
    "INSERT INTO": "ROW EXCLUSIVE",
    "MERGE INTO": "ROW EXCLUSIVE",
}


def strongest_lock(sql: str, *, default_schema: str = "public") -> tuple[str, list[QualifiedName]]:
    """Return the strongest lock of a text's statements on what was there, and on which tables.

    default_schema: of a table whose schema is not said.
    """
    found = _NO_LOCK
    for cursor in statement_cursors(sql):
        cursor.default_schema = default_schema
        one = _lock_of_statement(cursor)
        if not found[0] or (one[0] and LOCK_MODES.index(one[0]) > LOCK_MODES.index(found[0])):
            found = one
    return found


def locked_tables(sql: str) -> tuple[str, list[str]]:
    """Return strongest_lock() with the names as the statements say them, quoted.

    So the server finds them by the search_path, which a revision may set.
    """
    mode, names = strongest_lock(sql, default_schema="")
    return mode, [quote_relation(*name) for name in names]


def blocking_locks(statements: Sequence[str]) -> dict[str, str]:
    """Return the strongest lock of statements on each table whose users mind it.

    The tables are named as locked_tables() does.
    """
    modes: dict[str, str] = {}
    for cursor in (one for statement in statements for one in statement_cursors(statement)):
        for name, mode in _locks_of_each(cursor):
            said = quote_relation(*name)
            if mode in WEAKEST_EXCLUDED:
                modes[said] = max(mode, modes.get(said, mode), key=LOCK_MODES.index)
    return modes


def _locks_of_each(cursor: Cursor) -> Iterator[tuple[QualifiedName, str]]:
    """Yield each table that a statement locks, and how it locks that."""
    cursor.default_schema = ""
    alters = cursor.peek("ALTER")
    mode, names = _lock_of_statement(cursor)
    for at, name in enumerate(names):
        # Behind the table that is altered stand those to which it refers.
        yield name, _SHARE_ROW_EXCLUSIVE if at and alters else mode


def dropped_keys(sql: str) -> Iterator[tuple[str, str]]:
    """Yield the tables of which a text's statements drop foreign keys: the other table is locked.

    They are named as locked_tables() does; with each, the name of the constraint, "" where it may
    be any of them.
    """
    for table, key in _dropped_keys(sql):
        yield quote_relation(*table), key


def _dropped_keys(sql: str) -> Iterator[tuple[QualifiedName, str]]:
    for cursor in statement_cursors(sql):
        cursor.default_schema = ""
        if cursor.accept("DROP", "TABLE"):
            cursor.accept("IF", "EXISTS")
            yield from ((name, "") for name in cursor.qualified_names())
        elif cursor.accept("ALTER", "TABLE"):
            table = cursor.altered_table()
            for action in cursor.split_commas():
                if action.accept("DROP", "CONSTRAINT"):
                    action.accept("IF", "EXISTS")
                    yield table, action.identifier()
                elif action.accept("DROP", "COLUMN"):
                    yield table, ""


def _lock_of_statement(cursor: Cursor) -> tuple[str, list[QualifiedName]]:  # noqa: PLR0911  # one for each kind
    if said := cursor.accept_any(*_LOCKS_ON_TABLE):
        return _LOCKS_ON_TABLE[said], [_name_after(cursor, "ON")]
    if said := cursor.accept_any(*_LOCKS_ON_NAME):
        cursor.accept_any("IF EXISTS", "ONLY")
        return _LOCKS_ON_NAME[said], list(cursor.qualified_names())
    if cursor.accept_any("CREATE RULE", "CREATE OR REPLACE RULE"):
        return _ACCESS_EXCLUSIVE, [_name_after(cursor, "TO")]
    if cursor.accept("LOCK"):
        return _lock_of_lock(cursor)
    if cursor.accept("COMMENT", "ON", "COLUMN"):
        return _SHARE_UPDATE_EXCLUSIVE, [cursor.column_name()[0]]
    if cursor.accept_any("ALTER TABLE", "ALTER FOREIGN TABLE", "ALTER MATERIALIZED VIEW"):
        return _lock_of_alter_table(cursor)
    if cursor.created_table() is not None:
        return _lock_of_create_table(cursor)
    if cursor.accept("CREATE", "SCHEMA"):
        return _lock_of_references(cursor)  # of tables that are made with it
    return _NO_LOCK


def _lock_of_lock(cursor: Cursor) -> tuple[str, list[QualifiedName]]:
    cursor.accept_any("TABLE ONLY", "TABLE", "ONLY")
    tables = list(cursor.qualified_names())
    said = cursor.accept_any(*(f"IN {one} MODE" for one in LOCK_MODES))
    mode = said.removeprefix("IN ").removesuffix(" MODE") or _ACCESS_EXCLUSIVE
    return _NO_LOCK if mode in {"ACCESS SHARE", "ROW SHARE"} else (mode, tables)


def _lock_of_alter_table(cursor: Cursor) -> tuple[str, list[QualifiedName]]:
    tables = [cursor.altered_table()]
    if cursor.accept("ATTACH", "PARTITION"):
        return _ACCESS_EXCLUSIVE, [cursor.qualified_name()]  # and a weaker one on the table itself
    locks = []
    for action in cursor.split_commas():
        locks.append(_lock_of_action(action))
        if action.contains("REFERENCES"):
            tables.append(_name_after(action, "REFERENCES"))
    return max(locks, key=LOCK_MODES.index, default=_ACCESS_EXCLUSIVE), tables


def _lock_of_action(action: Cursor) -> str:
    if action.contains("FOREIGN", "KEY") and action.peek("ADD"):
        return _SHARE_ROW_EXCLUSIVE
    words = [token.keyword or token.text for token in action.remaining()]
    if words[:1] == ["ALTER"]:
        words = words[3 if words[1:2] == ["COLUMN"] else 2 :]
    said = " ".join(words[:3])
    return next(
        (lock for start, lock in _WEAKER_ACTIONS.items() if said.startswith(start)),
        _ACCESS_EXCLUSIVE,
    )


def _lock_of_create_table(cursor: Cursor) -> tuple[str, list[QualifiedName]]:
    """Return the lock on the tables that a new one refers to, or of which it becomes a part."""
    if cursor.accept("PARTITION", "OF"):
        return _ACCESS_EXCLUSIVE, [cursor.qualified_name()]
    return _lock_of_references(cursor)


def _lock_of_references(cursor: Cursor) -> tuple[str, list[QualifiedName]]:
    """Return the lock on the tables to which new ones refer, in what is left of a statement."""
    found = []
    while any(token.keyword == "REFERENCES" for token in cursor.remaining()):
        found.append(_name_after(cursor, "REFERENCES"))
    return (_SHARE_ROW_EXCLUSIVE, found) if found else _NO_LOCK


def _name_after(cursor: Cursor, word: str) -> QualifiedName:
    """Return the name after a word."""
    while cursor.current is not None and cursor.current_word != word:
        cursor.position += 1
    cursor.position += 1
    cursor.accept("ONLY")
    return cursor.qualified_name()
