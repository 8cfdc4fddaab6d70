"""A type that a revision renames, in the statements before it."""

from __future__ import annotations

import pytest
from alembic_pg.sql.column_types import with_renamed_type


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (
            "ALTER TABLE x ALTER COLUMN mood TYPE public.mood USING mood::text::public.mood",
            "ALTER TABLE x ALTER COLUMN mood TYPE public.m USING mood::text::public.m",
        ),
        (
            "ALTER TABLE x ALTER mood TYPE mood[] USING CASE mood WHEN 'a'::mood THEN '{}' END",
            (
                "ALTER TABLE x ALTER mood TYPE public.m[]"
                " USING CASE mood WHEN 'a'::public.m THEN '{}' END"
            ),
        ),
        ("ALTER TABLE x ADD COLUMN mood mood", "ALTER TABLE x ADD COLUMN mood public.m"),
        ("ALTER TABLE x ADD m2 mood NOT NULL", "ALTER TABLE x ADD m2 public.m NOT NULL"),
        ("ALTER TABLE x DROP COLUMN mood", "ALTER TABLE x DROP COLUMN mood"),
        ("ALTER TABLE x ALTER a TYPE other.mood", "ALTER TABLE x ALTER a TYPE other.mood"),
        ("ALTER TABLE x ALTER a SET DEFAULT 'mood'", "ALTER TABLE x ALTER a SET DEFAULT 'mood'"),
    ],
)
def test_only_the_type_has_another_name(sql: str, wanted: str) -> None:
    assert with_renamed_type(sql, ("public", "mood"), "m") == wanted
