"""Answer questions of the catalog as they would be answered after the statements of a plan so far.

What a statement has added to a table, is asked of an empty copy that has it, beside the table.
"""

from __future__ import annotations

from collections import namedtuple
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import DBAPIError

from alembic_pg.database.catalog import Relation
from alembic_pg.database.session import as_message
from alembic_pg.online.backfill import eligibility, volatility
from alembic_pg.online.column_swap import dependents, preconditions
from alembic_pg.online.ensure import index
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.revision_runner import Runner
from alembic_pg.online.strategies import (
    add_unique,
    attach_partition,
    change_type,
    other_alter_table,
)
from alembic_pg.plan.earlier_statements import EarlierStatements
from alembic_pg.plan.made_objects import is_undone_by_rollback
from alembic_pg.sql import split
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.sql.cursor import QualifiedName

    Fetch = Callable[..., Sequence[Row[Any]]]

# The numbers that columns of a copy have, which the table does not have, begin here.
_OF_COPY = 10_000

_NUMBER_IN_COPY = """
SELECT c.attnum FROM pg_attribute AS c JOIN pg_attribute AS t USING (attname)
WHERE c.attrelid = to_regclass('pg_temp.ddl_probe') AND t.attrelid = :table AND t.attnum = :number
"""

# What a copy has beside what its table has.
_ADDED = {
    eligibility.BLOCKERS,
    eligibility.UPDATE_TRIGGERS,
    preconditions.DEPENDENT_CATALOGS,
    preconditions.LATER_TRIGGERS,
}

# About the parts of a table, those that it would have.
_OF_PARTS = {
    attach_partition.MISSING_PARTS,
    dependents.SHARED_PARTS,
    eligibility.HIDDEN_ROWS,
    other_alter_table.HAS_NO_NULLS,
}

# A function may name what only its own revision has made.
_QUIETLY = (probe_table.NO_EVENT_TRIGGERS, "SET LOCAL check_function_bodies = off")

# What a table and its indexes have without a row, in bytes.
_EMPTY_TABLE = 16 * 1024

# Of what goes with a DROP CASCADE.
_DROPS_VIEW = ("DROP VIEW", "DROP MATERIALIZED VIEW")
_NOT_OF_TABLES = ("DROP FUNCTION", "DROP PROCEDURE", "DROP AGGREGATE")

_PlannedIndex = namedtuple("_PlannedIndex", "oid valid table constrained attached")  # noqa: PYI024  # a Row has no types either


@dataclass
class PlannedCatalog(Runner):
    """Ask the server, and answer for what the statements so far would have changed.

    Of the plan:
    assume_large: whether every table is taken for a large one.
    earlier: what the statements so far would have changed.

    Of the statement:
    current_table: the table that it is about.
    in_statement: whether one is looked at, in a transaction that is rolled back.
    statement_text, remade: its text; the numbers of those so far that were executed again there.
    """

    assume_large: bool = False
    earlier: EarlierStatements = field(default_factory=EarlierStatements)

    current_table: Relation | None = None
    in_statement: bool = False
    statement_text: str = ""
    remade: set[int] = field(default_factory=set)

    def find_relation(self, name: str) -> Relation | None:
        """Return what a statement calls by a name, by what that was called before the plan."""
        said = Cursor(name, default_schema=self.earlier.schema).qualified_name()
        if said in self.earlier.created_tables:
            self._make_again(self.statement_text, name)
            return super().find_relation(name) if self.in_statement else None
        if said in self.earlier.materialized:
            return None
        old = self.earlier.renamed.get(said)
        found = super().find_relation(quote_name(*old)) if old else None
        found = found or super().find_relation(name) or self._find_planned_index(said)
        if found is not None:
            found = self.earlier.under_new_name(found)
        if found is not None and found.oid in self.earlier.emptied:
            return replace(found, size=min(found.size, _EMPTY_TABLE))
        if found is not None and self.assume_large:
            return replace(found, size=max(found.size, self.settings.large_table + 1))
        return found

    def goes_with_cascade(self, sql: str) -> Iterator[str]:
        """Yield what drops by itself what goes with the objects of a statement.

        A view that was made again since hangs on other things than the server knows of; routines
        are nothing that a copy of a table has.
        """
        for drop in self.remember_cascade(sql):
            cursor = split.first_statement(drop, self.earlier.schema)
            if not cursor.accept_any(*_NOT_OF_TABLES) and not (
                cursor.accept_any(*_DROPS_VIEW) and cursor.qualified_name() in self.earlier.views
            ):
                yield drop

    def _find_planned_index(self, name: QualifiedName) -> Relation | None:
        """Return an index that a statement so far has made."""
        table = self.earlier.indexes.get(name)
        if table is None:
            return None
        kind, label = "I" if table.kind == "p" else "i", quote_name(*name)
        return Relation(0, *name, kind, label, False, 0, "p", False)  # noqa: FBT003  # as Relation has them

    def name_before(self, table: Relation) -> QualifiedName:
        """Return what the server calls a table."""
        return self.earlier.name_before(table)

    def text_to_explain(self, sql: str) -> str:
        """Return a statement with the names that the server knows."""
        return self.earlier.as_before(sql)

    def changes_to_come(self, sql: str) -> Sequence[tuple[str, str, float]]:
        """Return what a statement will do to rows, whose columns may be still to come."""
        table = self.current_table
        if table is None or not self.earlier.changes(table):
            return ()
        from alembic_pg.plan.rows_to_come import changes_to_come  # noqa: PLC0415  # rare

        return changes_to_come(self, sql, table)

    def alter_copy(self, table: Relation) -> None:
        """Let an empty copy of a table be what the statements so far would have made of it."""
        altered = self.earlier.for_copy(table)
        if altered:
            self._make_again(*altered)
            altered = [probe_table.NAME_INDEXES.format(table=table.oid), *altered]
        # In one message; one by one only where one of them fails.
        if altered and not self._try(as_message(altered)):
            for one in altered:
                self._try(one)

    @contextmanager
    def undone_at_end(self) -> Iterator[None]:
        """Undo at the end what the block executes; what the statements so far made, is there."""
        self._make_again(self.statement_text)
        there = {*self.remade}
        try:
            with super().undone_at_end():
                yield
        finally:
            self.remade = there

    def _make_again(self, *texts: str) -> None:
        """Make what texts need of that which the statements so far made, until the end."""
        if self.in_statement:
            made = self.earlier.makes.needed_by(texts, beside=self.remade)
            self.remade |= made.keys()
            makes = [sql for sql in made.values() if is_undone_by_rollback(self, sql)]
            if makes and not self._try(as_message([*_QUIETLY, *makes])):
                for one in (*_QUIETLY, *makes):
                    self._try(one)

    def _try(self, message: str) -> bool:
        """Execute statements, and take them back where one fails; return whether none did."""
        savepoint = self.connection.begin_nested()
        try:
            self.execute(message)
        except DBAPIError:
            savepoint.rollback()
            return False
        savepoint.commit()
        return True

    def fetch_rows(self, query: str, **parameters: Any) -> Sequence[Row[Any]]:  # noqa: ANN401  # any value
        """Return what a query of the catalog would find after the statements so far."""
        if query in _OF_PARTS:
            from alembic_pg.plan.planned_parts import PlannedParts  # noqa: PLC0415  # of few

            table, sql = (self.current_table if self.in_statement else None), self.statement_text
            ask = super().fetch_rows
            return PlannedParts(self, ask, self.earlier, table, sql).fetch(query, parameters)
        return _fetch_rows(self, super().fetch_rows, query, parameters)


def _fetch_rows(
    catalog: PlannedCatalog, fetch: Fetch, query: str, parameters: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Return what a query finds. fetch: asks the server."""
    if query == index.INDEX_STATE:
        return _index_state(catalog, fetch, query, parameters["name"])
    table = catalog.current_table
    nulls = query == add_unique.NOT_NULL and table is not None and catalog.earlier.changes(table)
    if nulls or parameters.get("number", 0) >= _OF_COPY:
        return _ask_copy(catalog, fetch, query, parameters)
    if query == change_type.COLUMN:
        return _find_column(catalog, fetch, query, parameters)
    rows = _without_dropped(catalog, fetch, query, parameters)
    if table is None or not catalog.in_statement or not catalog.earlier.adds_to(table):
        return rows
    if query in _ADDED or (query == volatility.STATEMENT_TRIGGERS and not rows[0][0]):
        added = _ask_copy(catalog, fetch, query, parameters)
        return [*rows, *added] if query in _ADDED else added
    return rows


def _without_dropped(
    catalog: PlannedCatalog, fetch: Fetch, query: str, parameters: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Return what a query finds; of what hangs on a column, what the statements so far leave."""
    gone = catalog.earlier.dropped
    if query == eligibility.PUBLICATION:
        found = fetch(query, **parameters)
        return [row for row in found if f"publication {row.pubname}" not in gone]
    if query != preconditions.DEPENDENT_CATALOGS or not gone:
        return fetch(query, **parameters)
    catalogs, union, others = query.partition("UNION")
    return fetch(
        f"{catalogs} {preconditions.WITHOUT_DROPPED} {union} {others}", **parameters, gone=gone
    )


def _ask_copy(
    catalog: PlannedCatalog, fetch: Fetch, query: str, parameters: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Ask about an empty copy of the table that the statement is about."""
    table, asked = catalog.current_table, dict(parameters)
    assert table is not None, "it is about one"  # noqa: S101
    with probe_table.empty_copy(catalog, table, probe_table.INCLUDING_ALL):
        if "number" in asked and asked["number"] >= _OF_COPY:
            asked["number"] -= _OF_COPY
        elif "number" in asked:
            found = fetch(_NUMBER_IN_COPY, table=table.oid, number=asked["number"])
            asked["number"] = found[0][0] if found else 0
        asked["table"] = probe_table.oid_of_copy(catalog)
        return fetch(query, **asked)


def _find_column(
    catalog: PlannedCatalog, fetch: Fetch, query: str, parameters: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Return a column by what it was called before the plan, or by a number of the copy's own."""
    before = catalog.earlier.columns.get((parameters["table"], parameters["column"]))
    rows = fetch(query, table=parameters["table"], column=before) if before else []
    rows = rows or fetch(query, **parameters)
    table = catalog.current_table
    if rows or table is None or not (catalog.in_statement and catalog.earlier.changes(table)):
        return rows
    return [
        cast("Any", namedtuple("_Column", row._fields)(*row))._replace(number=row.number + _OF_COPY)  # noqa: PYI024
        for row in _ask_copy(catalog, fetch, query, parameters)
    ]


def _index_state(
    catalog: PlannedCatalog, fetch: Fetch, query: str, name: str
) -> Sequence[Row[Any]]:
    """Return the state of an index, which a statement so far may have made or renamed."""
    said = Cursor(name, default_schema=catalog.earlier.schema).qualified_name()
    old = catalog.earlier.renamed.get(said)
    rows = fetch(query, name=quote_name(*old) if old else name) or fetch(query, name=name)
    if rows or not (made := catalog.earlier.indexes.get(said)):
        return rows
    planned: Any = _PlannedIndex(0, valid=True, table=made.oid, constrained=False, attached=False)
    return [planned]
