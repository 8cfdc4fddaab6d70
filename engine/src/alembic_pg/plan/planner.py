"""How a run would execute a statement: by the run's own decision, which is made and not acted on.

Where that decision asks the server, it does so here, too: on an empty temporary copy, in a
transaction that is rolled back at once. What earlier statements of the plan would have changed is
repeated on that copy only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.online import dispatch
from alembic_pg.online.backfill import batches
from alembic_pg.online.column_swap import preconditions
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import large_tables, probe_table
from alembic_pg.online.run.revision_runner import Runner
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.plan.strategy_summary import METADATA_ONLY, ExecutionSummary
from alembic_pg.plan.strategy_summary import summarize_strategy as steps_of
from alembic_pg.sql import lock_modes, parser, session_statements, statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import BatchFiller
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
SCAN, REWRITE = "scan", "rewrite"


@dataclass
class Planner(Runner):
    """Decides as the run does; nothing is committed.

    online: whether statements take their online forms. large: whether every table is taken for a
    large one. refusals: what the run would stop with. The others are what the statements so far
    have made, dropped, renamed or altered.
    """

    batch_filler: BatchFiller = batches.change_rows
    online: bool = True
    large: bool = False
    refusals: list[str] = field(default_factory=list)
    made: set[QualifiedName] = field(default_factory=set)
    moved: dict[QualifiedName, QualifiedName] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    altered: dict[int, list[str]] = field(default_factory=dict)
    about: Relation | None = None

    def start(self) -> None:
        """Learn what is there; the connection has no transaction before and after."""
        self.learn(self.settings.lock_timeout or 300)

    def turn(self) -> None:
        """Turn to the next revision."""
        self.whole = self.unnoted
        self.refusals.clear()
        self.said.clear()
        self.fills.clear()

    def ask(self, statement: RevisionStatement) -> ExecutionSummary:
        """Return how a statement runs, and remember what it changes."""
        with self.connection.begin() as transaction:
            how = self._asked(statement)
            transaction.rollback()
        if how.steps and not isinstance(parser.parse(statement.sql), statements.AlterColumnType):
            self.said.clear()
        self.said.append(statement.sql)
        self._note(statement.sql)
        return how

    def tables(self, sql: str) -> list[Relation]:
        """Return the tables and views that a statement is about, which were there before."""
        shape = parser.parse(sql)
        names = [shape.table] if shape is not None and shape.table else []
        found = [
            self.find(name)
            for name in names or map(_quoted_name, lock_modes.strongest_lock(sql)[1])
        ]
        return [one for one in found if one and (one.oid in self.known or one.kind == "v")]

    def _asked(self, statement: RevisionStatement) -> ExecutionSummary:
        sql = statement.sql
        self.about = next(iter(self.tables(sql)), None)
        if self.online:
            try:
                work = dispatch.choose_strategy(self, sql, asked=statement.asked)
            except RefusedError as refusal:
                self.refusals.append(str(refusal).partition("stops: ")[2])
                return ExecutionSummary("", lock_modes.strongest_lock(sql)[0], REFUSED)
            if work is not None:
                return self._formed(steps_of(work), sql)
        return self._plain(sql)

    @staticmethod
    def _formed(how: ExecutionSummary, sql: str) -> ExecutionSummary:
        shape = parser.parse(sql)
        key = isinstance(shape, statements.AddConstraint) and shape.kind == "FOREIGN"
        return replace(how, lock=lock_modes.strongest_lock(sql)[0]) if key else how

    def _plain(self, sql: str) -> ExecutionSummary:
        """Return what happens to others while a statement is executed as it stands."""
        lock = lock_modes.strongest_lock(sql)[0]
        if self.about is None:
            index = isinstance(parser.parse(sql), statements.DropIndex)
            return ExecutionSummary("", lock if index else "", METADATA_ONLY)
        cursor = Cursor(sql)
        nature = METADATA_ONLY
        if cursor.accept_any("UPDATE", "DELETE", "MERGE", "REFRESH"):
            nature = REWRITE
        elif cursor.accept_any("CREATE INDEX", "CREATE UNIQUE INDEX"):
            nature = SCAN
        elif cursor.accept("ALTER", "TABLE"):
            nature = self._on_twin(sql, self.about)
        return ExecutionSummary("", lock, nature)

    def _on_twin(self, sql: str, table: Relation) -> str:
        """Return what an ALTER TABLE does to an empty copy."""
        action = _alter_action(sql)
        if _RENAME_OR_MOVE.match(action):
            return METADATA_ONLY
        try:
            with probe_table.empty_copy(self, table, probe_table.INCLUDING_ALL):
                files, scans = self.one(probe_table.FILE_NODES), self.one(probe_table.SCAN_COUNT)
                self.execute(
                    f"ALTER TABLE {probe_table.PROBE_TABLE} "
                    f"{probe_table.columns_of_probe(action, table)}"
                )
                if self.one(probe_table.FILE_NODES) != files:
                    return REWRITE
                return SCAN if self.one(probe_table.SCAN_COUNT) != scans else METADATA_ONLY
        except DBAPIError as error:
            lock_retry.reraise_if_no_answer(error)
            # A temporary table has no foreign keys to others, whose rows are then looked at.
            return (
                SCAN
                if "REFERENCES" in action.upper() and "NOT VALID" not in action
                else METADATA_ONLY
            )

    def _note(self, sql: str) -> None:
        """Remember what later statements meet."""
        if session_statements.binds_to_session(sql):
            self.whole = "has made what is there for one transaction or session only"
        cursor = Cursor(sql)
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
                self.made.add(cursor.qualified_name())
        elif verb:
            cursor.accept_any("IF EXISTS ONLY", "IF EXISTS", "ONLY")
            old = cursor.qualified_name()
            if self.about is not None and not _RENAME_OR_MOVE.match(_alter_action(sql)):
                self.altered.setdefault(self.about.oid, []).append(_alter_action(sql))
            if cursor.accept("RENAME", "TO"):
                self.moved[old[0], cursor.identifier()] = self.moved.get(old, old)

    def find(self, name: str) -> Relation | None:
        """Return what a statement calls by a name, by what that was called before the plan."""
        said = Cursor(name).qualified_name()
        if said in self.made:
            return None
        found = super().find(_quoted_name(self.moved[said]) if said in self.moved else name)
        if found is not None and self.large:
            return replace(found, size=max(found.size, large_tables.LARGE_TABLE_BYTES + 1))
        return found

    def execute(self, statement: str) -> int:
        """Execute a statement; a copy of a table becomes what the plan makes of that."""
        done = super().execute(statement)
        if statement.startswith("CREATE TEMPORARY TABLE ddl_twin ") and self.about is not None:
            for action in self.altered.get(self.about.oid, ()):
                savepoint = self.connection.begin_nested()
                try:
                    super().execute(
                        f"ALTER TABLE {probe_table.PROBE_TABLE} "
                        f"{probe_table.columns_of_probe(action, self.about)}"
                    )
                except DBAPIError:
                    savepoint.rollback()
                else:
                    savepoint.commit()
        return done

    def rows(self, query: str, **parameters: Any) -> Sequence[Row[Any]]:  # noqa: ANN401  # any value
        """Return what a query finds; of what hangs on a column, what the plan leaves."""
        if query == preconditions.DEPENDENT_CATALOGS and self.dropped:
            catalogs, union, others = query.partition("UNION")
            query = f"{catalogs} {_IGNORE_DROPPED} {union} {others}"
            return super().rows(query, **parameters, gone=self.dropped)
        return super().rows(query, **parameters)


def _quoted_name(name: QualifiedName) -> str:
    return quote_name(*name)


def _alter_action(sql: str) -> str:
    """Return what follows the name of the table of an ALTER TABLE."""
    cursor = Cursor(sql)
    cursor.accept("ALTER", "TABLE")
    cursor.accept_any("IF EXISTS ONLY", "IF EXISTS", "ONLY")
    cursor.qualified_name()
    cursor.accept("*")
    return sql[cursor.current.start :].rstrip().rstrip(";") if cursor.current else ""
