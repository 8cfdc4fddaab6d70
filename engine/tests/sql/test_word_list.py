"""A piece of SQL, word by word."""

from __future__ import annotations

from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.word_list import TokenStream

SQL = 'Create "INDEX" index'


def test_a_word_is_seen_in_any_case_and_a_name_in_quotes_is_none() -> None:
    words = TokenStream(SQL, tokenize(SQL))
    assert words.sees("CREATE", '"INDEX"', "INDEX")
    assert not words.sees("CREATE", "INDEX")
    assert not words.sees("CREATE", '"INDEX"', "INDEX", "ON")
    assert words.at == 0


def test_what_was_there_is_passed_over_and_the_rest_is_not() -> None:
    words = TokenStream(SQL, tokenize(SQL))
    assert not words.maybe("CREATE", "TABLE")
    assert words.at == 0
    assert words.maybe("CREATE", '"INDEX"')
    assert words.now == tokenize(SQL)[2]
    assert words.maybe("INDEX")
    assert words.now is None
    assert words.maybe()
    assert not words.maybe("INDEX")
