"""Tell of which object a statement sets something that goes along when the object is dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import QUALIFIED_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

# Its kind, then its schema and names: ("column", "public", "t", "a"). What is no relation
# and no part of one has its name as PostgreSQL prints it.
ObjectPath: TypeAlias = tuple[str, ...]

# These share their names in a schema: nothing else tells a comment's object from a dropped one.
_RELATIONS = (
    "FOREIGN TABLE",
    "TABLE",
    "MATERIALIZED VIEW",
    "VIEW",
    "INDEX",
    "SEQUENCE",
    "TYPE",
    "DOMAIN",
)
_PARTS = ("CONSTRAINT", "POLICY", "RULE", "TRIGGER")
_NAME = r'"(?:[^"]|"")*"|[^\s".();,]+'

_COMMENT = re.compile(r"COMMENT ON (?P<object>.*?) IS (?:NULL|E?'.*);", re.DOTALL)
_GRANT = re.compile(
    r"(?:GRANT|REVOKE) (?P<rights>[^;]*?) ON (?P<object>[A-Z]+ .*?) (?:TO|FROM) [^;]*;", re.DOTALL
)
_RIGHTS_OF_COLUMN = re.compile(rf"(?:GRANT OPTION FOR )?[A-Z]+\s*\((?P<column>{_NAME})\)")
_ALTER_COLUMN = re.compile(
    rf"ALTER (?:FOREIGN )?TABLE (?:ONLY )?(?P<table>{QUALIFIED_NAME}) ALTER (?:COLUMN )?"
    rf"(?P<column>{_NAME}) (?:SET (?:STATISTICS|STORAGE|COMPRESSION) \S+|(?:RESET|SET) \([^()]*\));"
)
_ALTER_TABLE = re.compile(
    rf"ALTER TABLE (?:ONLY )?(?P<table>{QUALIFIED_NAME}) (?:"
    rf"CLUSTER ON (?P<index>{_NAME})|SET WITHOUT CLUSTER|(?:RESET|SET) \([^()]*\)"
    rf"|(?:ENABLE|DISABLE)(?: ALWAYS| REPLICA)? TRIGGER (?P<trigger>{_NAME})"
    r"|(?:ENABLE|DISABLE|FORCE|NO FORCE) ROW LEVEL SECURITY);"
)
_ALTER_INDEX = re.compile(
    rf"ALTER (?P<object>INDEX {QUALIFIED_NAME}) ALTER COLUMN \d+ SET STATISTICS \S+;"
)
_ALTER_STATISTICS = re.compile(r"ALTER (?P<object>STATISTICS .*) SET STATISTICS \S+;")
_DROP = re.compile(r"DROP (?P<object>[A-Z]+ .*);", re.DOTALL)
_DROP_OF_TABLE = re.compile(
    rf"ALTER (?:FOREIGN )?TABLE (?:ONLY )?(?P<table>{QUALIFIED_NAME}) "
    rf"DROP (?P<kind>COLUMN|CONSTRAINT) (?P<name>{_NAME});"
)


@dataclass(frozen=True)
class Setting:
    """Hold of what a statement sets something.

    paths: the object, and each one with which it is dropped. replaces: what a later statement of
    the same kind says anew, None where it says only a part of it.
    """

    paths: tuple[ObjectPath, ...]
    replaces: ObjectPath | None = None


def setting_of_object(statement: str) -> Setting | None:
    """Return of what a statement sets something that is gone with it, None of any other one.

    Known are comments, rights, and what tells PostgreSQL how to store, to order and to measure.
    """
    for pattern, read in _READERS:
        if match := pattern.fullmatch(statement):
            return read(match)
    return None


def _of_comment(match: re.Match[str]) -> Setting:
    paths = _object_paths(match["object"])
    return Setting(paths, ("comment", *paths[0]))


def _of_grant(match: re.Match[str]) -> Setting:
    paths = _object_paths(match["object"])
    column = _RIGHTS_OF_COLUMN.fullmatch(match["rights"])
    return Setting(_column_paths(paths[0], column["column"]) if column else paths)


def _of_column(match: re.Match[str]) -> Setting:
    return Setting(_column_paths(_relation(match["table"]), match["column"]))


def _of_table(match: re.Match[str]) -> Setting:
    table = _relation(match["table"])
    index = match["index"] and ("relation", table[1], _plain(match["index"]))
    trigger = match["trigger"] and ("trigger", *table[1:], _plain(match["trigger"]))
    return Setting(tuple(path for path in (table, index, trigger) if path))


def _of_object(match: re.Match[str]) -> Setting:
    return Setting(_object_paths(match["object"]))


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Setting]], ...] = (
    (_COMMENT, _of_comment),
    (_GRANT, _of_grant),
    (_ALTER_COLUMN, _of_column),
    (_ALTER_TABLE, _of_table),
    (_ALTER_INDEX, _of_object),
    (_ALTER_STATISTICS, _of_object),
)


def dropped_object(statement: str) -> ObjectPath | None:
    """Return what a statement drops, None of one that drops nothing by its name."""
    if match := _DROP_OF_TABLE.fullmatch(statement):
        return (match["kind"].lower(), *_relation(match["table"])[1:], _plain(match["name"]))
    match = _DROP.fullmatch(statement)
    return _object_paths(match["object"])[0] if match else None


def renames_object(statement: str) -> bool:
    """Return whether an object may have another name after a statement."""
    return " RENAME " in statement or " SET SCHEMA " in statement


def relation_path(schema: str | None, name: str) -> ObjectPath:
    """Return the path of a table, an index or another relation. schema: None for the default."""
    return ("relation", schema or "public", name)


def _object_paths(text: str) -> tuple[ObjectPath, ...]:
    """Return the paths of an object, as COMMENT ON and DROP name it: its own, its relation's."""
    cursor = Cursor(text)
    if cursor.accept("COLUMN"):
        (schema, table), column = cursor.column_name()
        return ("column", schema, table, column), ("relation", schema, table)
    if kind := cursor.accept_any(*_PARTS):
        name = cursor.identifier()
        cursor.accept("ON")
        if cursor.accept("DOMAIN"):
            domain = ("relation", *cursor.qualified_name())
            return ("constraint of domain", *domain[1:], name), domain
        schema, table = cursor.qualified_name()
        return (kind.lower(), schema, table, name), ("relation", schema, table)
    if cursor.accept_any(*_RELATIONS):
        return (("relation", *cursor.qualified_name()),)
    kind = cursor.accept_any("EVENT TRIGGER", "FOREIGN DATA WRAPPER", "OPERATOR CLASS")
    if not kind:
        kind = cursor.current_word
        cursor.position += 1
    return ((kind.lower(), cursor.remaining_text()),)


def _column_paths(relation: ObjectPath, column: str) -> tuple[ObjectPath, ...]:
    return ("column", *relation[1:], _plain(column)), relation


def _relation(text: str) -> ObjectPath:
    return ("relation", *Cursor(text).qualified_name())


def _plain(name: str) -> str:
    return Cursor(name).identifier()
