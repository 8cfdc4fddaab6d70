"""Decide how a run would execute each statement, with the run's own code, and roll everything back.

Where the decision needs the server, an empty temporary copy is asked, in a transaction that is
rolled back. What earlier statements of the plan would have changed is repeated on that copy only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database.session import as_message
from alembic_pg.online import dispatch
from alembic_pg.online.backfill import batches
from alembic_pg.online.column_swap import preconditions
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.revision_runner import Runner
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.plan.strategy_summary import (
    METADATA_ONLY,
    REWRITE,
    SCAN,
    ExecutionSummary,
    summarize_strategy,
)
from alembic_pg.sql import lock_modes, parser, session_statements, split, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import BatchFiller
    from alembic_pg.plan.event_triggers import EventTrigger
    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.sql.cursor import QualifiedName

# What hangs on a column, without what the plan has dropped before.
_IGNORE_DROPPED = """
  AND NOT (classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_rewrite AS r
    JOIN pg_class AS v ON v.oid = ev_class JOIN pg_namespace AS n ON n.oid = v.relnamespace
    WHERE r.oid = objid AND nspname || '.' || v.relname = ANY (:gone)))
  AND NOT (classid = 'pg_policy'::regclass AND EXISTS (
    SELECT FROM pg_policy AS p WHERE p.oid = objid AND polname = ANY (:gone)))
  AND NOT (classid = 'pg_trigger'::regclass AND EXISTS (
    SELECT FROM pg_trigger AS t WHERE t.oid = objid AND tgname = ANY (:gone)))
"""

# By another name, a copy is not found again.
_RENAME_OR_MOVE = re.compile(r"RENAME\s+TO\b|SET\s+SCHEMA\b", re.IGNORECASE)

REFUSED = "refused unless the revision names it"
LACKS_RIGHT = "refused to this role"


@dataclass
class Planner(Runner):
    """Decide as a run does, and commit nothing.

    Of the plan:
    use_strategies: whether statements run by their strategies.
    assume_large: whether every table is taken for a large one.
    created_tables, renamed_tables, dropped: what the statements so far have made, renamed, dropped.
    altered_actions: the actions of their ALTER TABLE, by the table's oid.
    event_triggers: those of the target that may refuse something.

    Of the revision:
    refusals: what the run would stop with.
    warnings: what the run would tell.

    Of the statement:
    current_table: the table that it is about.
    """

    batch_filler: BatchFiller = batches.change_rows
    use_strategies: bool = True
    assume_large: bool = False
    refusals: list[RefusedError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    created_tables: set[QualifiedName] = field(default_factory=set)
    renamed_tables: dict[QualifiedName, QualifiedName] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    altered_actions: dict[int, list[str]] = field(default_factory=dict)
    event_triggers: Sequence[EventTrigger] = ()
    current_table: Relation | None = None

    def start(self) -> None:
        """Learn what is there; the connection has no transaction before and after."""
        self.read_server_state(self.settings.lock_timeout or 300)

    def start_revision(self) -> None:
        """Begin with the next revision."""
        self.single_transaction_reason = self.no_journal_reason
        self.refusals.clear()
        self.warnings.clear()
        self.executed.clear()
        self.backfill_statements.clear()

    def summarize(self, statement: RevisionStatement) -> ExecutionSummary:
        """Return how a statement runs, and remember what it changes."""
        with self.connection.begin() as transaction:
            how = self._summarize(statement)
            transaction.rollback()
        self._remember(statement.sql, how)
        return how

    def look_for_refusals(self, statement: RevisionStatement) -> None:
        """Collect what the run would refuse, as summarize() does, without what a person reads."""
        with self.connection.begin() as transaction:
            how = self._summarize_strategy(statement)
            transaction.rollback()
        self._remember(statement.sql, how)

    def summarize_refused(self, statement: RevisionStatement) -> ExecutionSummary:
        """Return what is shown of a statement that the role may not execute; ask it nothing.

        The same role may make no copy of the table, either.
        """
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
        names = [statement.table] if statement is not None and statement.table else []
        found = [
            self.find_relation(name)
            for name in names or map(_quoted_name, lock_modes.strongest_lock(sql)[1])
        ]
        return [
            one for one in found if one and (one.oid in self.existing_tables or one.kind == "v")
        ]

    def _summarize(self, statement: RevisionStatement) -> ExecutionSummary:
        return self._summarize_strategy(statement) or self._summarize_plain(statement.sql)

    def _summarize_strategy(self, statement: RevisionStatement) -> ExecutionSummary | None:
        """Return how a statement runs that is refused, or has a strategy; None for another one."""
        sql = statement.sql
        self.current_table = next(iter(self.tables_of(sql)), None)
        if not self.use_strategies:
            return None
        try:
            work = dispatch.choose_strategy(self, sql, in_batches=statement.in_batches)
        except RefusedError as refusal:
            self.refusals.append(refusal)
            return ExecutionSummary("", lock_modes.strongest_lock(sql)[0], REFUSED)
        return self._with_real_lock(summarize_strategy(work), sql) if work is not None else None

    @staticmethod
    def _with_real_lock(how: ExecutionSummary, sql: str) -> ExecutionSummary:
        statement = parser.parse(sql)
        key = isinstance(statement, statements.AddConstraint) and statement.kind == "FOREIGN"
        return replace(how, lock=lock_modes.strongest_lock(sql)[0]) if key else how

    def _summarize_plain(self, sql: str) -> ExecutionSummary:
        """Return what happens to others while a statement is executed as it stands."""
        lock = lock_modes.strongest_lock(sql)[0]
        if self.current_table is None:
            index = isinstance(parser.parse(sql), statements.DropIndex)
            return ExecutionSummary("", lock if index else "", METADATA_ONLY)
        cursor = split.first_statement(sql)
        nature = METADATA_ONLY
        if cursor.accept_any("UPDATE", "DELETE", "MERGE", "REFRESH"):
            nature = REWRITE
        elif cursor.accept_any("CREATE INDEX", "CREATE UNIQUE INDEX"):
            nature = SCAN
        elif cursor.accept("ALTER", "TABLE"):
            nature = self._effect_on_probe(sql, self.current_table)
        return ExecutionSummary("", lock, nature)

    def _effect_on_probe(self, sql: str, table: Relation) -> str:
        """Return what an ALTER TABLE does to an empty copy."""
        action = _alter_action(sql)
        if _RENAME_OR_MOVE.match(action):
            return METADATA_ONLY
        try:
            with probe_table.empty_copy(self, table, probe_table.INCLUDING_ALL):
                effect = probe_table.effect_of(self, probe_table.columns_of_probe(action, table))
                if effect.rewrites:
                    return REWRITE
                return SCAN if effect.scans else METADATA_ONLY
        except DBAPIError as error:
            lock_retry.reraise_if_no_answer(error)
            # A temporary table has no foreign keys to others, whose rows are then looked at.
            return (
                SCAN
                if "REFERENCES" in action.upper() and "NOT VALID" not in action
                else METADATA_ONLY
            )

    def _remember(self, sql: str, how: ExecutionSummary | None) -> None:
        """Remember that a statement ran, in steps or not, and what later ones meet."""
        steps = how is not None and how.steps
        if steps and not isinstance(parser.parse(sql), statements.AlterColumnType):
            self.executed.clear()
        self.executed.append(sql)
        self._remember_changes(sql)

    def _remember_changes(self, sql: str) -> None:
        """Remember what later statements meet."""
        if session_statements.binds_to_session(sql):
            self.single_transaction_reason = (
                "has made what is there for one transaction or session only"
            )
        cursor = split.first_statement(sql)
        verb = cursor.accept_any("CREATE", "ALTER TABLE", "DROP")
        if verb == "DROP":
            kind = cursor.accept_any("TABLE", "MATERIALIZED VIEW", "VIEW", "POLICY", "TRIGGER")
            cursor.accept("IF", "EXISTS")
            for schema, name in cursor.qualified_names() if kind else ():
                self.dropped += [f"{schema}.{name}", name]
        elif verb == "CREATE":
            cursor.accept_any("UNLOGGED", "TEMPORARY", "TEMP")
            if cursor.accept("TABLE"):
                cursor.accept("IF", "NOT", "EXISTS")
                self.created_tables.add(cursor.qualified_name())
        elif verb:
            old = cursor.altered_table()
            if self.current_table is not None and not _RENAME_OR_MOVE.match(_alter_action(sql)):
                self.altered_actions.setdefault(self.current_table.oid, []).append(
                    _alter_action(sql)
                )
            if cursor.accept("RENAME", "TO"):
                self.renamed_tables[old[0], cursor.identifier()] = self.renamed_tables.get(old, old)

    def find_relation(self, name: str) -> Relation | None:
        """Return what a statement calls by a name, by what that was called before the plan."""
        said = Cursor(name).qualified_name()
        if said in self.created_tables:
            return None
        found = super().find_relation(
            _quoted_name(self.renamed_tables[said]) if said in self.renamed_tables else name
        )
        if found is not None and self.assume_large:
            return replace(found, size=max(found.size, self.settings.large_table + 1))
        return found

    def execute(self, statement: str) -> int:
        """Execute a statement; a copy of a table becomes what the plan makes of that."""
        done = super().execute(statement)
        table = self.current_table
        actions = self.altered_actions.get(table.oid, ()) if table is not None else ()
        if table is not None and actions and "CREATE TEMPORARY TABLE ddl_probe " in statement:
            alter = f"ALTER TABLE {probe_table.PROBE_TABLE}"
            altered = [f"{alter} {probe_table.columns_of_probe(one, table)}" for one in actions]
            # In one message; one by one only where one of them fails.
            if not self._try(as_message(altered)):
                for one in altered:
                    self._try(one)
        return done

    def _try(self, statements: str) -> bool:
        """Execute statements, and take them back where one fails; return whether none did."""
        savepoint = self.connection.begin_nested()
        try:
            super().execute(statements)
        except DBAPIError:
            savepoint.rollback()
            return False
        savepoint.commit()
        return True

    def fetch_rows(self, query: str, **parameters: Any) -> Sequence[Row[Any]]:  # noqa: ANN401  # any value
        """Return what a query finds; of what hangs on a column, what the plan leaves."""
        if query == preconditions.DEPENDENT_CATALOGS and self.dropped:
            catalogs, union, others = query.partition("UNION")
            query = f"{catalogs} {_IGNORE_DROPPED} {union} {others}"
            return super().fetch_rows(query, **parameters, gone=self.dropped)
        return super().fetch_rows(query, **parameters)


def _quoted_name(name: QualifiedName) -> str:
    return quote_name(*name)


def _alter_action(sql: str) -> str:
    """Return what follows the name of the table of an ALTER TABLE."""
    cursor = split.first_statement(sql)
    cursor.accept("ALTER", "TABLE")
    cursor.altered_table()
    return sql[cursor.current.start :].rstrip().rstrip(";") if cursor.current else ""
