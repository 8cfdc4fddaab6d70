"""What is in the way of an upgrade is called as drift calls it."""

from __future__ import annotations

import pytest
from alembic_pg.drift.in_the_way.hand_made import HandMade


@pytest.mark.parametrize(
    ("key", "part", "label", "kind", "name"),
    [
        ("public.posts", "table", "table posts", "table", "posts"),
        ("public.posts", "column a b", "column posts.a b", "column", "posts.a b"),
        ('other."Odd t"', "index i x", "index other.i x", "index", "i x"),
        (
            "public.posts",
            "foreign key posts_owner_id_fkey",
            "foreign key posts_owner_id_fkey on posts",
            "foreign key",
            "posts posts_owner_id_fkey",
        ),
        ("public.t", "primary key t_pkey", "primary key t_pkey on t", "constraint", "t t_pkey"),
        ("public.t", "trigger noted", "trigger noted on t", "trigger", "t noted"),
        ("type public.mood", "enum", "enum mood", "type", "mood"),
        (
            "function other.twice(integer, text)",
            "function",
            "function other.twice(integer, text)",
            "function",
            "twice(integer, text)",
        ),
        (
            "function public.twice(public.mood, other.mood)",
            "function",
            "function twice(mood, other.mood)",
            "function",
            "twice(public.mood, other.mood)",
        ),
        ('schema "Odd s"', "schema", "schema Odd s", "schema", "Odd s"),
    ],
)
def test_names(key: str, part: str, label: str, kind: str, name: str) -> None:
    one = HandMade(key, part, "extra")
    assert str(one) == f"{label} (there already)"
    assert (one.difference.label, one.difference.kind, one.difference.name) == (label, kind, name)
