"""Build a scratch database at the revision before, when first needed, and ask it for steps.

The database is made for the first statement that needs it. From there on each statement of the
revision is executed in it, so that the next one finds what it will find on the target.
"""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic import op
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.offline.open_transaction import OpenTransaction
from alembic_pg.offline.table_names import normalized_name
from alembic_pg.offline.waiting_drops import may_wait
from alembic_pg.online.run import dropped_objects
from alembic_pg.online.run.signals import NoStepsError, RefusedError
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.revisions.statements import step_statements
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.offline.record_replacement import Replacement
    from alembic_pg.offline.recorder import Recorder
    from alembic_pg.offline.script_journal import ScriptJournal
    from alembic_pg.offline.statement_steps import StepWriter
    from alembic_pg.online.run.signals import PreparedSwap, Wait
    from alembic_pg.options import Settings

_NO_SERVER = (
    "there is no server for scratch databases: set SHADOW_DATABASE_URL, "
    "or install alembic-pg[embedded]"
)


@dataclass
class Rehearsal:
    """Ask a scratch database how the statements of the script's revisions run.

    Of the script:
    task, settings: the command and its times.
    stack: closes the scratch server at the end.
    server: the scratch server, None before it is needed.
    unpartitioned: the tables and indexes known to have no partitions, None before they are needed.
    open_transaction: the one that the script has open.

    Of the revision:
    step: Alembic's.
    executed: its statements so far.
    no_answer_reason: what keeps the database from being asked, "" without.
    reason_reported: whether a person was told so.
    already_executed: whether the last statement was executed when it was asked about.
    recorder: records the steps, None before it is needed.
    revision_stack: drops the database at the revision's end.
    """

    task: AlembicCommand
    settings: Settings
    stack: ExitStack
    step: Any = None
    executed: list[str] = field(default_factory=list)
    no_answer_reason: str = ""
    reason_reported: bool = False
    already_executed: bool = False
    server: ScratchServer | None = None
    unpartitioned: set[str] | None = None
    recorder: Recorder | None = None
    open_transaction: OpenTransaction | None = None
    revision_stack: ExitStack = field(default_factory=ExitStack)

    def start_revision(self, step: Any) -> None:  # noqa: ANN401  # Alembic's step
        """Begin with another revision."""
        self.revision_stack.close()
        self.recorder, self.step, self.already_executed = None, step, False
        self.executed.clear()
        if self.server is not None:
            self.no_answer_reason, self.reason_reported = "", False

    def steps_for(self, sql: str, journal: ScriptJournal) -> list[str] | PreparedSwap:
        """Return the steps of a statement, none where it needs but a moment.

        journal: the script's, of this revision.
        Raises NoStepsError, whose text says why nobody knows, or what is in the way, and
        CommitBeforeError where a part of the open transaction is to be committed before.
        """
        try:
            recorder = self._require_recorder()
            opened = self.open_transaction or OpenTransaction()
            recorder.executed = list(opened.executed)
            recorder.prepared_swaps, recorder.swapped_columns = (
                opened.prepared_swaps,
                opened.swapped_columns,
            )
            with self._suspend_script():
                steps = recorder.record(sql, journal)
        except RefusedError as error:
            # A run says how to let it: here it stands as it is.
            raise NoStepsError(error.refusal.text) from error
        except (UserError, DBAPIError) as error:
            self._stop_asking(error, "what may write a table anew")
            raise NoStepsError(self.no_answer_reason) from error
        self.already_executed = bool(steps)
        return steps

    def wait_of(self, drop: str, writer: StepWriter) -> Wait | None:
        """Return for which later ones a statement waits, None where for none.

        drop: the statement. writer: has the tables that the script has created, and what it notes.
        """
        with self._suspend_script():
            every = step_statements(self.step)
        later = _statements_after(every, drop)
        if not may_wait(drop, later, writer.created_tables) or self.missing_object():
            return None
        from alembic_pg.offline.record_replacement import record_wait  # noqa: PLC0415  # rare

        found = None
        try:
            recorder = self._require_recorder()
            with self._suspend_script():
                found = record_wait(recorder, drop, writer.journal)
        except RefusedError:
            pass
        except (UserError, DBAPIError) as error:
            self._stop_asking(error, "what takes the place of another")
        return found if found is not None and found.passes else None

    def replacement(self, drop: str, sql: str, journal: ScriptJournal) -> Replacement | None:
        """Return how one constraint or index takes another's place; None where it does not.

        drop: the statement before, which drops the one of its name. journal: as steps_for() has it.
        """
        from alembic_pg.offline.record_replacement import record_replacement  # noqa: PLC0415  # rare

        found = None
        try:
            recorder = self._require_recorder()
            recorder.executed = list((self.open_transaction or OpenTransaction()).executed)
            with self._suspend_script():
                found = record_replacement(recorder, drop, sql, journal)
        except RefusedError:
            pass  # each as it stands
        except (UserError, DBAPIError) as error:
            self._stop_asking(error, "what takes the place of another")
        self.already_executed = found is not None
        return found

    def missing_object(self, sql: str = "") -> str:
        """Return what would be missing if the open transaction ended here, "" for nothing.

        sql: the statement before which that is.
        """
        if self.open_transaction is None or not self.open_transaction.executed:
            return ""
        executed = self.open_transaction.executed
        # Without a database nobody knows what goes with others; nothing takes steps then, either.
        cascades = self.recorder.cascades if self.recorder is not None else {}
        every = partial(step_statements, self.step)
        with self._suspend_script():
            gone = next(dropped_objects.find_recreated(executed, every, cascades), "")
            return gone or self._dropped_unique(executed, sql)

    def _dropped_unique(self, executed: Sequence[str], sql: str) -> str:
        """Return the name of a unique index or constraint that is gone and comes again, or "".

        sql: the statement that takes steps.
        """
        if not any(re.search("CONSTRAINT|INDEX", one, re.IGNORECASE) for one in executed):
            return ""
        from alembic_pg.online.postponed_drops import unique_ones_again  # noqa: PLC0415  # rare

        coming = [sql, *_statements_after(step_statements(self.step), sql)]
        found = unique_ones_again(executed, coming, _is_named_alike, _may_share_schema)
        made = next(found, None)
        return made.name if made is not None else ""

    def _require_recorder(self) -> Recorder:
        if self.no_answer_reason:
            raise UserError(self.no_answer_reason)
        return self.recorder or self._open_recorder()

    def is_unpartitioned(self, name: str) -> bool:
        """Return whether a table or index is known to be none with partitions, since before all."""
        if self.unpartitioned is None:
            from alembic_pg.offline import unpartitioned_tables  # noqa: PLC0415  # most scripts ask nothing

            script = self.task.environment.script
            before = tuple(self.step.from_revisions)
            revisions = list(script.walk_revisions(head=before))[::-1] if before else []  # type: ignore[arg-type]  # it takes several
            with self._suspend_script():
                self.unpartitioned = unpartitioned_tables.unpartitioned_names(revisions)
        return name in self.unpartitioned

    def note_written(self, sql: str) -> None:
        """Execute a statement that was written, once there is a database."""
        if self.recorder is None:
            self.executed.append(sql)
        elif not (self.already_executed or self.no_answer_reason):
            self._execute(self.recorder, sql)
        self.already_executed = False

    def _stop_asking(self, error: Exception, what: str) -> None:
        """Ask nothing more of this revision, and say so once. what: it was asked about."""
        why = errors.describe_error(error) if isinstance(error, DBAPIError) else str(error)
        self.no_answer_reason = " ".join(why.split()).rstrip(".")
        if not self.reason_reported:
            label = RunState(step=self.step).label
            sys.stderr.write(
                f"{label}: {what} stands in the script as it is: {self.no_answer_reason}.\n"
            )
        self.reason_reported = True

    def _open_recorder(self) -> Recorder:
        from alembic_pg.database import scratch  # noqa: PLC0415
        from alembic_pg.database.connect import connect  # noqa: PLC0415
        from alembic_pg.offline.recorder import Recorder  # noqa: PLC0415
        from alembic_pg.revisions import history_database  # noqa: PLC0415

        if self.server is None:
            if not scratch.has_scratch_server():
                raise UserError(_NO_SERVER)
            self.server = self.stack.enter_context(scratch.scratch_server(self.task.root))
            self.stack.callback(self.revision_stack.close)
        databases = self.server
        with self._suspend_script():
            name = self._create_database(databases)
        self.revision_stack.callback(databases.drop_in_background, name)
        place = databases.database_url(name)
        connection = self.revision_stack.enter_context(connect(place, source=SCRATCH_SOURCE))
        options = history_database.version_table_options(self.task.environment)
        context = MigrationContext.configure(connection, opts=options)
        recorder = Recorder(context, connection, self.settings, RunState(step=self.step))
        for sql in self.executed:
            recorder.execute_as_is(sql)
        self.recorder = recorder
        return recorder

    def _create_database(self, databases: ScratchServer) -> str:
        """Return the name of a new database in which the script begins."""
        from alembic_pg.revisions import history_database  # noqa: PLC0415  # most scripts ask nothing

        before = tuple(self.step.from_revisions)
        return history_database.create_at_revisions(databases, self.task.environment, before)

    def _execute(self, recorder: Recorder, sql: str) -> None:
        try:
            recorder.execute_as_is(sql)
        except DBAPIError as error:
            self.no_answer_reason = errors.describe_error(error)

    @contextmanager
    def _suspend_script(self) -> Iterator[None]:
        """Let revisions run in the block while one is being written."""
        options: Any = self.task.environment.context_opts
        written = op._proxy  # type: ignore[attr-defined]  # noqa: SLF001  # no public name
        options["as_sql"] = False
        try:
            yield
        finally:
            options["as_sql"] = True
            written._install_proxy()  # noqa: SLF001


def _statements_after(every: Sequence[str], sql: str) -> Sequence[str]:
    """Return the statements after one, none where it is not known which one it is."""
    return every[every.index(sql) + 1 :] if every.count(sql) == 1 else ()


def _is_named_alike(one: str, other: str) -> bool:
    return normalized_name(one) == normalized_name(other)


def _may_share_schema(index: str, table: str) -> bool:
    """Return whether an index may be of a table's schema: one that is not written may be any."""
    schemas = {Cursor(name, default_schema="").qualified_name()[0] for name in (index, table)}
    return len(schemas) == 1 or "" in schemas
