"""SQL in tokens."""

from __future__ import annotations

import pytest
from alembic_pg.sql.lexer import tokenize, without_literals, without_semicolon


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT 'a;''b' -- no\n, 1.5", ["SELECT", "'a;''b'", ",", "1.5"]),
        ("/* a /* b */ c */ x", ["x"]),
        ("/* never closed", []),
        (r"E'it\'s' U&'x' e'\\'", [r"E'it\'s'", "U&'x'", r"e'\\'"]),
        ('a."B""c"(d)', ["a", ".", '"B""c"', "(", "d", ")"]),
        ("$$a;$$ $t$ $$ $t$ $1", ["$$a;$$", "$t$ $$ $t$", "$", "1"]),
        ("größe", ["größe"]),
        ("𠀀a →$1 b\u00a0c", ["𠀀a", "→$1", "b\u00a0c"]),
        ("a --;\rb", ["a", "b"]),
        ("U&\"a!\" --\n uescape'!' b", ["U&\"a!\" --\n uescape'!'", "b"]),
        ("$𠀀$;$𠀀$", ["$𠀀$;$𠀀$"]),
    ],
)
def test_what_belongs_together(sql: str, found: list[str]) -> None:
    assert [token.text for token in tokenize(sql)] == found


def test_what_tokens_say() -> None:
    found = tokenize('Select "A""b" (x[1])')
    assert [token.keyword for token in found[:2]] == ["SELECT", ""]
    assert [token.identifier for token in found[:3]] == ["select", 'A"b', ""]
    assert [token.depth for token in found] == [0, 0, 1, 1, 2, 2, 2, 1]


def test_secrets_are_left_out() -> None:
    secret = "ALTER ROLE me PASSWORD 'hidden' -- hidden\n, $x$hidden$x$"
    assert without_literals(secret) == "ALTER ROLE me PASSWORD '…' , '…'"


@pytest.mark.parametrize(
    ("sql", "name"),
    [('"a"""', 'a"'), ('"""a"', '"a'), ("ÄB", "Äb")],
)
def test_names(sql: str, name: str) -> None:
    assert tokenize(sql)[0].identifier == name


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        ("SELECT ';' ; ; -- 1;\n/* 2 */", "SELECT ';'"),
        ("SELECT 1; SELECT 2", "SELECT 1; SELECT 2"),
        ("-- 1", ""),
    ],
)
def test_what_ends_a_statement(sql: str, statement: str) -> None:
    assert without_semicolon(sql) == statement


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("Ab", "ab"),
        ('"a"""', 'a"'),
        (r'U&"d\0061t\+000061"', "data"),
        (r'u&"a\\b""c"', r'a\b"c'),
        ("U&\"d!0061t!+000061!!\" UESCAPE '!'", "data!"),
        (r'U&"\d83d\de00"', "\U0001f600"),
        ("é" * 40, "é" * 31),
        ("1", ""),
    ],
)
def test_names_of_any_spelling(sql: str, name: str) -> None:
    (token,) = tokenize(sql)
    assert token.identifier == name
