"""Decide how a run would execute each statement, with the run's own code, and roll everything back.

Where the decision needs the server, an empty temporary copy is asked, in a transaction that is
rolled back. What earlier statements of the plan would have changed is repeated on that copy only.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_pg.online import dispatch
from alembic_pg.online.backfill import batches
from alembic_pg.online.run import dropped_objects
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import PostponedValidation, RefusedError
from alembic_pg.online.strategies import alter_domain, change_type_at_once
from alembic_pg.online.strategies.strategy import ExecutionSummary
from alembic_pg.plan import plain_statement
from alembic_pg.plan.earlier_statements import EarlierStatements
from alembic_pg.plan.planned_drops import DROPS, PlannedDrops
from alembic_pg.sql import lock_modes, parser, plpgsql, session_statements, statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import BatchFiller
    from alembic_pg.online.strategies.strategy import Decision
    from alembic_pg.plan.event_triggers import EventTrigger
    from alembic_pg.plan.search_path import FollowedPath
    from alembic_pg.revisions.statements import RevisionStatement

# A value that an enum has.
_FIRST_LABEL = """
SELECT enumlabel FROM pg_enum WHERE enumtypid = to_regtype(:name) ORDER BY enumsortorder LIMIT 1
"""

REFUSED = "refused unless the revision names it"
LACKS_RIGHT = "refused to this role"


@dataclass
class Planner(PlannedDrops):
    """Decide as a run does, and commit nothing.

    Of the plan:
    use_strategies: whether statements run by their strategies.
    search_path: where a statement so far has set it.
    event_triggers: those of the target that may refuse something.

    Of the revision:
    refusals: what the run would stop with.
    warnings: what the run would tell.
    written: the statements of a revision that is about to be written, in the order that it has.
    """

    batch_filler: BatchFiller = batches.change_rows
    use_strategies: bool = True
    search_path: FollowedPath | None = None
    refusals: list[RefusedError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    event_triggers: Sequence[EventTrigger] = ()
    written: Sequence[str] = ()

    def start(self) -> None:
        """Learn what is there; the connection has no transaction before and after, nor end()."""
        self.earlier = EarlierStatements()
        self.read_server_state(self.settings.lock_timeout or 300)

    def end(self) -> None:
        """Leave the session as it was."""
        self.running.step, self.running.path_setting = None, ""
        if self.search_path is not None:
            self.search_path.end()

    def start_revision(self) -> None:
        """Begin with the next revision."""
        if self.search_path is not None:
            self.search_path.end_revision()
            self.earlier.schema = self.search_path.schema
        self.running.path_setting = ""
        self.single_transaction_reason = self.no_journal_reason
        self.refusals.clear()
        self.warnings.clear()
        self._forget_first(len(self.executed))
        self.in_autocommit_block = False
        self.remember_due_drops("")
        self.postponed = []
        self.met.clear()
        self.backfill_statements.clear()

    def summarize(self, statement: RevisionStatement) -> ExecutionSummary:
        """Return how a statement runs, and remember what it changes."""
        with self._looking_at(statement) as known:
            how = self._summarize(known)
            self._remember(known.sql, how)
        return how

    def revision_statements(self) -> Sequence[str]:
        """Return the statements of the revision, those too of one that has no file yet."""
        return self.written or super().revision_statements()

    def look_for_refusals(self, statement: RevisionStatement) -> None:
        """Collect what the run would refuse, as summarize() does, without what a person reads."""
        with self._looking_at(statement) as known:
            how = self._summarize_strategy(known)
            self._remember(known.sql, how)

    @contextmanager
    def _looking_at(self, statement: RevisionStatement) -> Iterator[RevisionStatement]:
        """Yield a statement as the server can be asked about it, and undo what it is asked."""
        self._follow_autocommit_block(entered=statement.in_autocommit_block)
        with self.connection.begin() as transaction:
            known = replace(statement, sql=self.earlier.with_known_labels(statement.sql))
            self.in_statement, self.statement_text, self.remade = True, known.sql, set()
            self.met[known.sql] += 1
            try:
                yield known
            finally:
                self.in_statement = False
            transaction.rollback()
        self._follow_search_path(statement.sql)

    def _follow_search_path(self, sql: str) -> None:
        """Let names mean what they mean after a statement."""
        if session_statements.sets_search_path(sql):
            from alembic_pg.plan.search_path import FollowedPath  # noqa: PLC0415  # rare

            self.search_path = self.search_path or FollowedPath(self)
            self.search_path.follow(sql)
            self.running.path_setting = sql
            self.earlier.schema = self.search_path.schema

    def _follow_autocommit_block(self, *, entered: bool) -> None:
        """Let the open transaction be over where an autocommit block begins or ends."""
        if entered != self.in_autocommit_block:
            self.remember_due_drops("")
            self.postponed = []
        if self.in_autocommit_block and not entered:
            self._forget_first(len(self.executed))
        self.in_autocommit_block = entered

    def summarize_refused(self, statement: RevisionStatement) -> ExecutionSummary:
        """Return what is shown of a statement that the role may not execute; ask it nothing.

        The same role may make no copy of the table, either.
        """
        self.current_table = next(iter(self.tables_of(statement.sql)), None)
        self.executed.append(statement.sql)
        self._remember_changes(statement.sql)
        return ExecutionSummary("", lock_modes.strongest_lock(statement.sql)[0], LACKS_RIGHT)

    def warn(self, text: str) -> None:
        """Keep what the run would tell, for the plan."""
        if text not in self.warnings:
            self.warnings.append(text)

    def tables_of(self, sql: str) -> list[Relation]:
        """Return the tables and views that a statement is about, which were there before."""
        statement = parser.parse(sql)
        if isinstance(statement, statements.AlterDomain):
            return [*alter_domain.tables_of_domain(self, statement.table)]
        names = [statement.table] if statement is not None and statement.table else []
        if not names:
            parts = plpgsql.all_statements(sql)
            names = [name for part in parts for name in lock_modes.locked_tables(part)[1]]
        found = map(self.find_relation, names)
        return [
            one for one in found if one and (one.oid in self.existing_tables or one.kind == "v")
        ]

    def _summarize(self, statement: RevisionStatement) -> ExecutionSummary:
        return self._summarize_strategy(statement) or plain_statement.summarize(
            self, statement.sql, self.current_table
        )

    def _summarize_strategy(self, statement: RevisionStatement) -> ExecutionSummary | None:
        """Return how a statement runs that is refused, or has a strategy; None for another one."""
        sql = statement.sql
        self.current_table = next(iter(self.tables_of(sql)), None)
        if not self.use_strategies:
            return None
        self.remember_due_drops(sql, replaced=False)
        try:
            work = dispatch.choose_strategy(self, sql, in_batches=statement.in_batches)
            self._begin_swap(sql, work)
        except RefusedError as refusal:
            self.refusals.append(refusal)
            return ExecutionSummary("", lock_modes.strongest_lock(sql)[0], REFUSED)
        self.remember_due_drops(sql)
        self.let_drop_wait(sql, work)
        return work.summary if work is not None else None

    def _begin_swap(self, sql: str, work: Decision | None) -> None:
        """Let executed be what is one transaction with the swap of a statement, if it is one.

        Raises RefusedError where it does not go with what was dropped before.
        """
        table, statement = self.current_table, parser.parse(sql)
        if not _swaps(sql, work.summary if work is not None else None) or table is None:
            return
        assert isinstance(statement, statements.AlterColumnType), "it swaps"  # noqa: S101
        from alembic_pg.online.column_swap import swap_transaction  # noqa: PLC0415  # rare

        begin = swap_transaction.joined_from(self, table, catalog_name(statement.column))
        if begin is None:
            dropped_objects.refuse_missing_objects(self, table)
        self._forget_first(len(self.executed) if begin is None else begin)

    def _forget_first(self, number: int) -> None:
        """Forget so many statements of the open transaction, which is committed after them."""
        del self.executed[:number]
        self.swapped_columns.clear()

    def _remember(self, sql: str, how: ExecutionSummary | None) -> None:
        """Remember that a statement ran, in steps or not, and what later ones meet."""
        swaps, later = _swaps(sql, how), self._later_validation(sql, how)
        joins = later is not None or (swaps and bool(self.executed))
        if how is not None and how.steps and not joins:
            self._forget_first(len(self.executed))
            self.postponed = [*self.postponed_drops()]
        elif joins and self.current_table is not None:
            self._remember_swapped(sql, self.current_table)
        if later is not None:
            self.postponed = [*self.postponed_drops(), later]
        if not self.in_autocommit_block and how not in DROPS:
            self.executed.append(session_statements.SWAP_ENTRY if swaps else sql)
        if not self.waits(sql):
            self._remember_changes(sql)

    def _remember_swapped(self, sql: str, table: Relation) -> None:
        """Remember the column that a statement changes."""
        statement = parser.parse(sql)
        if isinstance(statement, statements.AlterColumnType):
            self.swapped_columns.add((table.oid, catalog_name(statement.column)))

    def _later_validation(
        self, sql: str, how: ExecutionSummary | None
    ) -> PostponedValidation | None:
        """Return the CHECKs that a change of type leaves for the end of the transaction, if any."""
        statement, table = parser.parse(sql), self.current_table
        if (
            how == change_type_at_once.change_and_validate.summary
            and isinstance(statement, statements.AlterColumnType)
            and table is not None
            and change_type_at_once.validates_later(self, statement, table)
        ):
            return PostponedValidation("", lambda: None, table.oid)
        return None

    def _remember_changes(self, sql: str) -> None:
        """Remember what later statements meet."""
        if session_statements.binds_to_session(sql):
            self.single_transaction_reason = (
                "has made what is there for one transaction or session only"
            )
        for part in (*plpgsql.all_statements(sql), *self.goes_with_cascade(sql)):
            table = self.current_table if part == sql else next(iter(self.tables_of(part)), None)
            enum = parser.parse(part)
            if isinstance(enum, statements.AddEnumValue):
                self._remember_label(enum)
            self.earlier.remember(part, table)

    def _remember_label(self, statement: statements.AddEnumValue) -> None:
        """Remember what stands for a value of an enum that nothing can use before its commit."""
        known = self.first_value(_FIRST_LABEL, name=statement.table)
        value = tokenize(statement.value)[0]
        if known is not None and value.kind == "string":
            self.earlier.labels[unquote_literal(value.text)] = str(known)


def _swaps(sql: str, how: ExecutionSummary | None) -> bool:
    """Return whether a second column takes the place of one. how: a statement runs."""
    return (
        how is not None
        and bool(how.steps)
        and how != change_type_at_once.change_and_validate.summary
        and isinstance(parser.parse(sql), statements.AlterColumnType)
    )
