"""A small table on the screen."""

from __future__ import annotations

import json
import sys

import pytest
from alembic_pg.console import table
from tests.console import terminal

ROWS = [("one", "a text of some words", "a_name_that_nobody_cuts", "x"), ("y", "", "", "z")]

DRAW = """
import json, sys
from alembic_pg.console import table
rows = json.loads(sys.argv[1])
print(table.render(rows[0], rows[1:], lambda row: "red" if row[0] == "y" else ""))
"""


def drawn(columns: int, *rows: tuple[str, ...], no_color: str = "") -> terminal.Shown:
    """Return what a terminal shows of a table; its row "y" is red."""
    return terminal.run([sys.executable, "-c", DRAW, json.dumps(rows)], columns, NO_COLOR=no_color)


def test_columns_are_as_wide_as_their_longest_text() -> None:
    assert table.render(("a", "long head"), [("longer", "x"), ("b", "")]) == (
        "a       long head\nlonger  x\nb"
    )


def test_a_column_that_is_empty_in_every_row_is_left_out() -> None:
    assert table.render(("a", "b", "c"), [("1", "", "3")]) == "a  c\n1  3"
    assert table.render(("a", "b"), []) == "a  b"


def test_a_table_that_is_too_wide_is_wrapped_between_words() -> None:
    shown = drawn(48, ("a", "b", "c", "d"), *ROWS)
    assert shown.lines == [
        "a    b                c                        d",
        "one  a text of some   a_name_that_nobody_cuts  x",
        "     words",
        "y                                              z",
    ]


def test_a_name_is_cut_where_nothing_else_can_give_way() -> None:
    shown = drawn(24, ("a", "b", "c", "d"), *ROWS)
    assert "".join(line[11:20].strip() for line in shown.lines[1:-1]).startswith("a_name_")
    assert max(map(len, shown.lines)) <= 24


def test_a_long_name_is_cut_after_a_low_line_or_a_dot() -> None:
    shown = drawn(24, ("a", "b"), ("orders", "shop.order_lines_of_last_year_idx"))
    assert [line[8:] for line in shown.lines[1:]] == ["shop.order_", "lines_of_last_", "year_idx"]


@pytest.mark.parametrize("columns", [20, 80, 100, 200])
def test_it_fits_the_window(columns: int) -> None:
    words = ("create", "index posts_user_id_idx on posts " * 4, "ACCESS EXCLUSIVE: a moment")
    shown = drawn(columns, ("operation", "object", "lock"), words)
    assert max(map(len, shown.lines)) <= columns
    assert (len(shown.lines) == 2) == (columns == 200)


def test_colours_stand_for_something_and_only_on_a_terminal() -> None:
    shown = drawn(80, ("a", "b"), ("x", "1"), ("y", "2"))
    assert shown.colors == [{"default"}, {"default"}, {"red"}]
    without = drawn(80, ("a", "b"), ("y", "2"), no_color="1")
    assert without.colors == [{"default"}, {"default"}]
    assert "\x1b[3" not in without.raw
    assert "\x1b" not in table.render(("a",), [("y",)], lambda _: "red")


def test_a_name_does_not_draw_on_the_screen() -> None:
    assert table.render(("a",), [("x\x1b[2Jy\nz",)]) == "a\nx\\x1b[2Jy\\nz"
    assert table.render(("a",), [("[red]x[/red] :smile:",)]) == "a\n[red]x[/red] :smile:"


def test_wide_letters_are_counted_as_the_screen_does() -> None:
    assert table.render(("a", "b"), [("日本", "x"), ("abcd", "y")]) == "a     b\n日本  x\nabcd  y"
