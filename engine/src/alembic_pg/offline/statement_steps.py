"""The online forms as static SQL, for psql: every step is written down.

Tables that the same script creates need no care; all others are taken for tables with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from alembic_pg.offline import plpgsql_blocks, psql_commands
from alembic_pg.online.backfill import volatility
from alembic_pg.online.ensure import constraint
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.online.run.signals import NoStepsError, UnchangedStatement
from alembic_pg.online.strategies import add_unique
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
_PARTITIONED_TABLE = "Of a partitioned table: nobody can use {} meanwhile."


class KnownHistory(Protocol):
    """What can be asked of the history."""

    def ask(self, sql: str) -> list[str] | PreparedSwap:
        """Return the steps of a statement, none where it needs but a moment.

        Raises UnansweredError where nobody knows, or something is in the way.
        """

    def plain(self, name: str) -> bool:
        """Return whether a table or index is known to be none with partitions.

        name: as read() writes it.
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
        self.known = known
        # Alembic's own table is nobody else's.
        self.created = {normalized_name(own)}

    def steps(self, sql: str, *, asked: bool, tied: bool = False) -> StatementSteps | None:
        """Return the steps of a statement, None when it stays as it is.

        None of them may stand in a transaction. asked: whether the revision wants batches. tied:
        whether it stays as it is whatever they are.
        """
        words = [token.keyword for token in tokenize(sql)[:4]]
        if "TABLE" in words and words[0] == "CREATE":
            self.created.add(created_table(sql))
            return None
        shape = parser.parse(sql)
        if shape is None or normalized_name(shape.table) in self.created:
            return None
        if isinstance(shape, sql_statements.UpdateOrDelete):
            return self._batches(shape, None if tied else self.known, asked=asked) or None
        if _may_rewrite(shape):
            return self._asked(shape, None if tied else self.known, _MAY_REWRITE) or None
        return list(self._steps(shape)) or None

    def first(self, sql: str) -> str:
        """Return a statement that stays as it is, and comes first in its transaction.

        One that locks rows waits for them no longer than another session looks for deadlocks: so
        that it is not the other one which PostgreSQL ends.
        """
        shape = parser.parse(sql)
        if (
            isinstance(shape, sql_statements.UpdateOrDelete)
            and normalized_name(shape.table) not in self.created
        ):
            return self._short(shape.sql)
        return sql

    @staticmethod
    def _asked(
        shape: sql_statements.Statement, known: KnownHistory | None, what: str
    ) -> StatementSteps:
        why = ""
        if known is not None:
            try:
                return known.ask(shape.sql)
            except NoStepsError as error:
                why = f" In no steps: {error}"
        return UnchangedStatement(
            psql_commands.comment_lines(what.format(shape.table) + why) + shape.sql
        )

    def _steps(self, shape: sql_statements.Statement) -> Iterator[str]:
        if isinstance(shape, sql_statements.CreateIndex):
            parts = psql_commands.partitioned_index_steps(self.settings, shape)
            yield from self._unless_partitioned(shape.table, list(self._built(shape)), parts)
        elif isinstance(shape, sql_statements.DropIndex):
            there = "IF EXISTS " if shape.missing_ok else ""
            drop = f"DROP INDEX CONCURRENTLY {there}{shape.name}"
            yield from self._unless_partitioned(shape.name, [drop], [self._short(shape.sql)])
        elif isinstance(shape, sql_statements.AddConstraint) and shape.name:
            yield from self._constraint(shape)
        elif isinstance(shape, sql_statements.SetNotNull):
            yield from self._not_null(shape.table, shape.column)
        elif isinstance(shape, sql_statements.AddEnumValue):
            there = "IF NOT EXISTS " if shape.there_ok else ""
            yield f"ALTER TYPE {shape.table} ADD VALUE {there}{shape.value}"

    def _constraint(self, shape: sql_statements.AddConstraint) -> Iterator[str]:
        alter = f"ALTER TABLE {shape.table}"
        plain = psql_commands.comment_lines(_PARTITIONED_TABLE.format(shape.table)) + shape.sql
        if shape.kind in {"CHECK", "FOREIGN"}:
            only = f"ALTER TABLE ONLY {shape.table}" if shape.only else alter
            steps = [
                self._short(f"{only} ADD CONSTRAINT {shape.name} {shape.body} NOT VALID"),
                f"{alter} VALIDATE CONSTRAINT {shape.name}",
            ]
            if shape.kind == "FOREIGN":
                before = constraint.PARTITIONED_FK_SINCE
                steps = self._unless_partitioned(shape.table, steps, [plain], before)
            yield from steps
        elif shape.kind in {"UNIQUE", "PRIMARY"} and add_unique.can_use_index(shape):
            yield from self._unless_partitioned(shape.table, list(self._unique(shape)), [plain])

    def _unique(self, shape: sql_statements.AddConstraint) -> Iterator[str]:
        body = add_unique.parse_body(shape.body)
        kind = "UNIQUE"
        if shape.kind == "PRIMARY":
            kind = "PRIMARY KEY"
            for token in tokenize(body.columns)[1:-1:2]:
                yield from self._not_null(shape.table, token.text)
        index = sql_statements.CreateIndex("", shape.table, shape.name, True, body.index, False)  # noqa: FBT003
        yield from self._built(index)
        using = f"{kind} USING INDEX {shape.name} {body.deferring}".rstrip()
        yield self._short(f"ALTER TABLE {shape.table} ADD CONSTRAINT {shape.name} {using}")

    def _built(self, shape: sql_statements.CreateIndex) -> Iterator[str]:
        if self.known is not None:
            yield psql_commands.drop_invalid_index(shape.table, shape.name)
        kind = "UNIQUE INDEX" if shape.unique else "INDEX"
        name = f"IF NOT EXISTS {shape.name}" if shape.there_ok else shape.name
        yield f"CREATE {kind} CONCURRENTLY {name} ON {shape.table} {shape.rest}"

    def _unless_partitioned(
        self,
        name: str,
        steps: list[str],
        others: list[str],
        before: int = psql_commands.ANY_VERSION,
    ) -> list[str]:
        """Return steps, or those for a partitioned table, or index, where it may be one.

        before: as psql.where_partitioned() has it.
        """
        if self.known is None or self.known.plain(normalized_name(name)):
            return steps
        return psql_commands.steps_if_partitioned(name, others, steps, before)

    def _not_null(self, table: str, column: str) -> Iterator[str]:
        """Yield the steps that every version of PostgreSQL knows: by way of a CHECK."""
        alter, helper = (
            f"ALTER TABLE {table}",
            quote_name(helper_name(catalog_name(column), "not_null")),
        )
        yield self._short(f"{alter} ADD CONSTRAINT {helper} CHECK ({column} IS NOT NULL) NOT VALID")
        yield f"{alter} VALIDATE CONSTRAINT {helper}"
        yield self._short(
            f"{alter} ALTER COLUMN {column} SET NOT NULL", f"{alter} DROP CONSTRAINT {helper}"
        )

    def _batches(
        self, shape: sql_statements.UpdateOrDelete, known: KnownHistory | None, *, asked: bool
    ) -> StatementSteps:
        if asked and shape.condition:
            return [plpgsql_blocks.batch_block(self.settings, shape, "")]
        if shape.fills and volatility.looks_batch_safe(shape.value):
            return [plpgsql_blocks.batch_block(self.settings, shape, catalog_name(shape.fills))]
        # The time would be that at which the script is written.
        known = None if volatility.depends_on_time(shape.value) else known
        return self._asked(shape, known, _MANY_ROWS) if shape.fills else []

    def _short(self, *statements: str) -> str:
        return plpgsql_blocks.retry_block(self.settings, *statements)


def _may_rewrite(shape: sql_statements.Statement) -> bool:
    """Return whether each row may get a value of its own: of a type, a function, a sequence."""
    if not isinstance(shape, sql_statements.AddColumn):
        return isinstance(shape, sql_statements.AlterColumnType)
    found = tokenize(shape.definition)
    words = {token.keyword for token in found}
    default = next((at for at, token in enumerate(found) if token.keyword == "DEFAULT"), len(found))
    calls = any(token.text == "(" for token in found[default:])
    return calls or bool(words & {"GENERATED", "SERIAL", "BIGSERIAL", "SMALLSERIAL"})


def created_table(sql: str) -> str:
    """Return the table that CREATE TABLE makes, as read() writes it."""
    found = tokenize(sql)
    at = next(n for n, token in enumerate(found) if token.keyword == "TABLE") + 1
    if [token.keyword for token in found[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    end = at
    while end + 1 < len(found) and found[end + 1].text == ".":
        end += 2
    return normalized_name(sql[found[at].start : found[end].end])


def normalized_name(name: str) -> str:
    """Return a table's name without its default schema, always written alike."""
    parts = [token.identifier for token in tokenize(name) if token.identifier]
    return ".".join(parts[1:] if parts[:1] == ["public"] and len(parts) > 1 else parts)
