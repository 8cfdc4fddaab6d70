"""Tell which statements of a script's transaction wait for locks that others have or want.

They stand in blocks that give way and try again: with a plain statement others would wait behind it
for as long as it waits, and PostgreSQL would end one of two who wait for each other (13.3.4).
"""

from __future__ import annotations

import itertools
from enum import IntEnum
from typing import TYPE_CHECKING

from alembic_pg.offline import plpgsql_blocks
from alembic_pg.offline.table_names import normalized_name
from alembic_pg.sql import lock_modes, session_statements, split, transaction_statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from alembic_pg.options import Settings
    from alembic_pg.sql.cursor import Cursor

# What PL/pgSQL has no place for, or does otherwise.
_STANDS_APART = (
    "DECLARE",
    "FETCH",
    "MOVE",
    "CLOSE",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "SET TRANSACTION",
    # A block is a transaction, also after the COMMIT of a revision.
    "VACUUM",
    "REINDEX SCHEMA",
    "REINDEX DATABASE",
    "DISCARD ALL",
)
_NOT_IN_TRANSACTIONS = {"DATABASE", "SUBSCRIPTION", "SYSTEM", "TABLESPACE"}

# What waits for nobody who writes rows.
_WAITS_FOR_NOBODY = (
    *(*lock_modes.MAKES_NEW, "CREATE OR REPLACE FUNCTION", "CREATE PROCEDURE", "CREATE VIEW"),
    *("CREATE OR REPLACE PROCEDURE", "COMMENT ON"),
)

# What locks relations that it does not name, or other objects than tables.
_LOCKS_OTHERS = (
    *("ALTER SEQUENCE", "ALTER DOMAIN", "ALTER TYPE", "ALTER SCHEMA", "CREATE OR REPLACE VIEW"),
    *("DROP SEQUENCE", "DROP DOMAIN", "DROP TYPE", "DROP SCHEMA", "DROP OWNED", "DROP EXTENSION"),
    *("ALTER EXTENSION", "DROP FOREIGN TABLE", "REASSIGN"),
)


# What begins a definition. Of anything else, such as the call of a function, nobody knows.
_DEFINES = {"CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "SECURITY", "IMPORT"}

_CHANGES_ROWS = "ROW EXCLUSIVE"


class LockNeed(IntEnum):
    """What a statement has to do with locks.

    NONE: it concerns the session, or what nobody else has.
    SOME: it may wait for others, none of whom waits for it alone.
    STRONG: it waits for others, who may wait behind it.
    APART: it cannot stand in a block.
    """

    NONE = 0
    SOME = 1
    STRONG = 2
    APART = 3


def lock_need(sql: str, created: Collection[str]) -> LockNeed:
    """Return what a text has to do with locks: the most of its statements.

    created: the tables that the script has created, as normalized_name() writes them.
    """
    if transaction_statements.boundaries_in(sql):
        return LockNeed.APART
    return max(
        (_need_of(cursor, created) for cursor in split.statement_cursors(sql)),
        default=LockNeed.NONE,
    )


def _need_of(cursor: Cursor, created: Collection[str]) -> LockNeed:
    sql = cursor.whole_text()
    if _stands_apart(cursor):
        return LockNeed.APART
    mode, names = lock_modes.locked_tables(sql)
    if names:
        if {normalized_name(name) for name in names} <= set(created):
            return LockNeed.NONE
        # For a row of its own nobody waits, but for one of the same key.
        own_row = cursor.peek("INSERT") and not cursor.contains("DO", "UPDATE")
        is_strong = mode in lock_modes.WEAKEST_EXCLUDED or (mode == _CHANGES_ROWS and not own_row)
        return LockNeed.STRONG if is_strong or _locks_more(cursor) else LockNeed.SOME
    if cursor.accept_any(*_WAITS_FOR_NOBODY) or session_statements.is_session_statement(sql):
        return LockNeed.NONE
    made = not cursor.contains("SELECT") and cursor.created_table() is not None
    if made:
        return LockNeed.NONE
    known = cursor.current_word in _DEFINES and not _locks_more(cursor)
    return LockNeed.SOME if known else LockNeed.STRONG


def _stands_apart(cursor: Cursor) -> bool:
    words = [token.keyword for token in cursor.tokens]
    if cursor.accept_any(*_STANDS_APART) or _NOT_IN_TRANSACTIONS & set(words[1:2]):
        return True
    if "CONCURRENTLY" in words:
        return words[0] != "REFRESH"
    makes_table = cursor.peek("(") or cursor.current_word in {"SELECT", "WITH"}
    return makes_table and any(
        word == "INTO" and before not in {"INSERT", "MERGE"}
        for before, word in itertools.pairwise(words)
    )


def _locks_more(cursor: Cursor) -> bool:
    """Return whether a definition locks others than it names, or stronger than others of its kind.

    CASCADE may drop a trigger, or a column.
    """
    return bool(
        cursor.accept_any(*_LOCKS_OTHERS)
        or (cursor.peek("DROP") and cursor.contains("CASCADE"))
        or (cursor.peek("ALTER", "INDEX") and cursor.contains("ATTACH"))
    )


def in_blocks(settings: Settings, texts: Sequence[str], needs: Sequence[LockNeed]) -> Iterator[str]:
    """Yield the statements of a transaction, those that wait for locks in blocks that try again.

    needs: of each.
    """
    pairs = zip(texts, needs, strict=True)
    for apart, found in itertools.groupby(pairs, lambda pair: pair[1] is LockNeed.APART):
        part = list(found)
        own = [text for text, _ in part]
        waiting = [at for at, (_, need) in enumerate(part) if need is not LockNeed.NONE]
        if apart or LockNeed.STRONG not in {need for _, need in part}:
            yield from own
            continue
        first, last = waiting[0], waiting[-1] + 1
        yield from own[:first]
        yield plpgsql_blocks.retry_block(settings, *own[first:last])
        yield from own[last:]


def end_of_waiting(needs: Sequence[LockNeed], at: int) -> int:
    """Return the place up to which what begins at the first statement stands in one block.

    needs: of each statement. at: a place that is in the block at least.
    """
    rest = itertools.takewhile(lambda need: need is not LockNeed.APART, needs[at:])
    return max((at + 1 + n for n, need in enumerate(rest) if need), default=at)
