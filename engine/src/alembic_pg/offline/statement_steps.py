"""Return the steps of a statement as static SQL for psql.

Tables that the same script creates need no care; all others are taken for tables with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from alembic_pg.database import server_features
from alembic_pg.offline import batch_blocks, lock_needs, plpgsql_blocks, psql_commands
from alembic_pg.offline.lock_needs import LockNeed
from alembic_pg.offline.script_journal import ScriptJournal
from alembic_pg.offline.table_names import created_table, normalized_name, without_renamed
from alembic_pg.online.backfill import volatility
from alembic_pg.online.ensure import index
from alembic_pg.online.run import journal
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.online.run.signals import NoStepsError, UnchangedStatement
from alembic_pg.online.strategies import add_check_or_fk, add_unique, maintenance, set_not_null
from alembic_pg.sql import parser
from alembic_pg.sql import statements as sql_statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.online.run.signals import PreparedSwap
    from alembic_pg.options import Settings

    StatementSteps = list[str] | PreparedSwap | UnchangedStatement

# What stands as it is, where nobody can be asked or steps are not possible.
_MAY_REWRITE = "PostgreSQL may write all of {} anew for this, and nobody can use it meanwhile."
_MANY_ROWS = "This changes many rows of {} at once, and who writes them waits until its end."
_KEYS = {"UNIQUE", "PRIMARY"}
_PARTITIONED_TABLE = "Of a partitioned table: nobody can use {} meanwhile."


class KnownHistory(Protocol):
    """What can be asked of the history."""

    def steps_for(self, sql: str, journal: ScriptJournal) -> list[str] | PreparedSwap:
        """Return the steps of a statement, none where it needs but a moment.

        journal: the script's, of this revision.
        Raises NoStepsError where nobody knows, or something is in the way.
        """

    def is_unpartitioned(self, name: str) -> bool:
        """Return whether a table or index is known to be none with partitions.

        name: as normalized_name() writes it.
        """


class StepWriter:
    """The tables that a script has created so far, and how long it waits.

    own: Alembic's table. known: what can be asked; None where there is nobody, and no psql either,
    which finds out the rest.
    """

    def __init__(
        self, settings: Settings, own: str = "alembic_version", known: KnownHistory | None = None
    ) -> None:
        self.settings = settings
        self.history = known
        # What is noted of the revision, of which the next statement is.
        self.journal = ScriptJournal.without_notes()
        # Alembic's own table is nobody else's.
        self.created_tables = {normalized_name(own)}

    def steps(self, sql: str, *, in_batches: bool, tied: bool = False) -> StatementSteps | None:
        """Return the steps of a statement, None when it stays as it is.

        None of them may stand in a transaction. asked: whether the revision wants batches. tied:
        whether it stays as it is whatever they are.
        """
        words = [token.keyword for token in tokenize(sql)[:4]]
        if "TABLE" in words and words[0] == "CREATE":
            self.created_tables |= {created_table(sql, for_certain=True)} - {""}
            return None
        self.created_tables = without_renamed(self.created_tables, sql)
        statement = parser.parse(sql)
        if statement is None or normalized_name(statement.table) in self.created_tables:
            return None
        if isinstance(statement, sql_statements.UpdateOrDelete):
            return (
                self._batch_steps(statement, None if tied else self.history, in_batches=in_batches)
                or None
            )
        if _may_rewrite(statement):
            return (
                self._ask_history(statement, None if tied else self.history, _MAY_REWRITE) or None
            )
        return list(self._steps_of(statement)) or None

    def start_detail(self, sql: str) -> str:
        """Return, as an SQL expression, what to note of a statement before its steps, else ""."""
        statement = parser.parse(sql)
        if isinstance(statement, sql_statements.CreateIndex):
            return index.start_detail(statement.table, statement.name)
        if isinstance(statement, sql_statements.ConcurrentMaintenance):
            return maintenance.start_detail(statement)
        if isinstance(statement, sql_statements.SetNotNull):
            return set_not_null.start_detail(statement.table, statement.column)
        if isinstance(statement, sql_statements.AddConstraint) and statement.kind in _KEYS:
            return add_unique.start_detail(statement.table, statement.name, statement)
        return ""

    def lock_need(self, sql: str) -> LockNeed:
        """Return what a statement that stands as it is has to do with locks."""
        return lock_needs.lock_need(sql, self.created_tables)

    def _ask_history(
        self, statement: sql_statements.Statement, known: KnownHistory | None, what: str
    ) -> StatementSteps:
        why = ""
        if known is not None:
            try:
                return known.steps_for(statement.sql, self.journal)
            except NoStepsError as error:
                why = f" In no steps: {error}"
        return UnchangedStatement(
            psql_commands.comment_lines(what.format(statement.table) + why) + statement.sql
        )

    def _steps_of(self, statement: sql_statements.Statement) -> Iterator[str]:
        if isinstance(statement, sql_statements.CreateIndex):
            parts = psql_commands.partitioned_index_steps(self.settings, statement)
            yield from self._unless_partitioned(
                statement.table, list(self._build_index(statement)), parts
            )
        elif isinstance(statement, sql_statements.DropIndex):
            there = "IF EXISTS " if statement.if_exists else ""
            drop = f"DROP INDEX CONCURRENTLY {there}{statement.name}"
            yield from self._unless_partitioned(
                statement.name, [drop], [self._last_block(statement, statement.sql)]
            )
        elif isinstance(statement, sql_statements.AddConstraint) and statement.name:
            yield from self._constraint_steps(statement)
        elif isinstance(statement, sql_statements.SetNotNull):
            yield from self._not_null_steps(statement.table, statement.column)
        elif isinstance(statement, sql_statements.AddEnumValue):
            there = "IF NOT EXISTS " if statement.if_not_exists else ""
            # A new value stands in no transaction that uses it, and in any that does not.
            yield self._last_block(
                statement, f"ALTER TYPE {statement.table} ADD VALUE {there}{statement.value}"
            )

    def _constraint_steps(self, statement: sql_statements.AddConstraint) -> Iterator[str]:
        alter = f"ALTER TABLE {statement.table}"
        plain = self.whole_transaction(
            statement.sql,
            psql_commands.comment_lines(_PARTITIONED_TABLE.format(statement.table)) + statement.sql,
        )
        if statement.kind in {"CHECK", "FOREIGN"}:
            noted = self.journal.copy().detail_statements(
                journal.statement_key(statement.sql), add_check_or_fk.added_detail(statement)
            )
            add = add_check_or_fk.not_valid_statement(statement, statement.table)
            steps = [
                self._retry_block(add, *noted),
                f"{alter} VALIDATE CONSTRAINT {statement.name}",
            ]
            if statement.kind == "FOREIGN":
                before = server_features.PARTITIONED_FOREIGN_KEY_NOT_VALID_SINCE
                steps = self._unless_partitioned(statement.table, steps, plain, before)
            yield from steps
        elif statement.kind in _KEYS and add_unique.can_use_index(statement):
            yield from self._unless_partitioned(
                statement.table, list(self._unique_steps(statement)), plain
            )

    def _unique_steps(self, statement: sql_statements.AddConstraint) -> Iterator[str]:
        body = add_unique.parse_body(statement.body)
        kind = "UNIQUE"
        if statement.kind == "PRIMARY":
            kind = "PRIMARY KEY"
            for token in tokenize(body.columns)[1:-1:2]:
                yield from self._not_null_steps(statement.table, token.text)
        index = sql_statements.CreateIndex(
            sql="",
            table=statement.table,
            name=statement.name,
            unique=True,
            rest=body.index_rest,
            if_not_exists=False,
        )
        yield from self._build_index(index)
        using = f"{kind} USING INDEX {statement.name} {body.deferrability}".rstrip()
        yield self._last_block(
            statement, f"ALTER TABLE {statement.table} ADD CONSTRAINT {statement.name} {using}"
        )

    def _build_index(self, statement: sql_statements.CreateIndex) -> Iterator[str]:
        if self.history is not None:
            yield psql_commands.drop_invalid_index(statement.table, statement.name)
        kind = "UNIQUE INDEX" if statement.unique else "INDEX"
        name = f"IF NOT EXISTS {statement.name}" if statement.if_not_exists else statement.name
        yield f"CREATE {kind} CONCURRENTLY {name} ON {statement.table} {statement.rest}"

    def _unless_partitioned(
        self,
        name: str,
        steps: list[str],
        others: list[str],
        before: int = psql_commands.ANY_VERSION,
    ) -> list[str]:
        """Return steps, or those for a partitioned table, or index, where it may be one.

        before: as psql_commands.steps_if_partitioned() has it.
        """
        if self.history is None or self.history.is_unpartitioned(normalized_name(name)):
            return steps
        return psql_commands.steps_if_partitioned(name, others, steps, before)

    def _not_null_steps(self, table: str, column: str) -> Iterator[str]:
        """Yield the steps that every version of PostgreSQL knows: by way of a CHECK."""
        alter, helper = (
            f"ALTER TABLE {table}",
            quote_name(helper_name(catalog_name(column), "not_null")),
        )
        yield self._retry_block(
            f"{alter} ADD CONSTRAINT {helper} CHECK ({column} IS NOT NULL) NOT VALID"
        )
        yield f"{alter} VALIDATE CONSTRAINT {helper}"
        yield self._retry_block(
            f"{alter} ALTER COLUMN {column} SET NOT NULL", f"{alter} DROP CONSTRAINT {helper}"
        )

    def _batch_steps(
        self,
        statement: sql_statements.UpdateOrDelete,
        known: KnownHistory | None,
        *,
        in_batches: bool,
    ) -> StatementSteps:
        if in_batches and statement.condition:
            return [batch_blocks.batch_block(self.settings, statement, "")]
        if statement.backfill_column and volatility.looks_batch_safe(statement.backfill_value):
            return [
                batch_blocks.batch_block(
                    self.settings, statement, catalog_name(statement.backfill_column)
                )
            ]
        # The time would be that at which the script is written.
        known = None if volatility.depends_on_time(statement.backfill_value) else known
        return self._ask_history(statement, known, _MANY_ROWS) if statement.backfill_column else []

    def whole_transaction(self, sql: str, text: str) -> list[str]:
        """Return a statement as a transaction of its own, which notes it as done.

        text: how it is written.
        """
        if self.history is not None and self.lock_need(sql) is LockNeed.STRONG:
            text = self._retry_block(text)
        return ["BEGIN", text, *self._done_notes(sql), "COMMIT"]

    def _last_block(self, statement: sql_statements.Statement, last: str) -> str:
        """Return the last step of a statement, in one transaction with the note that it is done."""
        return self._retry_block(last, *self._done_notes(statement.sql))

    def _done_notes(self, sql: str) -> list[str]:
        return self.journal.copy().done_statements(journal.statement_key(sql))

    def _retry_block(self, *statements: str) -> str:
        return plpgsql_blocks.retry_block(self.settings, *statements)


def _may_rewrite(statement: sql_statements.Statement) -> bool:
    """Return whether each row may get a value of its own: of a type, a function, a sequence."""
    if not isinstance(statement, sql_statements.AddColumn):
        return isinstance(statement, sql_statements.AlterColumnType)
    found = tokenize(statement.definition)
    words = {token.keyword for token in found}
    default = next((at for at, token in enumerate(found) if token.keyword == "DEFAULT"), len(found))
    calls = any(token.text == "(" for token in found[default:])
    return calls or bool(words & {"GENERATED", "SERIAL", "BIGSERIAL", "SMALLSERIAL"})
