"""The statements of a block of PL/pgSQL, and those that it executes as a text."""

from __future__ import annotations

import pytest
from alembic_pg.sql import plpgsql, split


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("BEGIN NULL; DROP TABLE a; END", ["DROP TABLE a"]),
        ("BEGIN EXECUTE E'DROP TABLE a; DROP TABLE b'; END", ["DROP TABLE a", "DROP TABLE b"]),
        ("BEGIN EXECUTE $x$DROP TABLE a$x$; END", ["DROP TABLE a"]),
        ("BEGIN EXECUTE format('DROP TABLE %1$I.x_%s', 's', t); END", ['DROP TABLE "…" . "…"']),
        ("BEGIN EXECUTE 'DROP ' || kind || ' a'; END", ['DROP "…" a']),
        ("BEGIN s := 'DROP TABLE ' || t; EXECUTE s; END", ['DROP TABLE "…"']),
        (
            "BEGIN FOREACH s IN ARRAY ARRAY['DROP TABLE a', 'DROP TABLE b'] LOOP EXECUTE s; END",
            ["DROP TABLE a", "DROP TABLE b"],
        ),
    ],
)
def test_drops(text: str, statements: list[str]) -> None:
    found = [[token.text for token in one.tokens] for one in plpgsql.block_statements(text)]
    assert [" ".join(words[:5]) for words in found if words[:1] == ["DROP"]] == statements


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        ("BEGIN EXECUTE 'DROP TABLE a'; EXECUTE $x$ SELECT 1 $x$ INTO b USING c; END", []),
        (
            "BEGIN EXECUTE format('DROP TABLE %I', t) USING x; END",
            ["EXECUTE format('…', t) USING x"],
        ),
        ("BEGIN EXECUTE 'DROP TABLE ' || t; END", ["EXECUTE '…' || t"]),
        ("BEGIN FOR r IN EXECUTE s LOOP NULL; END LOOP; END", ["EXECUTE s"]),
        ("BEGIN PERFORM f('EXECUTE s'); GRANT EXECUTE ON FUNCTION f() TO r; END", []),
        ("BEGIN CREATE TRIGGER a AFTER UPDATE ON t EXECUTE FUNCTION f(); END", []),
    ],
)
def test_what_nobody_can_see(text: str, unseen: list[str]) -> None:
    assert list(plpgsql.unseen_executes(text)) == unseen


@pytest.mark.parametrize(
    ("sql", "body"),
    [
        ("DO $$ BEGIN END $$", " BEGIN END "),
        ("DO LANGUAGE 'plpgsql' 'BEGIN NULL; END'", "BEGIN NULL; END"),
        ("SELECT $$ BEGIN END $$", ""),
        ("DO", ""),
        ("", ""),
    ],
)
def test_the_body_of_a_block(sql: str, body: str) -> None:
    assert plpgsql.do_body(split.single_statement(sql)) == body
