"""Refuse several statements in one text, or in a DO block, where one of them needs a strategy.

The journal cannot tell how far such a text came, so it runs as it is, where it is short.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.run import large_tables
from alembic_pg.refusals import of_statements
from alembic_pg.sql import parser, plpgsql, session_statements, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic_pg.online.run.revision_runner import Runner


_UNSEEN_ADVICE = "What it locks is known only when it runs: write it out where a table is large."


def refuse_long_parts(runner: Runner, sql: str, choose: Callable[[str], object]) -> None:
    """Raise RefusedError when one of several statements would stop the work on a large table.

    choose: returns the strategy of one, None without; raises for what needs one and has none.
    Warn of what a block puts together as it runs: nobody can look at that before.
    """
    for block in plpgsql.block_bodies(sql):
        for executed in plpgsql.unseen_executes(block):
            runner.warn(f"Unseen: {executed} in a DO block. {_UNSEEN_ADVICE}")
    parts = list(plpgsql.nested_statements(sql))
    if any(map(session_statements.changes_meaning, parts)):
        with runner.undone_at_end():
            _refuse_parts(runner, parts, choose)
    else:
        _refuse_parts(runner, parts, choose)


def _refuse_parts(runner: Runner, parts: Iterable[str], choose: Callable[[str], object]) -> None:
    for part in parts:
        if session_statements.changes_meaning(part):
            _set_in_advance(runner, part)
            continue
        if choose(part) is None:
            continue
        statement = parser.parse(part)
        table = (
            runner.find_relation(statement.table)
            if statement is not None and statement.table
            else None
        )
        if table is not None:
            said = " ".join(part.split()[:5])
            large_tables.refuse_if_large(runner, table, of_statements.NESTED, said=said)


def _set_in_advance(runner: Runner, setting: str) -> None:
    """Let what follows be asked as the role, and with the names, that it will have."""
    perform = split.first_statement(setting).accept("PERFORM")
    said = f"SELECT {setting.split(None, 1)[1]}" if perform else setting
    with suppress(DBAPIError), runner.connection.begin_nested():
        runner.execute(said)  # with a variable of its block in it, PostgreSQL cannot
