"""Decide in which transaction a column is swapped: with what was dropped for it, or alone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from alembic_pg.online.column_swap import dependents
from alembic_pg.online.run import dropped_objects, journal
from alembic_pg.online.run.signals import CommitBeforeError
from alembic_pg.sql import parser, session_statements, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner


def joined_from(runner: Runner, table: Relation, column: str) -> int | None:
    """Return from which statement on the open transaction is one with the swap of a column.

    column: its name, as the catalog has it. Of runner.executed, the place: what stands before is
    committed. None is returned where nothing was dropped for it, or what comes before that takes
    away what others would miss: the swap is alone then.
    """
    together = dependents.goes_with_swapped(runner, table, column)
    return _beginning(runner, _goes_with_swap if together else session_statements.detaches)


def commit_before_detaching(runner: Runner) -> None:
    """Raise CommitBeforeError where the last statements were dropped for a swap, and others before.

    Nothing is raised where somebody would miss what the others took away.
    """
    raise_commit_before(runner, _beginning(runner, _goes_with_swap))


def raise_commit_before(runner: Runner, begin: int | None) -> None:
    """Raise CommitBeforeError where something stands before a place in the open transaction."""
    if begin:
        raise CommitBeforeError(journal.statement_key(runner.executed[begin]))


def _beginning(runner: Runner, belongs: Callable[[str], bool]) -> int | None:
    """Return where the last statements begin that belong to a swap, None where they do not."""
    executed = runner.executed
    ending = [*itertools.takewhile(belongs, reversed(executed))]
    if not any(map(session_statements.detaches, ending)):
        return None
    begin = len(executed) - len(ending)
    return begin if not begin or _can_commit(runner, executed[:begin]) else None


def _can_commit(runner: Runner, said: Sequence[str]) -> bool:
    """Return whether the transaction may end after some statements: nothing is missing then."""
    found = dropped_objects.find_recreated(said, runner.revision_texts, runner.cascades)
    missing = any(found)
    return not (missing or runner.in_autocommit_block)


def _goes_with_swap(sql: str) -> bool:
    """Return whether a statement, or a swap, may be done again in the moment of the next swap.

    Columns of small tables may have changed their types, which takes a moment.
    """
    return (
        sql == session_statements.SWAP_ENTRY
        or session_statements.detaches(sql)
        or session_statements.changes_default(sql)
        or isinstance(parser.parse(sql), statements.AlterColumnType)
    )
