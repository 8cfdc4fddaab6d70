"""The form in which definitions are compared."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.dump import normalize


@pytest.mark.parametrize(
    ("printed", "again"),
    [
        (
            "(v = ANY ((ARRAY['x'::character varying, 'it''s, ]'::varchar])::text[]))",
            "(v = ANY (ARRAY[('x'::character varying)::text, ('it''s, ]'::varchar)::text]))",
        ),
        (
            "v::text = ANY (ARRAY['x'::character varying, b || c]::text[])",
            "v::text = ANY (ARRAY['x'::character varying::text, (b || c)::text])",
        ),
        (
            "(ARRAY[f(a, 'x'), NULL::numeric(10,2)])::numeric(10,2)[]",
            "ARRAY[(f(a, 'x'))::numeric(10,2), (NULL::numeric(10,2))::numeric(10,2)]",
        ),
        (
            "x ((ARRAY['a'::text])::public.\"My T\"[]) y ((ARRAY['b'])::t[])",
            "x (ARRAY[('a'::text)::public.\"My T\"]) y (ARRAY[('b')::t])",
        ),
        ("ARRAY['x'::text, 'y'::text]", "ARRAY['x'::text, 'y'::text]"),
        ("SELECT 'ARRAY['", "SELECT 'ARRAY['"),
    ],
)
def test_a_cast_of_an_array_is_one_of_its_elements(printed: str, again: str) -> None:
    assert normalize.normalized_definition(printed) == again
    assert normalize.normalized_definition(again) == again
