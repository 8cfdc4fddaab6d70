"""Refuse a run before its first step where one of its pending statements is certain to be refused.

What a statement before it may still change, is decided when its turn comes, by the run itself.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg import events
from alembic_pg.errors import UserError
from alembic_pg.online.run import journal
from alembic_pg.plan.event_triggers import SeenCommands
from alembic_pg.plan.rights.missing_rights import MissingRights
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.refusals.refusal import Basis
from alembic_pg.revisions import statements
from alembic_pg.sql import parser, plpgsql, session_statements, split
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.statements import AddColumn, AddConstraint, CreateIndex, UpdateOrDelete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alembic_pg.online.run.signals import RefusedError
    from alembic_pg.plan.event_triggers import EventTrigger
    from alembic_pg.plan.planner import Planner

# How many missing rights are told, each with its statement.
_MOST_RIGHTS = 5

# They leave large what is large, and every trigger, policy and key where it is.
_TAKES_NOTHING_AWAY = (
    *("CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE", "CREATE SCHEMA", "CREATE TYPE"),
    *("CREATE INDEX", "CREATE UNIQUE INDEX", "COMMENT", "INSERT", "GRANT"),
)

# They may take something away, but no rows.
_KEEPS_ROWS = (
    *("ALTER INDEX", "ALTER MATERIALIZED VIEW", "ALTER SEQUENCE", "ALTER TYPE", "ALTER VIEW"),
    *("CREATE FUNCTION", "CREATE MATERIALIZED VIEW", "CREATE OR REPLACE", "CREATE POLICY"),
    *("CREATE TRIGGER", "DROP INDEX", "REVOKE"),
)

# A block that stops a revision where rows do not fit, as autogenerate writes it.
_CHECK = re.compile(r"\s*DO\s+\$check_*\$", re.IGNORECASE)
_CHANGES = plpgsql.WRITES | {"ALTER", "CALL", "CREATE", "DROP", "PERFORM"}

# Which two statements may both have, and be about different things.
_KEYWORDS = set(
    re.findall(
        r"\w+",
        """add alter and as begin by check column columns comment constraint create current default
        delete do else end execute exists false for foreign from function if in index insert int
        integer into is key language not null on only or primary public references select set table
        text then to true type unique update using values when where with""",
    )
)

# Decided by what nothing but a statement about the table itself changes.
_OF_TABLE_ALONE = {
    of_batches.ROW_SECURITY,
    of_batches.FIRES_TRIGGER,
    of_statements.COLUMN_DEFINITION,
    of_statements.ALTER_ONLY,
    of_statements.COLUMN_WITHOUT_BATCHES,
    of_statements.TYPE_WITHOUT_SWAP,
    of_statements.TYPE_RENAMED,  # by the statements before, which the planner has seen
}


def refuse_pending(
    planner: Planner,
    steps: Callable[[], Iterable[Any]],
    *,
    rights: bool,
    tables: bool,
) -> None:
    """Raise UserError with all that is certain to be refused of the revisions that are pending.

    planner: on a connection without a transaction, before and after. steps: returns those of the
    run. rights: whether the role may lack one. tables: whether a table may be the reason; a
    revision that is half done, and one that asks the database as it runs, is then looked at no
    further, nor is any after it.
    """
    try:
        planner.start()
        found = list(_missing_rights(planner, steps())) if rights else []
        if tables and not found:
            found = list(_certain_refusals(planner, steps()))
    except (DBAPIError, UserError):
        return  # a table is locked, say, or another role copies it: the run waits, or tells
    finally:
        planner.end()
    if found:
        raise UserError("\n".join(_lines(found))) from found[0]


def warn_of_event_triggers(
    planner: Planner, triggers: Sequence[EventTrigger], steps: Callable[[], Iterable[Any]]
) -> None:
    """Tell which event triggers see what the pending revisions do, and may refuse it.

    planner, steps: as refuse_pending() has them. A revision that asks the database as it runs is
    left out.
    """
    seen = SeenCommands(triggers)
    try:
        planner.start()
        for step in steps():
            planner.running.step = step
            planner.start_revision()
            with suppress(statements.UnreadableError):
                for statement in statements.function_statements(step.migration_fn):
                    seen.add(statement.sql, planner.summarize(statement))
    except (DBAPIError, UserError):
        pass  # as in refuse_pending(); what was seen until then is told
    finally:
        planner.end()
    for line in seen.warnings():
        events.tell(events.WARNING, line)


def _lines(found: list[RefusedError]) -> Iterator[str]:
    yield from map(str, found[:_MOST_RIGHTS])
    if len(found) > _MOST_RIGHTS:
        yield f"And {len(found) - _MOST_RIGHTS} more: alembic-pg plan shows them."


def _missing_rights(planner: Planner, steps: Iterable[Any]) -> Iterator[RefusedError]:
    missing = MissingRights(planner, journal.version_table_name(planner.context))
    for step in steps:
        planner.running.step = step
        try:
            said = statements.function_statements(step.migration_fn)
        except statements.UnreadableError:
            missing.unread = True
            continue
        for statement in said:
            yield from map(planner.refused_error, missing.refusals(statement.sql))
            for doubt in missing.doubts:
                events.tell(events.WARNING, f"{planner.running.label}: {doubt}")
            missing.doubts.clear()


def _certain_refusals(planner: Planner, steps: Iterable[Any]) -> Iterator[RefusedError]:
    before: list[str] = []
    for step in steps:
        planner.running.step = step
        planner.start_revision()
        try:
            said = statements.function_statements(step.migration_fn)
        except statements.UnreadableError:
            return
        for statement in said:
            planner.refusals.clear()
            planner.look_for_refusals(statement)
            if planner.refusals:
                about = {table.name for table in planner.tables_of(statement.sql)}
                said_before = _Before(before, statement.sql, about)
                yield from (one for one in planner.refusals if said_before.keeps(one))
            before.append(statement.sql)
            if not _leaves_tables_large(statement.sql):
                return


# An index before may be what they lack.
_LIFTED_BY_INDEX = {of_statements.ATTACH_WITHOUT_PARTS, of_statements.KEY_FROM_INDEX}


@dataclass(frozen=True)
class _Before:
    """What comes before a statement that is refused.

    statements: their texts. refused: the statement. about: the tables that it is of.
    """

    statements: Sequence[str]
    refused: str
    about: set[str]

    def keeps(self, refusal: RefusedError) -> bool:
        """Return whether none of the statements can lift a refusal."""
        kind = refusal.refusal.kind
        if kind.basis is Basis.FORM or kind is of_statements.MISSING_OBJECT or not self.statements:
            return True
        if kind.basis is not Basis.CATALOG or not all(map(_takes_nothing_away, self.statements)):
            return False
        others = [sql for sql in self.statements if not _adds(sql)]
        names = {token.identifier for sql in others for token in tokenize(sql)}
        if kind in _OF_TABLE_ALONE and not self.about & names:
            return True
        return not self._share_a_name(by_index=kind in _LIFTED_BY_INDEX)

    def _share_a_name(self, *, by_index: bool) -> bool:
        """Return whether one of the statements may be about what the refused one is about.

        by_index: whether one that makes an index counts.
        """
        if any(map(session_statements.sets_search_path, self.statements)):
            return True
        words = _words(self.refused)
        return any(words & _changed_words(sql, by_index=by_index) for sql in self.statements)


def _changed_words(sql: str, *, by_index: bool) -> set[str]:
    """Return the words of a statement that may name what it changes for those after it."""
    statement = parser.parse(sql)
    if isinstance(statement, CreateIndex) and not by_index:
        return set()
    return _words(statement.column if isinstance(statement, AddColumn) else sql)


def _words(text: str) -> set[str]:
    """Return the words of a text that may be names."""
    return {*re.findall(r"\w+", text.lower())} - _KEYWORDS


def _leaves_tables_large(sql: str) -> bool:
    """Return whether what is missing during a step after a statement is certain.

    The revision's statements tell that, as long as none of those before makes the table small.
    """
    cursor = split.first_statement(sql)
    keeps = cursor.accept_any(*_KEEPS_ROWS) or (
        cursor.accept("ALTER", "TABLE") and not cursor.contains("DETACH")
    )
    return bool(keeps) or session_statements.detaches(sql) or _takes_nothing_away(sql)


def _takes_nothing_away(sql: str) -> bool:
    created = bool(split.first_statement(sql).accept_any(*_TAKES_NOTHING_AWAY))
    names = session_statements.renamed_type(sql) is not None
    sets_path = session_statements.sets_search_path(sql)
    return _adds(sql) or created or names or sets_path or _only_checks(sql)


def _only_checks(sql: str) -> bool:
    if not _CHECK.match(sql):
        return False
    body = plpgsql.do_body(split.first_statement(sql))
    return _CHANGES.isdisjoint(token.keyword for token in tokenize(body))


def _adds(sql: str) -> bool:
    """Return whether a statement adds to a table, or changes values or a default, no more."""
    statement = parser.parse(sql)
    if isinstance(statement, UpdateOrDelete):
        return statement.verb.partition(" ")[0] == "UPDATE"
    adds = isinstance(statement, AddColumn | AddConstraint | CreateIndex)
    return adds or session_statements.changes_default(sql)
