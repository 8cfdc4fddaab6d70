"""The form in which definitions are compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alembic_pg.autogenerate.dump import normalize
from alembic_pg.autogenerate.dump.entry import Entry


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


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        (
            "CREATE INDEX i ON t (a) WITH (b=off, a='it''s, )') WHERE (c = 'WITH (z, a)');",
            "CREATE INDEX i ON t (a) WITH (a='it''s, )', b=off) WHERE (c = 'WITH (z, a)');",
        ),
        (
            "CREATE TABLE t (\n    a int\n)\nWITH (b='1', toast.a=off);\nx SET (z=1, y=2);",
            "CREATE TABLE t (\n    a int\n)\nWITH (toast.a=off, b='1');\nx SET (y=2, z=1);",
        ),
        (
            "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (\n    b 'x',\n    a 'y'\n);",
            "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (\n    a 'y',\n    b 'x'\n);",
        ),
    ],
)
def test_the_order_of_parameters_means_nothing(printed: str, other: str) -> None:
    kind = "SERVER" if "SERVER" in printed else "TABLE"
    one, two = (
        normalize.normalized_entry(Entry(kind, "public", "t", text, ""))
        for text in (printed, other)
    )
    assert one.text == two.text
    assert one.create == printed
    assert normalize.normalized_entry(replace(one, create=one.text, normalized="")).text == one.text
