"""Record how a constraint or an index takes the place of the one of its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.online import dispatch
from alembic_pg.online.run import journal
from alembic_pg.online.strategies import create_index, replace_constraint
from alembic_pg.sql import parser, statements

if TYPE_CHECKING:
    from alembic_pg.offline.recorder import Recorder
    from alembic_pg.offline.script_journal import ScriptJournal
    from alembic_pg.online.run.signals import Wait
    from alembic_pg.online.strategies.strategy import Decision


@dataclass(frozen=True)
class Replacement:
    """How two statements are one.

    detail: what is noted of the second one before the steps.
    steps: they do both.
    """

    detail: str
    steps: list[str]


def record_wait(recorder: Recorder, drop: str, noted: ScriptJournal) -> Wait | None:
    """Return for what the drop of an index or a constraint waits in a run, None where for nothing.

    drop: the statement. noted: what the script notes. Raises as Recorder.record() does.
    """
    recorder.begin_statement(noted)
    waits = _choose(recorder, drop)
    return waits.wait if waits is not None else None


def record_replacement(
    recorder: Recorder, drop: str, sql: str, noted: ScriptJournal
) -> Replacement | None:
    """Do what a run would do on a large table; return its steps, None where it does one by one.

    drop: a statement before, which drops the one of its name. noted: what the script notes.
    Raises as Recorder.record() does.
    """
    recorder.begin_statement(noted)
    waits = _choose(recorder, drop)
    if waits is None or waits.wait is None:
        return None
    waits.run(journal.statement_key(drop))
    work = _choose(recorder, sql)
    detail = _noted(recorder, sql)
    if work is None or not detail:
        return None
    tables, key = frozenset(recorder.size_tables), journal.statement_key(sql)
    work.run(key)
    both = noted.copy()
    both.add_pending(journal.statement_key(drop))
    steps = recorder.recorded_steps(tables, drop, sql, *both.done_statements(key))
    return Replacement(detail, steps)


def _noted(recorder: Recorder, sql: str) -> str:
    """Return what is noted of a statement that puts something into the place of what waits for it.

    "" is returned of any other.
    """
    statement = parser.parse(sql)
    table = recorder.find_relation(statement.table) if statement is not None else None
    if table is None or not isinstance(
        statement, statements.AddConstraint | statements.CreateIndex
    ):
        return ""
    if replace_constraint.replaces(recorder, statement, table):
        return replace_constraint.NOTED_REPLACE
    if isinstance(statement, statements.CreateIndex) and create_index.replaces(
        recorder, statement, table
    ):
        return create_index.NOTED_REPLACE
    return ""


def _choose(recorder: Recorder, sql: str) -> Decision | None:
    with recorder.connection.begin():
        return dispatch.choose_strategy(recorder, sql, in_batches=False)
