"""The plan of a revision as a person reads it."""

from __future__ import annotations

from alembic_pg.console.screen import PLAIN_WIDTH
from alembic_pg.plan import report


def test_numbers_and_sizes() -> None:
    assert [report.format_row_count(n) for n in (None, 0, 999, 1500, 15_000, 2_400_000)] == [
        *("?", "0", "999", "1.5k", "15k", "2.4M"),
    ]
    assert [report.format_size(n) for n in (0, 8192, 10_485_760, 3_221_225_472)] == [
        *("0 B", "8.0 kB", "10 MB", "3.0 GB"),
    ]


def test_what_follows_the_table() -> None:
    destroys = ("table a", "column b.c")
    declaration = 'destroys = ["table a", "column b.c"]'
    assert list(report.findings_lines(destroys, declaration, ["a is gone"])) == [
        "Destroys: table a, column b.c.",
        f"Confirm it in the revision, else alembic-pg lint fails: {declaration}",
        "Code of the release before breaks on: a is gone.",
    ]
    assert list(report.findings_lines(destroys, "", ["a is gone"]))[1:] == [
        "Code of the release before breaks on: a is gone."
    ]
    (text,) = report.findings_lines((), "", [f"column number {n} is gone" for n in range(20)])
    assert max(map(len, text.splitlines())) <= PLAIN_WIDTH


def test_equal_rows_are_one() -> None:
    assert report.render_table(("a",), [("x",), ("x",), ("y",)]) == "a\nx\ny"
