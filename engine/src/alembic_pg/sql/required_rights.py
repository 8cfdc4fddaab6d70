"""Find the rights that a statement needs of what was there before it (the manual's GRANT)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from alembic_pg.sql.cursor import Cursor, UnrecognizedError

if TYPE_CHECKING:
    from collections.abc import Iterator


class RightKind(Enum):
    """What a role must have or be; the value is what a person calls it."""

    OWNER = "its owner"
    EXTENSION_OWNER = "owner of the extension"
    SCHEMA_OWNER = "owner of the schema"
    TYPE_OWNER = "owner of the type"
    TYPE_DROP = "owner of the type, or of its schema"
    ROUTINE_OWNER = "owner of the function"
    ROUTINE_DROP = "owner of the function, or of its schema"
    DROP = "its owner, or that of its schema"
    PRIVILEGE = "a privilege on it"
    CREATE = "CREATE on its schema"
    ROLE = "CREATEROLE"
    EXTENSION = "the right to create the extension"
    SCHEMA = "CREATE on the database"


@dataclass(frozen=True)
class Right:
    """A right that a statement needs.

    name: of the object, as the statement has it. privilege: which one, of RightKind.PRIVILEGE.
    """

    kind: RightKind
    name: str
    privilege: str = ""


# Statements that name after a word what they change.
_OWNER_AFTER_WORD = {
    "CREATE POLICY": "ON",
    "ALTER POLICY": "ON",
    "DROP POLICY": "ON",
    "DROP TRIGGER": "ON",
    "DROP RULE": "ON",
    "CREATE RULE": "TO",
    "CREATE OR REPLACE RULE": "TO",
}

_OWNER_OF_NAME = (
    *("ALTER TABLE", "ALTER FOREIGN TABLE", "ALTER MATERIALIZED VIEW", "ALTER VIEW"),
    *("ALTER SEQUENCE", "ALTER INDEX", "COMMENT ON TABLE", "COMMENT ON MATERIALIZED VIEW"),
    *("COMMENT ON VIEW", "COMMENT ON INDEX", "COMMENT ON SEQUENCE"),
)

_DROPS = (
    *("DROP TABLE", "DROP FOREIGN TABLE", "DROP MATERIALIZED VIEW", "DROP VIEW", "DROP SEQUENCE"),
    *("DROP INDEX CONCURRENTLY", "DROP INDEX"),
)

# What changes or drops an object that is no relation, by the kind of object.
_OWNER_BY_KIND = {
    "DROP EXTENSION": RightKind.EXTENSION_OWNER,
    "ALTER EXTENSION": RightKind.EXTENSION_OWNER,
    "COMMENT ON EXTENSION": RightKind.EXTENSION_OWNER,
    "DROP SCHEMA": RightKind.SCHEMA_OWNER,
    "ALTER SCHEMA": RightKind.SCHEMA_OWNER,
    "COMMENT ON SCHEMA": RightKind.SCHEMA_OWNER,
    "DROP TYPE": RightKind.TYPE_DROP,
    "DROP DOMAIN": RightKind.TYPE_DROP,
    "ALTER TYPE": RightKind.TYPE_OWNER,
    "ALTER DOMAIN": RightKind.TYPE_OWNER,
    "COMMENT ON TYPE": RightKind.TYPE_OWNER,
    "COMMENT ON DOMAIN": RightKind.TYPE_OWNER,
    "DROP FUNCTION": RightKind.ROUTINE_DROP,
    "DROP PROCEDURE": RightKind.ROUTINE_DROP,
    "DROP ROUTINE": RightKind.ROUTINE_DROP,
    "ALTER FUNCTION": RightKind.ROUTINE_OWNER,
    "ALTER PROCEDURE": RightKind.ROUTINE_OWNER,
    "ALTER ROUTINE": RightKind.ROUTINE_OWNER,
    "COMMENT ON FUNCTION": RightKind.ROUTINE_OWNER,
    "COMMENT ON PROCEDURE": RightKind.ROUTINE_OWNER,
}

_OF_ROUTINE = {RightKind.ROUTINE_OWNER, RightKind.ROUTINE_DROP}

_CREATES_INDEX = ("CREATE UNIQUE INDEX", "CREATE INDEX")

_CREATES = (
    *("CREATE TABLE", "CREATE UNLOGGED TABLE", "CREATE FOREIGN TABLE", "CREATE SEQUENCE"),
    *("CREATE MATERIALIZED VIEW", "CREATE OR REPLACE VIEW", "CREATE VIEW", "CREATE TYPE"),
    *("CREATE DOMAIN", "CREATE OR REPLACE FUNCTION", "CREATE FUNCTION"),
    *("CREATE OR REPLACE PROCEDURE", "CREATE PROCEDURE"),
)

_CHANGES_ROWS = {
    "INSERT INTO": "INSERT",
    "UPDATE": "UPDATE",
    "DELETE FROM": "DELETE",
    "TRUNCATE TABLE": "TRUNCATE",
    "TRUNCATE": "TRUNCATE",
}

_OF_SERVER = {
    "CREATE ROLE": RightKind.ROLE,
    "CREATE USER MAPPING": None,
    "CREATE USER": RightKind.ROLE,
    "CREATE GROUP": RightKind.ROLE,
    "CREATE EXTENSION": RightKind.EXTENSION,
    "CREATE SCHEMA": RightKind.SCHEMA,
}


def required_rights(cursor: Cursor) -> Iterator[Right]:
    """Yield the rights that one statement needs for certain. cursor: at its beginning.

    It may need others, too: what it does not say by its words, is not found.
    """
    try:
        yield from _rights(cursor)
    except UnrecognizedError:
        return


def created_name(cursor: Cursor) -> str:
    """Return the name of what a statement creates, "" where it creates no object with a name."""
    if cursor.accept_any(*_CREATES, *filter(_OF_SERVER.get, _OF_SERVER)):
        cursor.accept("IF", "NOT", "EXISTS")
        return cursor.qualified_name()[1]
    return ""


def _rights(cursor: Cursor) -> Iterator[Right]:
    if kind := _OF_SERVER.get(cursor.accept_any(*_OF_SERVER)):
        cursor.accept("IF", "NOT", "EXISTS")
        yield Right(kind, cursor.identifier())
    elif cursor.accept_any(*_OWNER_OF_NAME):
        cursor.accept("IF", "EXISTS")
        yield Right(RightKind.OWNER, cursor.relation_text()[0])
    elif cursor.accept("COMMENT", "ON", "COLUMN"):
        yield Right(RightKind.OWNER, cursor.name_text().rpartition(".")[0])
    elif cursor.accept_any(*_DROPS):
        cursor.accept("IF", "EXISTS")
        yield Right(RightKind.DROP, cursor.name_text())
        while cursor.accept(","):
            yield Right(RightKind.DROP, cursor.name_text())
    elif cursor.accept_any(*_CREATES_INDEX):
        yield Right(RightKind.OWNER, _name_after(cursor, "ON"))
    elif said := cursor.accept_any(*_OWNER_AFTER_WORD):
        yield Right(RightKind.OWNER, _name_after(cursor, _OWNER_AFTER_WORD[said]))
    elif said := cursor.accept_any(*_CHANGES_ROWS):
        yield Right(RightKind.PRIVILEGE, cursor.relation_text()[0], _CHANGES_ROWS[said])
    else:
        yield from _rights_beside_tables(cursor)


def _rights_beside_tables(cursor: Cursor) -> Iterator[Right]:
    if said := cursor.accept_any(*_OWNER_BY_KIND):
        kind = _OWNER_BY_KIND[said]
        cursor.accept("IF", "EXISTS")
        yield Right(kind, _object_text(cursor, kind))
        while said.startswith("DROP") and cursor.accept(","):
            yield Right(kind, _object_text(cursor, kind))
    elif said := cursor.accept_any(*_CREATES):
        cursor.accept("IF", "NOT", "EXISTS")
        start = cursor.position
        yield Right(RightKind.CREATE, cursor.name_text())
        if said == "CREATE OR REPLACE VIEW":
            cursor.position = start
            yield Right(RightKind.OWNER, cursor.name_text())


def _object_text(cursor: Cursor, kind: RightKind) -> str:
    """Return the name of what is no relation; that of a function with its arguments."""
    name = cursor.name_text()
    if kind not in _OF_ROUTINE:
        return name
    start = cursor.position
    cursor.skip_brackets()
    return f"{name}{Cursor(cursor.sql, cursor.tokens[start : cursor.position]).whole_text()}"


def _name_after(cursor: Cursor, word: str) -> str:
    index = cursor.find(word)
    if index is None:
        raise UnrecognizedError
    cursor.position = index + 1
    return cursor.relation_text()[0]
