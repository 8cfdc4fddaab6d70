"""Decide, before the open transaction takes a lock, whether the next statement takes steps.

Such a statement commits what came before it. Where that is known while the statements that come
before it still wait, these are sent and committed at once: nobody waits for their locks while the
steps ask what they need.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online import dispatch
from alembic_pg.online.run import dropped_objects, large_tables
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.sql import lock_modes, parser, session_statements, split, statements
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.online.run.revision_runner import Runner

# What waits with one of these may refuse the steps that it lets begin before.
_HINDERS = {"TRIGGER", "RULE", "POLICY", "SECURITY", "OWNER"}


def takes_steps(
    runner: Runner, choose: Callable[[], object], sql: str, *, waits: bool
) -> bool | None:
    """Return whether a statement has a strategy, as long as those that wait are not executed.

    choose: returns the strategy, if any. waits: whether it could go to the server with those that
    wait. None is returned where they may change the answer.
    """
    with suppress(RefusedError):
        if waits:
            takes = choose() is not None
            return None if takes and _may_hinder(runner) else takes
        uncertain = runner.queue.changes_name_in(sql) or _may_hinder(runner)
        if dispatch.may_take_steps(sql) and not uncertain:
            with suppress(DBAPIError), runner.undone_at_end():
                # None is not certain: they may make the column that it fills, say.
                return True if choose() is not None else None
    return None


def _may_hinder(runner: Runner) -> bool:
    """Return whether one that waits may decide who sees or changes rows of a table."""
    return any(
        _HINDERS & {token.keyword for token in tokenize(text)}
        and not runner.queue.created.issuperset(lock_modes.strongest_lock(text)[1])
        for text in runner.queue.texts
    )


def commit_what_makes_a_type(runner: Runner, sql: str) -> None:
    """Raise CommitBeforeError where a swap is next, and its type waits with a dropped default.

    The default goes in the moment of the swap; sent with the type, its table would be locked while
    the swap asks what it needs.
    """
    statement = parser.parse(sql)
    defaults = filter(None, map(session_statements.dropped_default, runner.queue.texts))
    if (
        isinstance(statement, statements.AlterColumnType)
        and runner.queue.changes_name_in(sql)
        and any(defaults)
        and not session_statements.recreated_type(runner.executed)
        and (table := runner.find_relation(statement.table)) is not None
        and large_tables.is_large(runner, table)
        and not large_tables.allows_blocking(runner, table)
    ):
        from alembic_pg.online.column_swap import swap_transaction  # noqa: PLC0415  # rare

        swap_transaction.commit_before_detaching(runner)


def needs_open_transaction(runner: Runner, sql: str, key: str) -> bool:
    """Return whether a swap of columns goes with what the open transaction did before.

    key: the statement's.
    """
    if not isinstance(parser.parse(sql), statements.AlterColumnType):
        return False
    return (
        key in runner.prepared_swaps
        or any(
            one == session_statements.SWAP_ENTRY
            or session_statements.dropped_default(one) is not None
            or split.first_statement(one).accept("DROP")
            for one in runner.executed
        )
        or dropped_objects.is_missing(runner)
    )
