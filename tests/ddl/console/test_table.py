"""A small table on the screen."""

from __future__ import annotations

from ddl.console import table


def test_columns_are_as_wide_as_their_longest_text() -> None:
    assert table.render(("a", "long head"), [("longer", "x"), ("b", "")]) == (
        "a       long head\nlonger  x\nb"
    )
