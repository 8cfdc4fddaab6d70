"""Rows that a script changes in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.backfill.test_moved_rows import CHANGES, TABLE
from tests.online.beside import traffic
from tests.online.scripted import begun, run_with_psql, written

if TYPE_CHECKING:
    from tests.online.site import Site

# From the partition that is gone through last to the first, and others the other way.
MOVES = (
    "UPDATE t SET open = false WHERE open AND id % 7 = 0 AND id % 13 = (random() * 12)::int",
    "UPDATE t SET open = true WHERE NOT open AND id % 7 = 0 AND id % 13 = (random() * 12)::int",
)


@pytest.mark.parametrize("name", ["fill", "batches", "delete"])
def test_rows_move_from_part_to_part(site: Site, name: str) -> None:
    line, missed = CHANGES[name]
    begun(site, *TABLE)
    site.revise(line)
    sql = written(site)
    assert "UPDATE t" in sql or "DELETE FROM t" in sql
    with traffic(site, *MOVES) as moved:
        run_with_psql(site, sql)
    assert moved
    assert site.one(f"SELECT count(*) FROM t WHERE {missed}") == 0  # noqa: S608  # a case
