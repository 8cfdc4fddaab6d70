"""Keep the short statements of a transaction until they go to the server in one message.

What a statement locks stays locked until the transaction ends: sent one by one, each of those that
follow would hold it for the way to the server and back, and for the questions about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from alembic_pg.sql import parser, session_statements, split, statements
from alembic_pg.sql.cursor import Cursor, QualifiedName

_ROUTINES = ("FUNCTION", "PROCEDURE", "AGGREGATE")

# What reads no row, and changes nothing by which the run decides about ALTER TABLE.
_KEEP_NAMES = (
    *("COMMENT ON", "GRANT", "REVOKE", "ALTER POLICY", "CREATE TRIGGER"),
    *("CREATE CONSTRAINT TRIGGER", "CREATE OR REPLACE TRIGGER", "DROP TRIGGER"),
    *("CREATE POLICY", "DROP POLICY", "CREATE RULE", "CREATE OR REPLACE RULE", "DROP RULE"),
)

# What reads no row, and lets a name mean something else.
_CHANGE_NAMES = (
    *("CREATE VIEW", "CREATE OR REPLACE VIEW", "DROP VIEW", "DROP MATERIALIZED VIEW"),
    *("CREATE TABLE", "CREATE UNLOGGED TABLE", "DROP TABLE", "CREATE SEQUENCE", "DROP SEQUENCE"),
    *("CREATE TYPE", "DROP TYPE", "CREATE DOMAIN", "DROP DOMAIN", "CREATE SCHEMA"),
    *(f"{verb} {kind}" for kind in _ROUTINES for verb in ("CREATE", "CREATE OR REPLACE", "DROP")),
)

# What is about a table and short, where that is new; the first two elsewhere, too, unless they have
# a strategy.
_ALTERS = (statements.AddColumn, statements.OtherAlterTable)
_ABOUT_TABLES = (
    *_ALTERS,
    statements.AddConstraint,
    statements.CreateIndex,
    statements.SetNotNull,
    statements.AlterColumnType,
)


@dataclass
class StatementQueue:
    """The statements of the open transaction that the server does not have yet.

    texts: they. opens: whether the transaction had done nothing before them. names_change: whether
    one of them lets a name mean something else. created: the tables that they create.
    """

    texts: list[str] = field(default_factory=list)
    opens: bool = False
    names_change: bool = False
    created: set[QualifiedName] = field(default_factory=set)

    def clear(self) -> None:
        """Forget them: they are sent, or their transaction is over."""
        self.texts, self.names_change = [], False
        self.created.clear()

    def add(self, *texts: str, opens: bool) -> None:
        """Add statements. opens: whether the transaction has done nothing before."""
        self.opens = opens if not self.texts else self.opens
        for text in texts:
            self.names_change = self.names_change or _changes_names(text)
            created = _created_table(text)
            if created is not None:
                self.created.add(created)
        self.texts += texts

    def can_take(self, sql: str) -> bool:
        """Return whether a statement may wait with those that are there.

        One that alters a table that was there before may have a strategy, though.
        """
        cursors = list(split.statement_cursors(sql))
        if len(cursors) != 1 or session_statements.is_session_statement(sql):
            return False
        statement = parser.parse(sql)
        if statement is None:
            return _is_short(cursors[0])
        if isinstance(statement, _ABOUT_TABLES) and self.creates_table(statement.table):
            return True
        return isinstance(statement, _ALTERS) and not self.names_change

    def creates_table(self, name: str) -> bool:
        """Return whether a table, as a statement names it, is one that they create."""
        return bool(name) and Cursor(name).qualified_name() in self.created

    def only_detaches(self) -> bool:
        """Return whether they only drop views and the like, which hinder a change of a column."""
        return all(map(session_statements.drops_dependent, self.texts))


def _is_short(cursor: Cursor) -> bool:
    kind = cursor.accept_any(*_KEEP_NAMES, *_CHANGE_NAMES)
    reads = kind in {"CREATE TABLE", "CREATE UNLOGGED TABLE"} and cursor.contains("AS")
    return bool(kind) and not reads


def _changes_names(sql: str) -> bool:
    cursor = split.first_statement(sql)
    if cursor.accept("ALTER", "TABLE"):
        return cursor.contains("RENAME") or cursor.contains("SET", "SCHEMA")
    return bool(cursor.accept_any(*_CHANGE_NAMES))


def _created_table(sql: str) -> QualifiedName | None:
    cursor = split.first_statement(sql)
    if not cursor.accept_any("CREATE TABLE", "CREATE UNLOGGED TABLE"):
        return None
    cursor.accept("IF", "NOT", "EXISTS")
    return cursor.qualified_name()
