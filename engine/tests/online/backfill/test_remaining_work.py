"""How far the work on a table is, by its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.console import progress
from alembic_pg.online.backfill.remaining_work import TableScan

if TYPE_CHECKING:
    from tests.online.site import Site

# Pages that have rows, of 100 with ten rows each where they have any.
FULL, AT_END, AT_BEGINNING = range(100), range(90, 100), range(10)


@pytest.mark.parametrize("filled", [FULL, AT_END, AT_BEGINNING], ids=["full", "end", "beginning"])
def test_every_row(filled: range) -> None:
    scan = TableScan(100, 10.0 * len(filled), every_row=True)
    for page in range(1, 101):
        changed = 10 * sum(each < page for each in filled)
        assert scan.share_done(page, changed, 10) == pytest.approx(changed / scan.rows)


def test_some_of_the_rows() -> None:
    scan = TableScan(100, 1000, every_row=False)
    assert scan.share_done(50, 5, 10) == pytest.approx(0.5)
    assert scan.share_done(100, 10, 10) == 1.0


def test_what_an_earlier_run_has_done() -> None:
    """The pages that it has changed have none to be changed; those that are left tell the rest."""
    scan = TableScan(100, 1000, every_row=True)
    assert scan.share_done(60, 0, 10) == 0.0
    assert scan.share_done(80, 200, 10) == pytest.approx(0.5)
    assert scan.share_done(120, 400, 10) == 1.0


def test_a_table_that_nobody_has_analyzed() -> None:
    assert TableScan(100, 0, every_row=True).share_done(25, 7, 10) == 0.25


def test_a_table_with_empty_pages(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_SILENT", 0)
    monkeypatch.setattr(progress, "_LOG", 0)
    site.sql(
        "CREATE TABLE t (a int, b text)",
        "ALTER TABLE t SET (autovacuum_enabled = false)",
        "INSERT INTO t SELECT n, 'b' FROM generate_series(1, 400000) AS n",
        "DELETE FROM t WHERE a <= 320000",
        "ANALYZE t",
    )
    site.revise(
        'op.add_column("t", sa.Column("v", sa.Uuid, nullable=False,'
        ' server_default=sa.text("gen_random_uuid()")))'
    )
    site.upgrade(batch="2")
    shown = re.findall(r"t: ([\d,]+) rows, (\d+)%", capsys.readouterr().err)
    shares = [(int(rows.replace(",", "")), int(share)) for rows, share in shown]
    assert len(shares) > 3
    for rows, share in shares:
        assert share == pytest.approx(rows / 80000 * 100, abs=15)
