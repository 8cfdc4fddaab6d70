"""A piece of SQL, word by word."""

from __future__ import annotations

import pytest
from alembic_pg.sql.cursor import Cursor, UnrecognizedError
from alembic_pg.sql.lexer import tokenize

SQL = 'Create "INDEX" index'


def test_a_word_is_seen_in_any_case_and_a_name_in_quotes_is_none() -> None:
    cursor = Cursor(SQL)
    assert cursor.peek("CREATE", '"INDEX"', "INDEX")
    assert not cursor.peek("CREATE", "INDEX")
    assert not cursor.peek("CREATE", '"INDEX"', "INDEX", "ON")
    assert cursor.position == 0


def test_what_was_there_is_passed_over_and_the_rest_is_not() -> None:
    cursor = Cursor(SQL)
    assert not cursor.accept("CREATE", "TABLE")
    assert cursor.position == 0
    assert cursor.accept("CREATE", '"INDEX"')
    assert cursor.current == tokenize(SQL)[2]
    assert cursor.accept("INDEX")
    assert cursor.current is None
    assert cursor.accept()
    assert not cursor.accept("INDEX")


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("s.t", "s.t"),
        ('s -- and\n . /* . */ "T x"', 's."T x"'),
        (r"""U&"\0074 a""b".u&"!0063" UESCAPE '!' x""", '"t a""b"."c"'),
        ("db.s.t x", "db.s.t"),
    ],
)
def test_a_name_is_one_that_the_catalog_can_look_up(sql: str, text: str) -> None:
    assert Cursor(sql).name_text() == text


def test_where_something_else_stands_the_statement_is_not_recognized() -> None:
    for act in (
        Cursor("a").expect_end,
        Cursor("(b), a").expect_single_action,
        Cursor("1").name_text,
        Cursor("").name_text,
        lambda: Cursor("a").expect("B"),
    ):
        with pytest.raises(UnrecognizedError):
            act()


def test_words_are_found_outside_of_brackets() -> None:
    cursor = Cursor("a (b USING c) USING d")
    assert cursor.find("USING") == 6
    assert cursor.find("USING", "C") is None
    assert [one.find("C") for one in Cursor("(c, (x c) d)").split_commas()] == [0, None]
