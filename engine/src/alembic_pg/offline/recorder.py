"""Run a statement's strategy on a scratch database, and record each step for the script.

The decisions are the run's own, on a database that the revisions before have built. What depends on
rows is written so that the script finds it out when it is executed.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from alembic_pg.database import server_features
from alembic_pg.offline import batch_blocks, plpgsql_blocks, psql_commands
from alembic_pg.offline.script_journal import ScriptJournal
from alembic_pg.online import dispatch
from alembic_pg.online.backfill import batch_settings, batches
from alembic_pg.online.run import journal, transactions
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.revision_runner import Runner
from alembic_pg.online.run.signals import PreparedSwap, ReplayError
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.sql import parser
from alembic_pg.sql import statements as sql_statements
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import BatchFiller
    from alembic_pg.online.strategies.strategy import Decision
    from alembic_pg.sql.row_ranges import RowChange

_T = TypeVar("_T")

_COLUMN_TYPE = """
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attname = :column AND NOT attisdropped
"""


@dataclass
class Recorder(Runner):
    """Run strategies on a scratch database, and record their steps.

    script_steps: the steps so far, none of which may stand in a transaction.
    open_statements: the statements of the short transaction that is open, None without one.
    cleanup: the statements that drop what a strategy has made so far.
    size_tables: the tables whose size decides which steps are taken.
    heading: a comment for the next step.
    """

    may_postpone: ClassVar[bool] = False

    batch_filler: BatchFiller = batches.change_rows
    script_steps: list[str] = field(default_factory=list)
    open_statements: list[str] | None = None
    cleanup: Sequence[str] = ()
    size_tables: set[str] = field(default_factory=set)
    heading: str = ""

    def record(self, sql: str, noted: ScriptJournal) -> list[str] | PreparedSwap:
        """Do what a run would do on a large table, and return its steps; none where it has none.

        noted: what the script notes.
        executed, prepared_swaps and swapped_columns are those of the open transaction.
        Raises CommitBeforeError where a part of it is to be committed before, RefusedError for
        what a run would refuse, DBAPIError or UserError for what is not possible; some may be done
        then.
        """
        self.begin_statement(noted)
        with self.connection.begin():
            statement = parser.parse(sql)
            checks = (
                _type_change_checks(self, statement)
                if isinstance(statement, sql_statements.AlterColumnType)
                else []
            )
            work = dispatch.choose_strategy(self, sql, in_batches=False)
            # A constraint that a swap renames has not the same name everywhere.
            self.version = self.version if checks else server_features.OLDEST_VERSION
        if work is None:
            return []
        tables, key = frozenset(self.size_tables), journal.statement_key(sql)
        self.script_steps += checks
        try:
            work.run(key)
        except ReplayError as replay:
            return PreparedSwap(sql, tables, self.script_steps, self._swap_statements(replay, work))
        return self.recorded_steps(tables, sql, *noted.copy().done_statements(key))

    def begin_statement(self, noted: ScriptJournal) -> None:
        """Forget the statement before. noted: as record() has it."""
        self.script_steps, self.cleanup, self.size_tables = [], (), set()
        self.running = RunState(step=self.running.step)
        self.journal, self.postponed = noted.copy(), []
        self.read_server_state(lock_timeout=0)

    def recorded_steps(self, tables: frozenset[str], *small: str) -> list[str]:
        """Return the steps that were recorded, and statements in their place where all is small.

        tables: whose size decides.
        """
        transactions.commit(self.context)
        other = plpgsql_blocks.retry_block(self.settings, *small)
        return psql_commands.steps_if_large(self.settings, tables, self.script_steps, other)

    def _swap_statements(self, replay: ReplayError, work: Decision) -> list[str]:
        """Prepare what is swapped in the open transaction; return the statements of the swap."""
        replay.prepare()
        self.prepared_swaps[replay.key] = replay.undo
        swap: list[str] = []
        self.open_statements = swap
        with self.connection.begin():
            work.run(replay.key)
        self.open_statements = None
        return swap

    def execute_as_is(self, sql: str) -> None:
        """Execute a statement as it stands, each in its own transaction."""
        self.remember_cascade(sql)
        with transactions.autocommit(self.connection):
            super().execute(sql)

    def find_relation(self, name: str) -> Relation | None:
        """Return what a statement calls by a name; nobody knows how large it is elsewhere."""
        found = super().find_relation(name)
        if found is not None and found.kind in {"r", "p"}:
            self.size_tables.add(quote_name(found.schema, found.name))
        return found and replace(found, size=self.settings.large_table + 1)

    def execute(self, statement: str) -> int:
        """Execute a statement, and keep it where it is part of a step."""
        if self.open_statements is not None:
            self.open_statements.append(statement)
        return 0 if self._is_note(statement) else super().execute(statement)

    def _is_note(self, statement: str) -> bool:
        """Return whether a statement notes what a script does, which is not this database."""
        return isinstance(self.journal, ScriptJournal) and statement in self.journal.written

    def execute_all(self, statements: Iterable[str]) -> int:
        """Execute statements one by one: each is one of the script's."""
        return sum([self.execute(statement) for statement in statements][-1:])

    def value_after(self, statements: Sequence[str], question: str) -> Any:  # noqa: ANN401  # any value
        """Execute and keep statements; return what a question after them answers."""
        self.execute_all(statements)
        return self.scalar(question)

    @contextmanager
    def undone_at_end(self) -> Iterator[None]:
        """Undo at the end what the block executes, and do not keep it."""
        kept, self.open_statements = self.open_statements, None
        try:
            with super().undone_at_end():
                yield
        finally:
            self.open_statements = kept

    def run_with_retries(
        self, work: Callable[[], _T], *statements: str, one_message: bool = False
    ) -> _T:
        """Do some work in a short transaction, and write it as one that is tried again."""
        del statements, one_message  # each statement is sent by itself, to be written
        self.open_statements = []
        try:
            with self.connection.begin():
                result = work()
            if self.open_statements:
                self._write_step(
                    plpgsql_blocks.retry_block(
                        self.settings, plpgsql_blocks.HIDE_NOTICES, *self.open_statements
                    )
                )
        finally:
            self.open_statements = None
        return result

    def run_long(self, *statements: str) -> None:
        """Execute and write statements that may take their time."""
        with self.connection.begin():
            self.execute_all(statements)
        self.script_steps += statements

    def run_concurrently(self, statement: str) -> None:
        """Execute and write a statement that PostgreSQL refuses in a transaction."""
        self.execute_as_is(statement)
        parsed = parser.parse(statement)
        if isinstance(parsed, sql_statements.CreateIndex):
            self.script_steps.append(psql_commands.drop_invalid_index(parsed.table, parsed.name))
        self.script_steps.append(statement)

    def run_for_its_error(self, statement: str) -> None:
        """Execute a statement whose error, or silence, is PostgreSQL's own."""
        self.execute_as_is(statement)

    def short_limits(self) -> list[str]:
        """Return nothing: each block of the script has its limits."""
        return []

    def end_limits(self) -> list[str]:
        """Return nothing: a block of the script ends with its transaction."""
        return []

    def lock_statements(self, statements: Sequence[str]) -> list[str]:
        """Return nothing: the script tries as often as it says."""
        del statements
        return []

    def warn(self, text: str) -> None:
        """Write what a person is to know."""
        self.heading = psql_commands.comment_lines(text)

    def execute_later(self, statements: Sequence[str]) -> None:
        """Execute statements of the open transaction, and keep them."""
        self.execute_all(statements)

    def _write_step(self, step: str) -> None:
        self.script_steps.append(self.heading + step)
        self.heading = ""

    def remember_cleanup(self, *statements: str) -> None:
        """Take away what an earlier try of the script has left, and remember how."""
        self.cleanup = statements
        self.run_short(*statements)

    def change_in_batches(
        self,
        table: Relation,
        rows: RowChange,
        *,
        unseen: bool = False,
        quiet: bool = False,
        first: Sequence[str] = (),
    ) -> None:
        """Write what changes many rows, and change those that the revisions have made."""
        begins = batch_settings.setup_statements(self, table, first, unseen=unseen)
        on = quote_name(table.schema, table.name)
        work = batch_blocks.backfill_block(
            self.settings, on, rows, first=begins, quiet=quiet, undo=self.cleanup
        )
        self.execute_as_is(work)
        self.script_steps.append(work)

    def has_row(self, query: str, first: Sequence[str], why: str) -> bool:
        """Write what fails where a query finds a row."""
        found = super().has_row(query, first, why)
        self.script_steps.append(
            plpgsql_blocks.expect_no_row_block(
                self.settings, query, first=first, why=why, undo=self.cleanup
            )
        )
        return found


def _type_change_checks(runner: Recorder, statement: sql_statements.AlterColumnType) -> list[str]:
    """Return what fails where a change of type is another one than the one that was asked for.

    On another version, or, done already, in a second try: its values would be changed again.
    """
    column = catalog_name(statement.column)
    kind = runner.first_value(_COLUMN_TYPE, table=statement.table, column=column)
    version = server_features.major_of(runner.version)
    found = (
        _COLUMN_TYPE.strip()
        .replace(":table", quote_literal(statement.table))
        .replace(":column", quote_literal(column))
    )
    return [
        plpgsql_blocks.expect_condition_block(
            f"current_setting('server_version_num')::int / 10000 = {version}",
            f"the next steps are those of PostgreSQL {version}: let SHADOW_DATABASE_URL name "
            "a server of this one's version, and write the script anew",
        ),
        plpgsql_blocks.expect_condition_block(
            f"({found}) = {quote_literal(str(kind))}",
            f"{statement.column} of {statement.table} is not {kind}: "
            "leave out the steps that are done",
        ),
    ]
