"""An UPDATE of some rows is estimated by them, not by all rows of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.commands import preflight
from alembic_pg.database.connect import connect
from alembic_pg.preflight.count import Counter

if TYPE_CHECKING:
    from tests.online.site import Site

ROWS = 20_000

TABLE = "CREATE TABLE t (id int PRIMARY KEY, amount int, note text)"

FILL = f"INSERT INTO t SELECT n, n % 100, 'note' FROM generate_series(1, {ROWS}) AS n"  # noqa: S608  # a number

SHARES = {
    "UPDATE t SET note = 'x' WHERE amount < 25": 0.25,
    "UPDATE t AS u SET note = 'x' WHERE u.amount < 50": 0.5,
    "DELETE FROM t WHERE amount >= 90": 0.1,
    "UPDATE t SET note = 'x' WHERE amount IS NOT NULL": 1.0,
    "UPDATE t SET amount = 0 WHERE added IS NULL": 1.0,  # a column that is still to come
}


@pytest.mark.parametrize("statement", SHARES)
def test_the_share_of_rows(site: Site, statement: str) -> None:
    site.again(f"op.execute({TABLE!r})")
    site.sql(TABLE, FILL, "ANALYZE t")
    site.revise(
        "op.execute('ALTER TABLE t ADD added int')",
        f"op.execute({statement!r}, execution_options={{'batches': True}})",
    )
    (found,) = preflight.look(site.config({"large_table": "0"})).revisions
    assert found.plan
    size = found.plan.statements[1].size
    assert size
    assert found.estimates[1].space / size == pytest.approx(SHARES[statement], rel=0.2)


def test_foreign_keys_are_counted_as_they_are_checked(site: Site) -> None:
    """PostgreSQL's own check has the memory of an index build, and works alone."""
    with connect(site.url, source="") as connection:
        (found,) = Counter(connection, 1000).read_all(
            "SELECT current_setting('work_mem') = current_setting('maintenance_work_mem'), "
            "current_setting('hash_mem_multiplier'), "
            "current_setting('max_parallel_workers_per_gather')"
        )
    assert tuple(found) == (True, "1", "0")
