"""Let a run leave the states that it led to; take them away where a person says the revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg import events
from alembic_pg.database import run_requirements
from alembic_pg.errors import UserError
from alembic_pg.ledger import ledger, stamp
from alembic_pg.online.run import journal, stored_text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.online.run.journal import ProgressNote
    from alembic_pg.online.run.revision_runner import Runner


def leave_states(task: AlembicCommand, runner: Runner) -> None:
    """Let each revision leave the state that it led to, where the project has a ledger."""
    file = ledger.ledger_path(task.environment.script)
    if runner.no_journal_reason or not file.exists():
        return
    try:
        found = ledger.read_ledger(file)
    except (UserError, OSError):  # a conflict in it is the developers', and must stop no run
        found = None
    table, heads = journal.version_table_name(runner.context), runner.running.heads
    writer = stamp.stamp_writer(runner.connection, table, found or ledger.Ledger(0, {}), heads)
    if writer is not None:
        runner.beside_version = writer.statement


def forget_progress(connection: Connection, table: str) -> None:
    """Take away what runs have noted, and tell it: a person says where the database is.

    connection: without a transaction, as before. table: Alembic's, as a statement names it.
    """
    note = journal.clear_note(connection, table)
    if note is not None and (left := _what_stays(note)):
        revision = f"The {note.direction} of revision {note.revision}"
        events.tell(events.WARNING, f"{revision} was half done, and what it did stays: {left}")
    if not run_requirements.no_journal_reason(connection, table):
        stamp.take_stamp_away(connection, table)


def _what_stays(note: ProgressNote) -> str:
    """Return what a revision that is half done has done, as a person calls it, "" for nothing."""
    entries = [*note.done, note.began] if note.began else note.done
    names = [stored_text.name_of_stored(note.text_of(entry)) for entry in entries]
    if note.began:
        names[-1] = f"{names[-1]} (in part)"
    return "; ".join([*names, note.untracked] if note.untracked else names)
