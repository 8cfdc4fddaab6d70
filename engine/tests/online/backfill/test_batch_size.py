"""The size of batches."""

from __future__ import annotations

from alembic_pg.online.backfill.batch_size import BatchSize


def test_it_follows_the_time_that_rows_take() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=50)
    assert pace.pages == 10
    pace.adjust(10, 500, 0.01)
    assert pace.pages == 20, "at most twice as many"
    pace.adjust(20, 1000, 0.1)
    assert pace.pages == 10
    pace.adjust(10, 500, 100.0)
    assert pace.pages == 1


def test_empty_pages_teach_nothing() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=50)
    for _ in range(20):
        pace.adjust(10, 0, 0.001)
    assert pace.pages == 10


def test_pages_of_few_rows_each_are_looked_over_faster_and_faster() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=50)
    pages = []
    for _ in range(8):
        pages.append(pace.pages)
        pace.adjust(pace.pages, 5, 0.001)
    assert pages == [10, 20, 40, 80, 160, 320, 640, 640]
    pace.adjust(pace.pages, 400, 0.04)
    assert pace.pages == 400, "as many as there are rows, for fewer pages"
    pace.halve()
    assert (pace.pages, pace.slots) == (12, 0), "the usual number"
    pace.adjust(pace.pages, 5, 0.001)
    pace.adjust(pace.pages, 0, 0.001)
    assert pace.pages == 12, "where there is nothing to do, others look"


def test_one_row_at_a_time_has_a_limit_where_it_looks_over_many_pages() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=1, rows=1)
    assert pace.limit_ms == 0
    pace.adjust(1, 1, 0.001)
    pace.rows, pace.stretch = 1, 2
    assert pace.limit_ms == 100


def test_pages_may_be_fuller_than_statistics_say() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=0)
    assert pace.pages == 500
    pace.adjust(1, 100, 0.05)
    assert pace.pages == 5


def test_gaps_are_crossed_faster_and_faster() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=50)
    gaps = []
    for _ in range(10):
        gaps.append(pace.gap_pages)
        pace.adjust_gap(found=False)
    assert gaps == [64, 128, 256, 512, 1024, 2048, 4096, 8192, 8192, 8192]
    pace.adjust_gap(found=True)
    assert pace.gap_pages == 64


def test_wide_rows_begin_one_by_one() -> None:
    pace = BatchSize.for_table(aim=0.05, density=100, page_bytes=100 * 150_000)
    assert (pace.slots, pace.pages) == (1, 1)
    pace.adjust(0, 1, 0.001)
    assert pace.slots == 3, "at most twice as many"
    for _ in range(10):
        pace.adjust(0, pace.slots, 0.001)
    assert pace.slots == 0, "whole pages"
    pace.adjust(pace.pages, 100, 5.0)
    assert 0 < pace.slots < 100


def test_a_page_is_not_divided_for_less_than_a_moment() -> None:
    pace = BatchSize.for_table(aim=0.001, density=100, page_bytes=8192)
    pace.adjust(1, 100, 0.1)
    assert (pace.slots, pace.pages) == (0, 1)
    pace.adjust(1, 100, 1.0)
    assert pace.slots == 5


def test_usual_rows_begin_with_pages() -> None:
    pace = BatchSize.for_table(aim=0.05, density=50, page_bytes=8192)
    assert (pace.slots, pace.pages) == (0, 10)


def test_one_that_took_too_long_is_halved_down_to_a_row() -> None:
    pace = BatchSize(target_seconds=0.05, rows_per_page=50)
    assert pace.limit_ms == 100
    sizes = []
    while pace.limit_ms:
        pace.halve()
        sizes.append(int(pace.rows))
    assert sizes == [250, 125, 50, 25, 12, 6, 3, 1]
    assert pace.slots == 1, "a part of a page"
