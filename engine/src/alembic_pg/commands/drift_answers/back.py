"""Write a script for psql that takes the target back: ``alembic-pg drift --back FILE``."""

from __future__ import annotations

import io
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from alembic_pg.autogenerate.ops import statement_source
from alembic_pg.database.project_files import write_whole
from alembic_pg.drift.back import find_way_back
from alembic_pg.drift.find import read_target
from alembic_pg.errors import UserError
from alembic_pg.offline import plpgsql_blocks, psql_commands
from alembic_pg.offline.rehearsal import Rehearsal
from alembic_pg.offline.script_guards import ScriptGuards
from alembic_pg.offline.writer import OnlineRenderImpl
from alembic_pg.online.run import journal
from alembic_pg.revisions import history_database
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.revisions.render_impl import install_writing_impl
from alembic_pg.sql.lexer import without_semicolon
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.drift.back import WayBack
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.find import Target


@dataclass
class _RehearsalOnCopy(Rehearsal):
    """Ask a copy of the target's schema for steps. template: its name on the scratch server."""

    template: str = ""

    def is_unpartitioned(self, name: str) -> bool:
        """Return False: the script finds out what has partitions."""
        del name
        return False

    @contextmanager
    def _suspend_script(self) -> Iterator[None]:
        """Yield at once: no revision runs here."""
        yield

    def _create_database(self, databases: ScratchServer) -> str:
        return databases.create(self.template)


def write_script(
    task: AlembicCommand,
    connection: Connection,
    chosen: Sequence[Difference],
    file: Path,
    at: str = "",
) -> tuple[str, ...]:
    """Write the script that undoes differences, and return what it destroys.

    at: the revision to compare with, where it is not the target's own.
    Raises UserError where nothing can express a difference, or the file cannot be written.
    """
    connection.rollback()
    there = read_target(task, connection, at)
    connection.rollback()
    if there.note is not None:
        raise UserError(
            f"Revision {there.note.revision} is half done: run the same alembic command again "
            "first, then look for drift."
        )
    with find_way_back(task, connection, there, chosen) as way:
        script = _script(task, there, way, chosen)
    try:
        write_whole(file, script)
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}).") from error
    return way.destroys


def _script(task: AlembicCommand, there: Target, way: WayBack, chosen: Sequence[Difference]) -> str:
    buffer = io.StringIO()
    options = history_database.version_table_options(task.environment)
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        opts={**options, "as_sql": True, "literal_binds": True, "output_buffer": buffer},
    )
    impl = install_writing_impl(context, OnlineRenderImpl, buffer)
    impl.begin(context, RunState(), task.settings)
    table = journal.version_table_name(context)
    guards = ScriptGuards(table)
    with ExitStack() as stack:
        rehearsal = _RehearsalOnCopy(task, task.settings, stack, template=way.template)
        rehearsal.server = way.databases
        stack.callback(rehearsal.revision_stack.close)
        impl.rehearse(rehearsal)
        impl.static_output(_head(way, chosen).rstrip("\n"))
        impl.static_output(psql_commands.STOP_AT_ERRORS)
        impl.static_output(guards.opening())
        impl.static_output(_require_revisions(table, there.heads))
        impl.emit_begin()
        for statement in way.statements:
            plain = without_semicolon(statement.strip())
            impl.execute(text(statement_source.escape_colons(plain)))
        impl.emit_commit()
        impl.static_output(guards.closing())
    return buffer.getvalue()


def _head(way: WayBack, chosen: Sequence[Difference]) -> str:
    names = ", ".join(f"{one.label} ({one.change})" for one in chosen)
    lines = psql_commands.comment_lines(f"Takes back what somebody changed by hand: {names}.")
    destroys = ", ".join(way.destroys) or "nothing"
    return f"{lines}{psql_commands.comment_lines(f'Destroys: {destroys}.')}"


def _require_revisions(table: str, heads: Sequence[str]) -> str:
    """Return what fails where a database is not the one that was looked at."""
    if not heads:
        return "-- The database has no revision."
    names = ", ".join(map(quote_literal, sorted(heads)))
    where = f"ARRAY(SELECT version_num::text FROM {table} ORDER BY 1)"  # noqa: S608  # Alembic's own
    why = f"the database is not at {', '.join(sorted(heads))}: look for drift there, and write anew"
    found = plpgsql_blocks.expect_condition_block(f"{where} = ARRAY[{names}]::text[]", why)
    return f"{found};"
