"""Tell which indexes and keys a table has after the statements of a plan so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.online.backfill import eligibility
from alembic_pg.online.column_swap.dependents import SHARED_PARTS
from alembic_pg.online.run import probe_table
from alembic_pg.online.strategies.attach_partition import MISSING_PARTS
from alembic_pg.plan.row_security import hidden_rows
from alembic_pg.sql import parser
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name
from alembic_pg.sql.statements import AddPartition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.plan.earlier_statements import EarlierStatements


@dataclass(frozen=True)
class PlannedParts:
    """The parts of tables as the next statement of a plan meets them.

    runner: of the plan. ask: asks the server. earlier: the statements so far. table: the one that
    the statement is about, None where none is at work. statement: its text.
    """

    runner: Runner
    ask: Callable[..., Sequence[Row[Any]]]
    earlier: EarlierStatements
    table: Relation | None
    statement: str

    def fetch(self, query: str, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Return what a query about parts of a table would find."""
        if query == eligibility.HIDDEN_ROWS:
            return hidden_rows(self.ask, parameters["table"], self.earlier.row_security_of)
        if query == MISSING_PARTS:
            return self._missing_parts(**parameters)
        changed = self.table if self.table and self.earlier.changes(self.table) else None
        if query == SHARED_PARTS:
            return self._shared_parts(changed, parameters["table"], parameters["column"])
        if changed is None:
            return self.ask(query, **parameters)
        index = quote_name(Cursor(parameters["name"]).qualified_name()[1])
        with probe_table.empty_copy(self.runner, changed, probe_table.INCLUDING_ALL):
            return self.ask(query, name=f"pg_temp.{index}")

    def _shared_parts(
        self, changed: Relation | None, table: int, column: str
    ) -> Sequence[Row[Any]]:
        """Return the indexes, CHECKs and foreign keys of a column and of those that were swapped.

        changed: the table, if one of the statements is about it: its indexes and CHECKs are then
        those of an empty copy, which has no foreign keys. table: its oid. column: its name of now.
        """
        names, swaps = self.earlier.columns, self.runner.swapped_columns
        before = names.get((table, column), column)
        swapped = [f"{oid}.{names.get((oid, name), name)}" for oid, name in swaps]
        rows = self.ask(SHARED_PARTS, table=table, column=before, swapped=swapped)
        rows = [row for row in rows if row.constraint not in self.earlier.dropped]
        if changed is None:
            return rows
        with probe_table.empty_copy(self.runner, changed, probe_table.INCLUDING_ALL):
            copy = probe_table.oid_of_copy(self.runner)
            of_copy = [f"{copy}.{name}" for oid, name in swaps if oid == table]
            copied = self.ask(SHARED_PARTS, table=copy, column=column, swapped=of_copy)
        return [*copied, *(row for row in rows if row.foreign)]

    def _missing_parts(self, parent: int, table: int) -> Sequence[Row[Any]]:
        """Return the indexes and foreign keys of a parent that a table to attach lacks, by oid.

        A foreign key of an empty copy cannot be: of it, the statements so far tell.
        """
        found = self.ask(MISSING_PARTS, parent=parent, table=table)
        statement = parser.parse(self.statement)
        assert isinstance(statement, AddPartition), "nothing else asks"  # noqa: S101
        there = self.runner.find_relation(statement.partition)
        if not found or there is None or not self.earlier.changes(there):
            return found
        with probe_table.empty_copy(self.runner, there, probe_table.INCLUDING_ALL):
            copy = probe_table.oid_of_copy(self.runner)
            indexes = self.ask(MISSING_PARTS, parent=parent, table=copy)
        made = [*map(_key, self.earlier.about(there))]
        keys = (row for row in found if row.kind == "foreign key")
        missing = [row for row in keys if _key(row.definition) not in made]
        return [*(row for row in indexes if row.kind == "index"), *missing]


def _key(sql: str) -> list[str]:
    """Return the words of a foreign key, without its name."""
    words = [token.keyword or token.text for token in tokenize(sql)]
    return words[words.index("FOREIGN") :] if "FOREIGN" in words else []
