"""Text of pg_dump, cut at the commas of one level."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.dump.brackets import bracketed_items, mask_nested_parts


@pytest.mark.parametrize(
    ("text", "items", "rest"),
    [
        (
            "(a int DEFAULT f(1, ')'), b text) WITH (x='1')",
            ["a int DEFAULT f(1, ')')", "b text"],
            ") WITH (x='1')",
        ),
        (
            "(a text[] DEFAULT ARRAY['x'::text, 'y'::text], b int)",
            ["a text[] DEFAULT ARRAY['x'::text, 'y'::text]", "b int"],
            ")",
        ),
        (
            "[f((ARRAY[1, 2])[1], 2), 'it''s, ]']::text[]",
            ["f((ARRAY[1, 2])[1], 2)", "'it''s, ]'"],
            "]::text[]",
        ),
        ("(E'\\\\', \"a,)\", $f$ ,( $f$, 1)", ["E'\\\\'", '"a,)"', "$f$ ,( $f$", "1"], ")"),
        ("()", [], ")"),
        ("(a", [], ""),
    ],
)
def test_items_end_at_the_closing_bracket(text: str, items: list[str], rest: str) -> None:
    found, end = bracketed_items(text, 1)
    assert found == items
    assert text[end:] == rest


@pytest.mark.parametrize("text", ["a 'b (' (c (d)) e", 'a "b [" [c [d]] e', "a $x$(;$x$ ([) e"])
def test_masked_keeps_the_length(text: str) -> None:
    assert len(mask_nested_parts(text)) == len(text)
