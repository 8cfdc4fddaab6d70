"""Keep the short statements of a transaction until they go to the server in one message.

What a statement locks stays locked until the transaction ends: sent one by one, each of those that
follow would hold it for the way to the server and back, and for the questions about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.sql import parser, session_statements, split, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.cursor import QualifiedName
    from alembic_pg.sql.lexer import Token

_ROUTINES = ("FUNCTION", "PROCEDURE", "AGGREGATE")

# What reads no row, and changes nothing by which the run decides about ALTER TABLE.
_KEEP_NAMES = (
    *("COMMENT ON", "GRANT", "REVOKE", "ALTER DEFAULT PRIVILEGES", "ALTER SEQUENCE"),
    *("ALTER POLICY", "ALTER TRIGGER", "CREATE STATISTICS", "DROP STATISTICS", "CREATE TRIGGER"),
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

# What an INSERT has that does more than to write the rows that stand in it.
_NOT_VALUES_ONLY = {"SELECT", "TABLE", "RETURNING", "CONFLICT"}

# Among names, what stands for each of them.
_ANY_NAME = "*"

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

    texts: they. opens: whether the transaction had done nothing before them. changed_names: the
    names that they let mean something else. created: the tables that they create.
    """

    texts: list[str] = field(default_factory=list)
    opens: bool = False
    changed_names: set[str] = field(default_factory=set)
    created: set[QualifiedName] = field(default_factory=set)

    def clear(self) -> None:
        """Forget them: they are sent, or their transaction is over."""
        self.texts = []
        self.changed_names.clear()
        self.created.clear()

    def add(self, *texts: str, opens: bool) -> None:
        """Add statements. opens: whether the transaction has done nothing before."""
        self.opens = opens if not self.texts else self.opens
        for text in texts:
            changed = _changed_names(text)
            self.changed_names |= changed
            created = split.first_statement(text).created_table(for_certain=True)
            if created is not None:
                self.created.add(created)
            elif changed:
                self._forget_created(changed)
        self.texts += texts

    def _forget_created(self, changed: set[str]) -> None:
        """Take tables for old ones whose names may be those of others now: one that is renamed."""
        every = _ANY_NAME in changed
        self.created = {one for one in self.created if not (every or one[1] in changed)}

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
        return isinstance(statement, _ALTERS) and (
            not self.changes_name_in(sql) or session_statements.changes_default(sql)
        )

    def changes_name_in(self, sql: str) -> bool:
        """Return whether a statement has a name that they let mean something else."""
        if not self.changed_names:
            return False
        if _ANY_NAME in self.changed_names:
            return True
        return mentions(sql, self.changed_names)

    def creates_table(self, name: str) -> bool:
        """Return whether a table, as a statement names it, is one that they create."""
        return bool(name) and Cursor(name).qualified_name() in self.created

    def only_detaches(self) -> bool:
        """Return whether they only drop what hinders a change of a column: a view, a default."""
        return all(map(session_statements.detaches, self.texts))


def _is_short(cursor: Cursor) -> bool:
    if cursor.accept("INSERT", "INTO"):
        # Some rows that are written there: nothing is read, nobody asks for a result.
        return not any(token.keyword in _NOT_VALUES_ONLY for token in cursor.remaining())
    if cursor.peek("ALTER") and session_statements.renamed_type(cursor.whole_text()):
        return True
    kind = cursor.accept_any(*_KEEP_NAMES, *_CHANGE_NAMES)
    reads = kind in {"CREATE TABLE", "CREATE UNLOGGED TABLE"} and cursor.contains("AS")
    return bool(kind) and not reads


def _changed_names(sql: str) -> set[str]:
    """Return the names that a statement lets mean something else."""
    cursor = split.first_statement(sql)
    if cursor.accept("ALTER", "TABLE"):
        return _changed_by_alter_table(cursor)
    if cursor.peek("ALTER") and (names := session_statements.renamed_type(sql)):
        return {name for qualified in names for name in qualified}
    kind = cursor.accept_any(*_CHANGE_NAMES)
    if not kind:
        return set()
    tokens = cursor.remaining()
    if kind.startswith("DROP"):
        goes_on = any(token.keyword == "CASCADE" for token in tokens)
        return {_ANY_NAME} if goes_on else _identifiers(tokens)
    ends = (at for at, token in enumerate(tokens) if token.text == "(" or token.keyword == "AS")
    return _identifiers(tokens[: next(ends, len(tokens))])


def _changed_by_alter_table(cursor: Cursor) -> set[str]:
    """Return the names that an ALTER TABLE lets mean something else. cursor: after these words."""
    table = cursor.altered_table()
    if cursor.accept_any("ALTER COLUMN", "ALTER"):
        # What makes it NOT NULL again reads all rows.
        column = cursor.identifier()
        return {column} if cursor.accept_any("DROP NOT NULL", "DROP EXPRESSION") else set()
    moves = cursor.peek("RENAME", "TO") or cursor.peek("SET", "SCHEMA")
    if not (moves or cursor.peek("RENAME")):
        return set()
    return {*_identifiers(cursor.remaining()), *(table if moves else ())}


def _identifiers(tokens: Sequence[Token]) -> set[str]:
    return {token.identifier for token in tokens if token.identifier}
