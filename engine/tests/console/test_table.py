"""A small table on the screen."""

from __future__ import annotations

from alembic_pg.console import table


def test_columns_are_as_wide_as_their_longest_text() -> None:
    assert table.render(("a", "long head"), [("longer", "x"), ("b", "")]) == (
        "a       long head\nlonger  x\nb"
    )


def test_a_table_that_is_too_wide_is_wrapped_between_words() -> None:
    row = ("one", "a text of some words", "a_long_name_that_no_one_cuts", "x")
    assert table.render(("a", "b", "c", "d"), [row, ("y", "", "", "z")], 48).splitlines() == [
        "a    b           c                             d",
        "one  a text of   a_long_name_that_no_one_cuts  x",
        "     some words",
        "y                                              z",
    ]
    assert table.render(("a", "b"), [row[1:3]], 5).splitlines()[-1] == "words"
