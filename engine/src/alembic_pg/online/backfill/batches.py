"""Change many rows of a table a few pages at a time, each batch committed, until none is left.

Rows move while others write, so the table is scanned until nothing is left to be changed. A changed
row must not match again: that also lets the run after an interrupted one go on where it stopped.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.console.progress import Progress
from alembic_pg.database import errors
from alembic_pg.online.backfill import batch_settings, replicas
from alembic_pg.online.backfill.batch import Batch, TooLongError
from alembic_pg.online.backfill.batch_size import BatchSize
from alembic_pg.online.backfill.remaining_work import TableScan
from alembic_pg.online.run.signals import RefusedError, UnfinishedError
from alembic_pg.sql.quoting import quote_name
from alembic_pg.sql.row_ranges import ROWS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import Executor
    from alembic_pg.sql.row_ranges import Place, RowChange

# Rows that one batch may have for certain, and how often they are looked for.
_FEW_ROWS, _TRIES = 500, 3

_TABLE_PAGES = """
SELECT pg_relation_size(oid) / current_setting('block_size')::int AS pages,
  greatest(reltuples, 0) AS rows,
  pg_table_size(oid) AS bytes, current_setting('block_size')::int / 28 AS slots,
  CASE WHEN reltuples > 0 THEN reltuples / greatest(relpages, 1) ELSE 200 END
    AS density
FROM pg_class WHERE oid = to_regclass(:table)
"""

_LEAF_TABLES = """
WITH RECURSIVE tree AS (
  SELECT CAST(:table AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT oid::regclass::text FROM tree JOIN pg_class USING (oid) WHERE relkind = 'r' ORDER BY 1
"""


def change_rows(  # noqa: PLR0913  # the last three are rare
    executor: Executor,
    table: Relation,
    rows: RowChange,
    *,
    unseen: bool = False,
    quiet: bool = False,
    first: Sequence[str] = (),
) -> None:
    """Change the rows of a table and its partitions until none is left.

    unseen: whether no trigger of the users' may notice, as when PostgreSQL writes a table anew.
    quiet: whether to end, too, when a second look changes as many rows as the first: a value may
    be NULL. Else that raises UserError. first: statements that each batch begins with.
    """
    settings = batch_settings.setup_statements(executor, table, first, unseen=unseen)
    done: list[int] = []
    replicas.warn_of_hidden(executor)
    try:
        _change_tree(_Tree(executor, table, rows, settings, done), quiet=quiet)
    except RefusedError as error:
        if any(done) or executor.journal.interrupted_at:
            raise UnfinishedError(str(error)) from error  # what other batches did, stays
        raise


@dataclass(frozen=True)
class _Tree:
    """A table with all that are part of it; the rest is what Batch has."""

    executor: Executor
    table: Relation
    rows: RowChange
    settings: Sequence[str]
    done: list[int]

    def parts(self) -> Iterator[Batch]:
        """Yield what changes rows of each table that there is now."""
        for (name,) in self.executor.fetch_rows(_LEAF_TABLES, table=self.table.oid):
            yield self.part(name)

    def part(self, name: str) -> Batch:
        """Return what changes rows of one table."""
        return Batch(self.executor, name, self.rows, self.settings, self.done)

    @property
    def whole(self) -> Batch:
        """What changes rows wherever they are."""
        on = quote_name(self.table.schema, self.table.name)
        return Batch(self.executor, on, self.rows, self.settings, self.done, only="")


def _change_tree(tree: _Tree, *, quiet: bool) -> None:
    """Change all rows of a table and of its partitions.

    A row that somebody writes moves, to a page or a partition that was looked at, maybe: so one
    statement tells at last which are left in all of them.
    """
    before, whole = None, tree.whole
    while True:
        every_row = tree.rows.every_row and before is None
        changed = sum(_scan_once(part, every_row=every_row) for part in tree.parts())
        if changed and before is not None and changed >= before:
            if changed <= ROWS_AT_ONCE:
                # Others write more of them, as fast as that: none escapes one statement.
                whole.change("true")
                return
            if quiet:
                return
            raise tree.executor.stopped_error(
                f"{tree.rows.verb} of {whole.table} still finds {changed} rows when all are done: "
                "its WHERE must leave out what it has changed."
            )
        before = changed
        if tree.rows.single_table:
            left = whole.remaining_rows("true", _FEW_ROWS + 1)
            if len(left) <= _FEW_ROWS:
                _change_listed_rows(tree, left)
                return
        elif not changed:
            whole.change("true")
            return


def _change_listed_rows(tree: _Tree, left: Sequence[Row[Any]]) -> None:
    """Change the rows of some places; those that move again and again, in one statement."""
    for _ in range(_TRIES):
        if not left:
            return
        places: dict[str, list[str]] = {}
        for row in left:
            places.setdefault(row.part, []).append(row.place)
        for name, listed in places.items():
            sizes = tree.executor.fetch_rows(_TABLE_PAGES, table=name)
            if sizes:
                _change_places(tree.part(name), listed, _first_size(tree.executor, sizes[0]))
        left = tree.whole.remaining_rows("true", _FEW_ROWS + 1)
    if left:
        tree.whole.change("true")


def _change_places(batch: Batch, places: list[str], pace: BatchSize) -> None:
    """Change the rows of some places of one table, as many at once as do not take too long."""
    start = 0
    while start < len(places):
        size = int(pace.rows)
        condition = batch.rows.ctid_condition(places[start : start + size])
        try:
            batch.change(condition, pace.limit_ms)
        except TooLongError:
            pace.halve()
        else:
            start += size


def _scan_once(batch: Batch, *, every_row: bool) -> int:
    """Go through a table once; return how many rows were changed, 0 where it is gone."""
    sizes = batch.executor.fetch_rows(_TABLE_PAGES, table=batch.table)
    try:
        return _scan_pages(batch, sizes[0], every_row=every_row) if sizes else 0
    except DBAPIError as error:
        if errors.sqlstate(error) != errors.SqlState.UNDEFINED_TABLE:
            raise
        if batch.executor.find_relation(batch.table) is not None:
            raise
        return 0  # a partition that somebody has dropped has no rows


def _scan_pages(batch: Batch, found: Row[Any], *, every_row: bool) -> int:
    """Go through a table once.

    found: what the catalog tells of it. every_row: whether each of its rows is to be changed.
    """
    executor, rows = batch.executor, batch.rows
    pages, pace = int(found.pages), _first_size(executor, found)
    scan = TableScan(pages, float(found.rows), every_row)
    first = slot = changed = 0
    idle = False
    looked = time.monotonic()
    with closing(Progress(batch.table)) as progress:
        while first < pages:
            if idle and rows.single_table:
                # Most of the places in a page may have no row any more.
                ahead = (first + 1, 0) if slot else (first + pace.gap_pages, 0)
                left = batch.remaining_rows(rows.between((first, slot), ahead), 1)
                if not left:
                    first, slot = ahead
                    pace.adjust_gap(found=False)
                    continue
                page, number = _page_and_slot(left[0].place)
                first, slot = (first, number) if slot else (page, 0)
            pace.adjust_gap(found=True)
            last, until = pace.next_place(first, slot, int(found.slots))
            try:
                batched = batch.change(rows.between((first, slot), (last, until)), pace.limit_ms)
            except TooLongError:
                pace.halve()
                continue
            done, took = batched.rows, batched.seconds
            pace.adjust(0 if slot or until else last - first, done, took)
            first, slot, changed, idle = last, until, changed + done, not done
            progress.update(scan.share_done(first, changed, pace.rows_per_page), changed)
            if took > 4 * pace.target_seconds:
                time.sleep(took)  # the server is busy with others
            if time.monotonic() - looked > replicas.CHECK_SECONDS:
                replicas.wait_for_replicas(executor, progress)
                looked = time.monotonic()
    return changed


def _page_and_slot(place: str) -> Place:
    """Return a row's page, and its number there, from its place, "(page,number)"."""
    page, _, number = place.strip("()").partition(",")
    return int(page), int(number)


def _first_size(executor: Executor, found: Row[Any]) -> BatchSize:
    """Return the size of a table's first batch. found: what the catalog tells of the table."""
    page_bytes = float(found.bytes) / max(int(found.pages), 1)
    return BatchSize.for_table(executor.settings.batch / 1000, float(found.density), page_bytes)
