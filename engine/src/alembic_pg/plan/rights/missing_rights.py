"""Tell which rights the role lacks that the statements of pending revisions need.

Only what is certain is told: no object that a statement before has made, or may have given to the
role, and nothing after a statement that may change whose rights count. Whether a role may create a
role, an extension or a schema, is asked of the server by the statement itself, which is undone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.plan.rights.right_questions import OF_SERVER, QUESTIONS, ROLE_EXISTS
from alembic_pg.plan.rights.rights_in_blocks import rights_in_block
from alembic_pg.sql import plpgsql, required_rights
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import short_line
from alembic_pg.sql.required_rights import Right, RightKind
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Row

    from alembic_pg.database.session import Session
    from alembic_pg.refusals.refusal import Refusal

# After it, other rights may count, or other objects be meant by a name.
_CHANGES_RIGHTS = re.compile(
    r"\bSET\s+((LOCAL|SESSION)\s+)?(ROLE|SESSION\s+AUTHORIZATION|search_path)\b|\bset_config\b"
    r"|\bRESET\s+(ROLE|SESSION|ALL)\b|\bREASSIGN\b|\bALTER\s+(ROLE|USER|GROUP)\b"
    r"|\bDISCARD\b|\bGRANT\b",
    re.IGNORECASE,
)

# They change neither what a name means nor whose it is.
_KEEPS_OWNERS = (
    *("INSERT INTO", "UPDATE", "DELETE FROM", "COMMENT", "CREATE INDEX", "CREATE UNIQUE INDEX"),
    *("TRUNCATE", "CREATE TRIGGER", "CREATE POLICY", "CREATE CONSTRAINT TRIGGER", "SET", "ANALYZE"),
)
_CHANGES_OWNER = ("RENAME", "OWNER", "SCHEMA")


@dataclass
class MissingRights:
    """Collects what the role lacks, statement by statement of the revisions that are pending.

    touched: the names of what statements before have made, dropped, renamed or given away.
    own: Alembic's own table, as a statement names it, which each run writes.
    certain: whether the rights are still those of the beginning.
    own_asked: whether that table was asked about.
    unread: whether a revision before could not be read, so that any name may mean something else.
    doubts: what may stop a statement, where a condition in a block holds; the caller takes them.
    """

    session: Session
    own: str
    touched: set[str] = field(default_factory=set)
    certain: bool = True
    unread: bool = False
    own_asked: bool = False
    doubts: list[str] = field(default_factory=list)

    def refusals(self, sql: str) -> Iterator[Refusal]:
        """Yield what refuses a text of statements, and remember what later ones meet."""
        if not self.own_asked:
            self.own_asked = True
            right = Right(RightKind.PRIVILEGE, self.own, "UPDATE")
            yield from filter(None, [self._refusal(right, f"UPDATE {self.own}")])
        for cursor in statement_cursors(sql):
            if not self.certain:
                return
            text = cursor.whole_text()
            for right in required_rights.required_rights(Cursor(sql, cursor.tokens)):
                yield from filter(None, [self._refusal(right, text)])
            yield from self._refusals_in_block(plpgsql.do_body(cursor))
            self._remember(Cursor(sql, cursor.tokens), text)

    def _refusals_in_block(self, block: str) -> Iterator[Refusal]:
        """Yield what is certain to refuse a statement in a block, and note what only may."""
        for needed in rights_in_block(block):
            if _CHANGES_RIGHTS.search(block[: block.find(needed.statement)]):
                return
            if needed.right.kind is RightKind.ROLE and self._ask(ROLE_EXISTS, needed.right):
                continue
            refusal = self._refusal(needed.right, needed.statement)
            if refusal is not None and needed.is_certain:
                yield refusal
            elif refusal is not None:
                self.doubts.append(f"Where the condition in its block holds: {refusal.text}")

    def _refusal(self, right: Right, text: str) -> Refusal | None:
        of_server = right.kind in OF_SERVER
        parts = {token.identifier for token in Cursor(right.name).tokens} - {""}
        if not of_server and (self.unread or parts & self.touched):
            return None
        question, kind = QUESTIONS[right.kind]
        row = self._ask(question, right)
        if row is None or row._mapping.get("name") in self.touched:  # noqa: SLF001  # its public name
            return None
        line = short_line(text)
        if not of_server:
            return kind(
                row.name, role=row.role, owner=row.owner, privilege=right.privilege, statement=line
            )
        error = self._refused_by_server(text)
        return kind(right.name, role=row.role, error=error, statement=line) if error else None

    def _ask(self, question: str, right: Right) -> Row[tuple[str, ...]] | None:
        parameters = {"name": right.name}
        if ":privilege" in question:
            parameters["privilege"] = right.privilege
        try:
            with self.session.undone_at_end():
                found = self.session.fetch_rows(question, **parameters)
        except DBAPIError:
            return None  # a schema that the role may not use, say: what the statement says itself
        return found[0] if found else None

    def _refused_by_server(self, text: str) -> str:
        """Return why the server lets the role not execute a statement, "" where it does."""
        try:
            with self.session.undone_at_end():
                self.session.execute(text)
        except DBAPIError as error:
            if errors.sqlstate(error) == SqlState.INSUFFICIENT_PRIVILEGE:
                return errors.describe_error(error).rstrip(".")
        return ""

    def _remember(self, cursor: Cursor, text: str) -> None:
        if _CHANGES_RIGHTS.search(text) and not _grants_on_object(cursor):
            self.certain = False
            return
        created = required_rights.created_name(Cursor(text))
        words = {token.keyword for token in cursor.tokens}
        if created:
            self.touched.add(created)
        elif cursor.peek("ALTER", "TABLE") and not words.intersection(_CHANGES_OWNER):
            return
        elif not cursor.accept_any(*_KEEPS_OWNERS):
            # In a block or a function's text, too.
            self.touched.update(re.findall(r"\w+", text))


def _grants_on_object(cursor: Cursor) -> bool:
    return cursor.peek("GRANT") and cursor.contains("ON")
