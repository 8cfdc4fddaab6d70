"""The files of objects: one for each, and never a path."""

from __future__ import annotations

import re

from alembic_pg.pages import names
from hypothesis import given
from hypothesis import strategies as st

NAME = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=63)


@given(st.tuples(NAME, NAME), st.tuples(NAME, NAME))
def test_each_name_has_its_own_file(one: tuple[str, str], other: tuple[str, str]) -> None:
    made = names.relation_page(one)
    assert re.fullmatch(r"tables/[a-z0-9_~-][a-z0-9_.~-]{0,130}\.html", made)
    assert (made == names.relation_page(other)) is (one == other)


def test_plain_names_stay_readable() -> None:
    assert names.relation_page(("public", "posts")) == "tables/public.posts.html"
    assert names.relation_page(("app", "Posts")) == "tables/app.~50osts.html"
    assert names.file_name("..", "/etc") == "~2e~2e.~2fetc"
    assert names.file_name("con", "x") == "con~.x"
    assert names.shown("a\x01\n") == "a\u2401\u240a"


def test_functions_of_one_name_have_files_of_their_own() -> None:
    pages = {names.function_page(("public", "f"), one) for one in ("", "a int", "a text")}
    assert len(pages) == 3
