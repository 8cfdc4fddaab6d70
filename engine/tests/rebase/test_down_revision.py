"""Naming another revision in the text of a file: that, and nothing else."""

from __future__ import annotations

import pytest
from alembic_pg.errors import UserError
from alembic_pg.rebase.down_revision import with_down_revision

HEAD = '"""add ü\n\nRevision ID: m1\nRevises: a1\nCreate Date: x\n"""\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("down_revision = 'a1'\n", "down_revision = 'b1'\n"),
        ('down_revision: str | None = "a1"  # a1\n', 'down_revision: str | None = "b1"  # a1\n'),
        ("x = 'ü'; down_revision = 'a1'\n", "x = 'ü'; down_revision = 'b1'\n"),
        ("down_revision = None\nx = 'a1'\n", "down_revision = \"b1\"\nx = 'a1'\n"),
        ("down_revision = (\n    'a1'\n)\n", "down_revision = (\n    'b1'\n)\n"),
    ],
)
def test_only_the_two_places(before: str, after: str) -> None:
    assert with_down_revision(before, "b1", "m1.py") == after
    new_head = HEAD.replace("Revises: a1", "Revises: b1")
    assert with_down_revision(HEAD + before, "b1", "m1.py") == new_head + after
    for end in ("\r\n", "\r"):
        other = (HEAD + before).replace("\n", end)
        assert with_down_revision(other, "b1", "m1.py") == (new_head + after).replace("\n", end)


@pytest.mark.parametrize(
    "source", ["down_revision = PARENT\n", "x = 1\n", "down_revision = f(1)\n"]
)
def test_what_is_no_literal_is_for_a_person(source: str) -> None:
    with pytest.raises(UserError, match=r"m1\.py does not say its down_revision as a text"):
        with_down_revision(source, "b1", "m1.py")
