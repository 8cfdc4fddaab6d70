"""Know what a revision's open transaction has done, and send it in as few messages as can be."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from alembic_pg.database import time_limits
from alembic_pg.online.locks import lock_retry, wait_for_blockers
from alembic_pg.online.locks.new_tables_first import new_tables_first
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.executor import Executor
from alembic_pg.online.run.signals import PostponedDrop, PostponedValidation
from alembic_pg.online.run.statement_queue import StatementQueue
from alembic_pg.revisions.statements import step_blocks, step_statements, step_texts
from alembic_pg.sql import parser, session_statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.signals import PostponedStatement

_IS_ON_PATH = "SELECT CAST(:schema AS name) = ANY (current_schemas(true))"


@dataclass
class OpenTransaction(Executor):
    """The transaction of a revision, between two steps that commit.

    may_postpone: whether a statement can wait for the end of the transaction.

    Of the revision:
    revision_budget: the tries of its transactions.

    Of the open transaction:
    executed: the revision's statements.
    cascades: what goes with the objects that some of them drop, as statements of its own.
    queue: those of them that the server does not have yet.
    swapped_columns: the columns that were swapped, by the table's oid and the column's name.
    postponed: what waits for the statements that follow.
    statement_at_work: the one of the revision that is being executed, "" between two.
    met: how often each statement of the revision was met.
    """

    may_postpone: ClassVar[bool] = True

    revision_budget: lock_retry.RetryBudget | None = None

    executed: list[str] = field(default_factory=list)
    cascades: dict[str, list[str]] = field(default_factory=dict)
    queue: StatementQueue = field(default_factory=StatementQueue)
    swapped_columns: set[tuple[int, str]] = field(default_factory=set)
    postponed: list[PostponedStatement] = field(default_factory=list)
    statement_at_work: str = ""
    met: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """Begin the revision's next transaction."""
        self.forget_open_transaction()
        super().begin()

    def forget_open_transaction(self) -> None:
        """Forget what the open transaction has done: it is over."""
        self.queue.clear()
        self.executed.clear()
        self.cascades.clear()
        self.swapped_columns.clear()

    def send_last(self, statements: Sequence[str]) -> None:
        """Send the last statements of the transaction with those that wait."""
        self.send_queued(*statements, last=True)

    def can_wait(self, sql: str) -> bool:
        """Return whether a statement may go to the server with those that follow."""
        alone = self.in_autocommit_block or self.connection.in_nested_transaction()
        return not alone and self.queue.can_take(sql)

    def execute_later(self, statements: Sequence[str]) -> None:
        """Let statements go to the server with those that follow."""
        self.queue.add(*statements, opens=not self.executed)

    def send_queued(self, *more: str, last: bool = False) -> None:
        """Send the statements that wait, and more, in one message. last: whether COMMIT is next."""
        texts, opens = [*self.queue.texts, *more], self.queue.opens and bool(self.queue.texts)
        self.queue.clear()
        if opens and self.revision_budget is not None:
            wait_for_blockers.wait(self, self.settings, texts, self.revision_budget)
        hold = time_limits.last_message() if last else time_limits.open_locks(self.settings)
        # Nobody waits for a table that is not there yet.
        new, others = new_tables_first(texts) if opens else ([], texts)
        locks = self.lock_statements(others) if opens else []
        self.execute_all([*(hold if texts else []), *new, *locks, *others])

    def wait_for_blockers(self, statement: str) -> None:
        """Wait for long transactions, before the first statement of the revision's own."""
        if self.revision_budget is not None and not self.executed and not self.in_autocommit_block:
            wait_for_blockers.wait(self, self.settings, [statement], self.revision_budget)

    def remember_setting(self, sql: str) -> None:
        """Remember what a statement of the revision has set for those after it."""
        if session_statements.is_transaction_setting(sql) and not self.in_autocommit_block:
            self.local_settings.append(sql)
        if session_statements.sets_search_path(sql):
            self.running.path_setting = sql

    def wait_for_retry(self, budget: lock_retry.RetryBudget, statement: str) -> None:
        """Wait before the revision is tried again, its transaction being rolled back.

        statement: did not get its lock. Raises UserError when there was enough of it.
        """
        budget.pause_or_give_up(self.connection, statement, self.running.path_setting)
        if not self.running.path_setting:  # else its names mean others until that is set again
            wait_for_blockers.wait(self, self.settings, [statement], budget)

    def remember_cascade(self, sql: str) -> list[str]:
        """Learn what goes with the objects that a statement is about to drop; return it.

        What statements that wait have made again is left out: it may hang on other things by now.
        """
        if "CASCADE" not in sql.upper():
            return []
        from alembic_pg.revisions import cascaded_drops  # noqa: PLC0415  # rare

        found = cascaded_drops.drops_that_follow(self, sql)
        made = self.queue.changed_names
        self.cascades[sql] = kept = [one for one in found if not made & {*_names_in(one)}]
        return kept

    def dropped_defaults(self, table: Relation) -> set[str]:
        """Return the columns of a table whose defaults are dropped by statements that wait."""
        found: set[str] = set()
        for sql in self.queue.texts:
            dropped, statement = session_statements.dropped_default(sql), parser.parse(sql)
            named = self.find_relation(statement.table) if dropped and statement else None
            if dropped and named and named.oid == table.oid:
                found.add(dropped[1])
        return found

    def alter_copy(self, table: Relation) -> None:
        """Let an empty copy of a table lack what goes by a statement that waits."""
        for column in self.dropped_defaults(table):
            name = quote_name(column)
            self.execute(f"ALTER TABLE {probe_table.PROBE_TABLE} ALTER COLUMN {name} DROP DEFAULT")
        due = [one for one in self.postponed_drops() if one.index and not self._lasts(one)]
        drops = [
            f"DROP INDEX IF EXISTS pg_temp.{quote_name(one.index)}"
            for one in due
            if one.name == quote_name(table.schema, one.index)
        ]
        if drops:
            self.execute_all([probe_table.NAME_INDEXES.format(table=table.oid), *drops])

    def run_pending(self, *, replaced: bool = True) -> None:
        """Run what was postponed, but for what waits for later statements than this one.

        replaced: run also what this one may put another one into the place of.
        """
        waiting, self.postponed = self.postponed, []
        for one in waiting:
            if isinstance(one, PostponedDrop) and self._lasts(one, replaced=replaced):
                self.postponed.append(one)
            else:
                one.run()

    def postponed_validation(self) -> PostponedValidation | None:
        """Return the validation that waits for the transaction's end, None where none does."""
        return next((one for one in self.postponed if isinstance(one, PostponedValidation)), None)

    def is_relation(self, name: str, oid: int) -> bool:
        """Return whether a name, as a statement has it, is that of a relation."""
        found = self.find_relation(name)
        return found is not None and found.oid == oid

    def is_same_relation(self, one: str, other: str) -> bool:
        """Return whether two names, as statements have them, are those of one relation."""
        found = self.find_relation(one)
        return found is not None and self.is_relation(other, found.oid)

    def may_share_schema(self, index: str, table: str) -> bool:
        """Return whether an index that is dropped may have been of a table's schema.

        Both are named as statements have them. One without a schema was of the search_path's.
        """
        found = self.find_relation(table)
        if found is None:
            return True
        schema, _ = Cursor(index, default_schema="").qualified_name()
        if schema:
            return schema == found.schema
        return bool(self.first_value(_IS_ON_PATH, schema=found.schema))

    def postponed_drop(self, name: str) -> PostponedDrop | None:
        """Return the drop of an object by its name that waits, None where none does."""
        return next((one for one in self.postponed_drops() if one.name == name), None)

    def postponed_drops(self) -> list[PostponedDrop]:
        """Return the drops that wait."""
        return [one for one in self.postponed if isinstance(one, PostponedDrop)]

    def _lasts(self, drop: PostponedDrop, *, replaced: bool = True) -> bool:
        """Return whether a drop waits at the statement at work. replaced: as in run_pending()."""
        return drop.wait.lasts_at(self.statement_at_work, replaced=replaced)

    def revision_statements(self) -> Sequence[str]:
        """Return the statements of the revision, none where they are not known before it runs."""
        return step_statements(self.running.step)

    def following_statements(self, sql: str) -> Sequence[str]:
        """Return the statements of the revision after one, none where they are not known.

        Those of an autocommit block end with it, and those before one with its beginning. Of a
        text that the revision has more than once, the last one that was met counts.
        """
        every = self.revision_statements()
        places = [place for place, one in enumerate(every) if one == sql]
        which = self.met[sql] - 1 if len(places) > 1 else 0
        if not 0 <= which < len(places):
            return ()
        place, blocks = places[which], step_blocks(self.running.step)
        if len(blocks) != len(every):  # of a revision that has no file yet
            return every[place + 1 :]
        alike = itertools.takewhile(
            lambda at: blocks[at] == blocks[place], range(place + 1, len(every))
        )
        return [every[at] for at in alike]

    def revision_texts(self) -> Sequence[str]:
        """Return the statements of the revision, or what may be some where they are not known."""
        return self.revision_statements() or step_texts(self.running.step)

    def remember_refusal(self, error: BaseException | None) -> None:
        """Let the message of a failure name the event trigger that has refused a statement."""
        from alembic_pg.online.run import refusing_event_trigger as trigger  # noqa: PLC0415  # rare

        trigger.remember(self, error)


def _names_in(sql: str) -> Iterator[str]:
    """Yield the names that a schema's name stands before."""
    for before, token in itertools.pairwise(tokenize(sql)):
        if before.text == ".":
            yield token.identifier
