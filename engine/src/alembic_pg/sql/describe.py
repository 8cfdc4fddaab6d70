"""Describe a statement as operation and object, for the table on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import object_label
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor, QualifiedName

# The first words of a statement that say what it is about.
_OBJECT_KINDS = (
    *("TABLE", "FOREIGN TABLE", "UNIQUE INDEX", "INDEX", "MATERIALIZED VIEW", "VIEW", "FUNCTION"),
    *("PROCEDURE", "AGGREGATE", "TRIGGER", "CONSTRAINT TRIGGER", "POLICY", "RULE", "SEQUENCE"),
    *("TYPE", "DOMAIN", "SCHEMA", "EXTENSION", "STATISTICS", "COLUMN", "CONSTRAINT", "ROLE"),
    *("PUBLICATION", "CAST", "OPERATOR", "COLLATION", "DEFAULT PRIVILEGES"),
)

_CONSTRAINTS = {
    "CHECK": "check constraint",
    "UNIQUE": "unique constraint",
    "PRIMARY": "primary key",
    "FOREIGN": "foreign key",
    "EXCLUDE": "exclusion constraint",
}


def describe_statement(sql: str) -> tuple[str, str]:  # noqa: PLR0911  # one for each kind
    """Return the operation and its object, for the table on the screen."""
    found = list(statement_cursors(sql))
    if len(found) != 1:
        return f"{len(found)} statements", ""
    (cursor,) = found
    if cursor.accept_any("ALTER TABLE", "ALTER FOREIGN TABLE"):
        return _describe_alter_table(cursor)
    first = cursor.accept_any(
        "COMMENT ON", "DELETE FROM", "INSERT INTO", "UPDATE", "TRUNCATE", "LOCK", "DO", "SELECT"
    )
    if first in {"DO", "SELECT"}:
        return ("select", " ".join(sql.split())[:40]) if first == "SELECT" else ("do block", "")
    if first in {"UPDATE", "DELETE FROM", "INSERT INTO", "TRUNCATE", "LOCK"}:
        cursor.accept_any("TABLE", "ONLY")
        return first.split()[0].lower(), object_label(cursor.qualified_name())
    verb = first or cursor.accept_any(
        "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "REFRESH", "SET"
    )
    if verb in {"GRANT", "REVOKE"}:
        return verb.lower(), _described_right(cursor)
    cursor.accept("OR", "REPLACE")
    cursor.accept_any("TEMPORARY", "TEMP", "UNLOGGED", "RECURSIVE")
    kind = cursor.accept_any(*_OBJECT_KINDS)
    cursor.accept_any("CONCURRENTLY")
    cursor.accept_any("IF NOT EXISTS", "IF EXISTS")
    words = f"{verb or cursor.current_word} {kind}".lower().strip()
    if kind == "COLUMN":
        table, column = cursor.column_name()
        return words, f"{object_label(table)}.{column}"
    name = object_label(cursor.qualified_name())
    on = _name_after_on(cursor) if kind in {"POLICY", "TRIGGER", "RULE", "CONSTRAINT"} else ""
    return words, f"{name} on {on}" if on else name


def statement_label(sql: str) -> str:
    """Return the operation and its object in one text, for a sentence."""
    return " ".join(describe_statement(sql)).strip()


def _name_after_on(cursor: Cursor) -> str:
    """Return the label of the object after ON, "" without one."""
    while cursor.current is not None and not cursor.accept("ON"):
        cursor.position += 1
    cursor.accept_any("ALL TABLES IN SCHEMA", "SCHEMA", "SEQUENCE", "FUNCTION", "TABLE")
    return object_label(cursor.qualified_name()) if cursor.current is not None else ""


def _described_right(cursor: Cursor) -> str:
    """Return of what a right is, and whose: posts to api."""
    about = _name_after_on(cursor)
    while cursor.current is not None:
        if way := cursor.accept_any("TO", "FROM"):
            return f"{about} {way.lower()} {cursor.identifier()}"
        cursor.position += 1
    return about


def _describe_alter_table(cursor: Cursor) -> tuple[str, str]:
    table = cursor.altered_table()
    actions = [_describe_action(part, table) for part in cursor.split_commas()]
    if len(actions) == 1:
        return actions[0]
    return "alter table", object_label(table)


def _describe_action(cursor: Cursor, table: QualifiedName) -> tuple[str, str]:
    on = object_label(table)
    verb = cursor.accept_any(
        "ADD", "DROP", "ALTER", "RENAME", "VALIDATE CONSTRAINT", "ENABLE", "DISABLE"
    )
    if verb == "ADD" and cursor.current_word in {"CONSTRAINT", *_CONSTRAINTS}:
        name = cursor.identifier() if cursor.accept("CONSTRAINT") else ""
        kind = _CONSTRAINTS.get(cursor.current_word, "constraint")
        return f"add {kind}", f"{name} on {on}" if name else on
    if verb == "VALIDATE CONSTRAINT" or (verb and cursor.accept("CONSTRAINT")):
        return f"{verb.split()[0].lower()} constraint", f"{cursor.identifier()} on {on}"
    if verb == "RENAME" and cursor.accept("TO"):
        return f"rename to {cursor.identifier()}", on
    if verb in {"ADD", "DROP", "ALTER", "RENAME"}:
        cursor.accept("COLUMN")
        cursor.accept_any("IF NOT EXISTS", "IF EXISTS")
        column = f"{on}.{cursor.identifier()}"
        if verb == "RENAME":
            cursor.accept("TO")
            return f"rename to {cursor.identifier()}", column
        return (
            f"{verb.lower()} column{_altered_property(cursor) if verb == 'ALTER' else ''}"
        ), column
    return "alter table", on


def _altered_property(cursor: Cursor) -> str:
    said = {
        "type": ("TYPE", "SET DATA TYPE"),
        "nullable": ("SET NOT NULL", "DROP NOT NULL"),
        "default": ("SET DEFAULT", "DROP DEFAULT"),
        "identity": ("ADD GENERATED", "DROP IDENTITY"),
    }
    found = next((name for name, words in said.items() if cursor.accept_any(*words)), "")
    return f": {found}" if found else ""
