"""Which lock a statement takes that runs as it is (PostgreSQL, 13.3.1, and each one's page)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.report.lock_effects import MODES
from alembic_pg.sql.cursor import statements

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor, Name

_AX = "ACCESS EXCLUSIVE"
_SRX = "SHARE ROW EXCLUSIVE"
_SUE = "SHARE UPDATE EXCLUSIVE"

# No lock that anybody minds.
_NONE: tuple[str, list[Name]] = ("", [])

# Actions of ALTER TABLE, whose others take the strongest.
_WEAKER = {
    "VALIDATE": _SUE,
    "SET STATISTICS": _SUE,
    "SET (": _SUE,
    "RESET (": _SUE,
    "CLUSTER ON": _SUE,
    "SET WITHOUT CLUSTER": _SUE,
    "ENABLE TRIGGER": _SRX,
    "DISABLE TRIGGER": _SRX,
}

# What is on a table: CREATE or DROP … ON table.
_ON_TABLE = {
    "CREATE TRIGGER": _SRX,
    "CREATE CONSTRAINT TRIGGER": _SRX,
    "CREATE OR REPLACE TRIGGER": _SRX,
    "CREATE POLICY": _AX,
    "CREATE UNIQUE INDEX CONCURRENTLY": _SUE,
    "CREATE INDEX CONCURRENTLY": _SUE,
    "CREATE UNIQUE INDEX": "SHARE",
    "CREATE INDEX": "SHARE",
    "DROP TRIGGER": _AX,
    "DROP POLICY": _AX,
    "DROP RULE": _AX,
    "ALTER POLICY": _AX,
    "ALTER TRIGGER": _AX,
}

# What is said about the first name.
_OF_NAME = {
    "DROP TABLE": _AX,
    "DROP VIEW": _AX,
    "DROP MATERIALIZED VIEW": _AX,
    "DROP INDEX CONCURRENTLY": _SUE,
    "DROP INDEX": _AX,
    "ALTER VIEW": _AX,
    "ALTER MATERIALIZED VIEW": _AX,
    "ALTER INDEX": _SUE,
    "COMMENT ON TABLE": _SUE,
    "COMMENT ON VIEW": _SUE,
    "COMMENT ON MATERIALIZED VIEW": _SUE,
    "REFRESH MATERIALIZED VIEW CONCURRENTLY": "EXCLUSIVE",
    "REFRESH MATERIALIZED VIEW": _AX,
    "TRUNCATE TABLE": _AX,
    "TRUNCATE": _AX,
    "UPDATE": "ROW EXCLUSIVE",
    "DELETE FROM": "ROW EXCLUSIVE",
    "INSERT INTO": "ROW EXCLUSIVE",
    "MERGE INTO": "ROW EXCLUSIVE",
}


def of(sql: str) -> tuple[str, list[Name]]:
    """Return the strongest lock of a text's statements on what was there, and on which tables."""
    found = _NONE
    for cursor in statements(sql):
        one = _of(cursor)
        if not found[0] or (one[0] and MODES.index(one[0]) > MODES.index(found[0])):
            found = one
    return found


def _of(cursor: Cursor) -> tuple[str, list[Name]]:  # noqa: PLR0911  # one for each kind
    if said := cursor.any(*_ON_TABLE):
        return _ON_TABLE[said], [_after(cursor, "ON")]
    if said := cursor.any(*_OF_NAME):
        cursor.any("IF EXISTS", "ONLY")
        return _OF_NAME[said], list(cursor.names())
    if cursor.any("CREATE RULE", "CREATE OR REPLACE RULE"):
        return _AX, [_after(cursor, "TO")]
    if cursor.maybe("COMMENT", "ON", "COLUMN"):
        return _SUE, [cursor.column()[0]]
    if cursor.any("ALTER TABLE", "ALTER FOREIGN TABLE"):
        return _alter(cursor)
    if cursor.any("CREATE TABLE", "CREATE UNLOGGED TABLE"):
        return _create(cursor)
    return _NONE


def _alter(cursor: Cursor) -> tuple[str, list[Name]]:
    cursor.maybe("IF", "EXISTS")
    cursor.maybe("ONLY")
    tables = [cursor.name()]
    cursor.maybe("*")
    if cursor.maybe("ATTACH", "PARTITION"):
        return _AX, [cursor.name()]  # and a weaker one on the table itself
    locks = []
    for action in cursor.parts():
        locks.append(_action(action))
        if action.has("REFERENCES"):
            tables.append(_after(action, "REFERENCES"))
    return max(locks, key=MODES.index, default=_AX), tables


def _action(action: Cursor) -> str:
    if action.has("FOREIGN", "KEY") and action.sees("ADD"):
        return _SRX
    words = [token.keyword or token.text for token in action.rest()]
    if words[:1] == ["ALTER"]:
        words = words[3 if words[1:2] == ["COLUMN"] else 2 :]
    said = " ".join(words[:3])
    return next((lock for start, lock in _WEAKER.items() if said.startswith(start)), _AX)


def _create(cursor: Cursor) -> tuple[str, list[Name]]:
    """Return the locks on what a new table refers to, or becomes a part of."""
    cursor.maybe("IF", "NOT", "EXISTS")
    cursor.name()
    if cursor.maybe("PARTITION", "OF"):
        return _AX, [cursor.name()]
    found = []
    while any(token.keyword == "REFERENCES" for token in cursor.rest()):
        found.append(_after(cursor, "REFERENCES"))
    return (_SRX, found) if found else _NONE


def _after(cursor: Cursor, word: str) -> Name:
    """Return the name after a word."""
    while cursor.now is not None and cursor.word != word:
        cursor.at += 1
    cursor.at += 1
    cursor.maybe("ONLY")
    return cursor.name()
