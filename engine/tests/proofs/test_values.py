"""Values of a column satisfy the patterns that a CHECK has, as the server writes them."""

from __future__ import annotations

import re

import pytest
from alembic_pg.proofs.tables import Column
from alembic_pg.proofs.values import column_values

TEXT = Column(
    number=1,
    name="code",
    nullable=False,
    type="text",
    base_type="text",
    kind="b",
    category="S",
    element_type="",
    length=None,
    precision=None,
    labels=(),
    has_default=False,
    numbered=False,
    generated=False,
)


@pytest.mark.parametrize(
    "expression",
    [
        "(code ~ '^[A-Z]{3}-[0-9]+$'::text)",
        "((code)::public.citext OPERATOR(public.~) '^[A-Z]{3}-[0-9]+$'::public.citext)",
    ],
)
def test_a_regular_expression_makes_values(expression: str) -> None:
    made = column_values(TEXT, [expression], 0)
    assert any(re.fullmatch("[A-Z]{3}-[0-9]+", one) for one in made), made


@pytest.mark.parametrize("operator", ["~~", "OPERATOR(public.~~)"])
def test_a_like_pattern_makes_a_value(operator: str) -> None:
    assert "ax-x" in column_values(TEXT, [f"(code {operator} 'a_-%'::text)"], 0)
