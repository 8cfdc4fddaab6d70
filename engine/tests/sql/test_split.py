"""Text in statements."""

from __future__ import annotations

import pytest
from alembic_pg.sql import split


def test_split_respects_what_quotes_a_semicolon() -> None:
    script = "A ';' ;\nB \";\" ; C $x$ ; $x$; D E'\\';' ;"
    assert split.script_statements(script) == ["A ';' ;", 'B ";" ;', "C $x$ ; $x$;", "D E'\\';' ;"]


def test_split_leaves_a_sql_body_whole() -> None:
    body = "CREATE FUNCTION f() RETURNS int\n BEGIN ATOMIC\n SELECT 1;\n SELECT 2;\nEND;"
    assert split.script_statements(body) == [body]


BODY = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 0 WHEN 1 THEN 2 END; END"


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("", []),
        (" ; -- ;\n ;", []),
        (";SELECT 1;;SELECT ';' ; ", ["SELECT 1", "SELECT ';'"]),
        (
            "CREATE RULE r AS ON UPDATE TO t DO (A; B); C",
            ["CREATE RULE r AS ON UPDATE TO t DO (A; B)", "C"],
        ),
        (f"{BODY}; SELECT 1", [BODY, "SELECT 1"]),
        ("SELECT 1 AS atomic; SELECT 2", ["SELECT 1 AS atomic", "SELECT 2"]),
        ("BEGIN; SELECT 1; END", ["BEGIN", "SELECT 1", "END"]),
        (
            "CREATE PROCEDURE p() BEGIN ATOMIC END; SELECT 1",
            ["CREATE PROCEDURE p() BEGIN ATOMIC END", "SELECT 1"],
        ),
        (
            "CREATE TRIGGER t EXECUTE FUNCTION f(); BEGIN; SELECT 1 AS atomic; END",
            ["CREATE TRIGGER t EXECUTE FUNCTION f()", "BEGIN", "SELECT 1 AS atomic", "END"],
        ),
    ],
)
def test_statements_of_a_text(sql: str, texts: list[str]) -> None:
    assert split.statement_texts(sql) == texts
    only = split.single_statement(sql).whole_text()
    assert only == (texts[0] if len(texts) == 1 else "")


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("DROP INDEX a, b", ["DROP INDEX a", "DROP INDEX b"]),
        (
            'drop index if exists s."A,", b RESTRICT;',
            ['DROP INDEX IF EXISTS s."A,"', "DROP INDEX IF EXISTS b"],
        ),
        ("DROP INDEX a", []),
        ("DROP INDEX a, b CASCADE", []),
        ("DROP INDEX CONCURRENTLY a, b", []),
        ("DROP INDEX a, b; SELECT 1", []),
        ("DROP INDEX a,", []),
        ("DROP INDEX", []),
        ("DROP TABLE a, b", []),
    ],
)
def test_each_index_that_one_statement_drops(sql: str, texts: list[str]) -> None:
    assert split.index_drops(sql) == texts
