"""What --sql asks: a scratch database that the revisions before have built.

It is made when a statement asks for the first time. From there on each statement of the revision is
executed in it, too, so that the next one meets what it will meet.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic import op
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.offline.open_transaction import OpenTransaction
from alembic_pg.online.run import dropped_objects
from alembic_pg.online.run.signals import NoStepsError, RefusedError
from alembic_pg.revisions.current_revision import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.offline.recorder import Recorder
    from alembic_pg.online.run.signals import PreparedSwap
    from alembic_pg.options import Settings

_NO_SERVER = (
    "there is no server for scratch databases: set SHADOW_DATABASE_URL, "
    "or install the development dependencies"
)


@dataclass
class Rehearsal:
    """The revision at work; stack: closes the scratch server at the end.

    said: the statements of the revision so far. why: what keeps it from being asked, "" without.
    told: whether that was said. done: whether the last statement that asked is executed already.
    tables: those known to have no partitions, and their indexes. opened: the open transaction.
    """

    task: AlembicCommand
    settings: Settings
    stack: ExitStack
    step: Any = None
    said: list[str] = field(default_factory=list)
    why: str = ""
    told: bool = False
    done: bool = False
    server: ScratchServer | None = None
    tables: set[str] | None = None
    recorder: Recorder | None = None
    opened: OpenTransaction | None = None
    revision: ExitStack = field(default_factory=ExitStack)

    def turn(self, step: Any) -> None:  # noqa: ANN401  # Alembic's step
        """Turn to another revision."""
        self.revision.close()
        self.recorder, self.step, self.done = None, step, False
        self.said.clear()
        if self.server is not None:
            self.why, self.told = "", False

    def ask(self, sql: str) -> list[str] | PreparedSwap:
        """Return the steps of a statement, none where it needs but a moment.

        Raises UnansweredError, whose text says why nobody knows, or what is in the way; CutError
        where a part of the open transaction is to be committed before.
        """
        try:
            recorder = self._able()
            opened = self.opened or OpenTransaction()
            recorder.said = list(opened.said)
            recorder.prepared, recorder.swapped = opened.prepared, opened.swapped
            with self._aside():
                steps = recorder.record(sql)
        except RefusedError as error:
            # A run says how to let it: here it stands as it is.
            raise NoStepsError(str(error).partition("stops: ")[2].splitlines()[0]) from error
        except (UserError, DBAPIError) as error:
            self._tell(
                errors.describe_error(error) if isinstance(error, DBAPIError) else str(error)
            )
            raise NoStepsError(self.why) from error
        self.done = bool(steps)
        return steps

    def missing(self) -> str:
        """Return what would be missing if the open transaction ended here, "" for nothing."""
        if self.opened is None or not self.opened.said:
            return ""
        with self._aside():
            return next(dropped_objects.find_recreated(self.opened.said, self.step), "")

    def _able(self) -> Recorder:
        if self.why:
            raise UserError(self.why)
        return self.recorder or self._opened()

    def plain(self, name: str) -> bool:
        """Return whether a table or index is known to be none with partitions, since before all."""
        if self.tables is None:
            from alembic_pg.offline import unpartitioned_tables  # noqa: PLC0415  # most scripts ask nothing

            script = self.task.environment.script
            before = tuple(self.step.from_revisions)
            revisions = list(script.walk_revisions(head=before))[::-1] if before else []  # type: ignore[arg-type]  # it takes several
            with self._aside():
                self.tables = unpartitioned_tables.unpartitioned_names(revisions)
        return name in self.tables

    def follow(self, sql: str) -> None:
        """Know of a statement that was written."""
        if self.recorder is None:
            self.said.append(sql)
        elif not (self.done or self.why):
            self._execute(self.recorder, sql)
        self.done = False

    def _tell(self, why: str) -> None:
        """Let nothing more be asked, and say so once."""
        self.why = " ".join(why.split()).rstrip(".")
        if not self.told:
            label, what = RunState(step=self.step).label, "what may write a table anew"
            sys.stderr.write(f"{label}: {what} stands in the script as it is: {self.why}.\n")
        self.told = True

    def _opened(self) -> Recorder:
        from alembic_pg.database import scratch  # noqa: PLC0415
        from alembic_pg.database.connect import connect  # noqa: PLC0415
        from alembic_pg.offline.recorder import Recorder  # noqa: PLC0415
        from alembic_pg.revisions import history_database  # noqa: PLC0415  # most scripts ask nothing

        if self.server is None:
            if not scratch.has_scratch_server():
                raise UserError(_NO_SERVER)
            self.server = self.stack.enter_context(scratch.scratch_server(self.task.root))
            self.stack.callback(self.revision.close)
        databases = self.server
        with self._aside():
            name = history_database.create_at_revisions(
                databases, self.task.environment, tuple(self.step.from_revisions)
            )
        self.revision.callback(databases.drop_in_background, name)
        place = databases.database_url(name)
        connection = self.revision.enter_context(connect(place, source=SCRATCH_SOURCE))
        options = history_database.version_table_options(self.task.environment)
        context = MigrationContext.configure(connection, opts=options)
        recorder = Recorder(context, connection, self.settings, RunState(step=self.step))
        for sql in self.said:
            recorder.follow(sql)
        self.recorder = recorder
        return recorder

    def _execute(self, recorder: Recorder, sql: str) -> None:
        try:
            recorder.follow(sql)
        except DBAPIError as error:
            self.why = errors.describe_error(error)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Let revisions run in the block while one is being written."""
        options: Any = self.task.environment.context_opts
        written = op._proxy  # type: ignore[attr-defined]  # noqa: SLF001  # no public name
        options["as_sql"] = False
        try:
            yield
        finally:
            options["as_sql"] = True
            written._install_proxy()  # noqa: SLF001
