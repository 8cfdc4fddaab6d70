"""Statements taken apart, turned round and written as Python."""

from __future__ import annotations

import ast

import pytest
from alembic_pg.sql import inverse
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg2 import dialect

ODD = [
    "SELECT ':x', \"a:b\", 'c'::text, x[1:2], '\\:y', '\\\\:z'",
    "SELECT '50%', '%(x)s', ':: :a', ':', '::b', ':é'",
    "DO $$ BEGIN x := 1; y:=2; END $$",
    'SELECT \'"""\', "", \'\\\'',
    "a\nb\n\n  c 'it''s'\n",
    "\\",
    "é ü \t \x7f",
]


@pytest.mark.parametrize("statement", ODD)
def test_what_is_written_into_a_revision_reaches_the_server_unchanged(statement: str) -> None:
    compiled = str(text(inverse.escape_colons(statement)).compile(dialect=dialect()))
    assert compiled % () == statement if "%" in statement else compiled == statement


@pytest.mark.parametrize("statement", ODD)
@pytest.mark.parametrize("indent", ["", "    "])
def test_a_literal_is_the_string_however_it_is_indented(statement: str, indent: str) -> None:
    source = f"f({inverse.python_literal(statement)})"
    indented = "\n".join(indent + line for line in source.splitlines())
    block = f"if True:\n{indented}" if indent else indented
    call = next(node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call))
    assert ast.literal_eval(call.args[0]) == statement


def test_split_respects_what_quotes_a_semicolon() -> None:
    script = "A ';' ;\nB \";\" ; C $x$ ; $x$; D E'\\';' ;"
    assert inverse.split_statements(script) == ["A ';' ;", 'B ";" ;', "C $x$ ; $x$;", "D E'\\';' ;"]


def test_split_leaves_a_sql_body_whole() -> None:
    body = "CREATE FUNCTION f() RETURNS int\n BEGIN ATOMIC\n SELECT 1;\n SELECT 2;\nEND;"
    assert inverse.split_statements(body) == [body]


@pytest.mark.parametrize(
    ("statement", "back"),
    [
        ("GRANT SELECT ON TABLE t TO r;", "REVOKE SELECT ON TABLE t FROM r;"),
        ("GRANT SELECT ON TABLE t TO r WITH GRANT OPTION;", "REVOKE SELECT ON TABLE t FROM r;"),
        ("REVOKE ALL ON FUNCTION f() FROM PUBLIC;", "GRANT ALL ON FUNCTION f() TO PUBLIC;"),
        ("COMMENT ON TABLE t IS 'it''s';", "COMMENT ON TABLE t IS NULL;"),
        ("COMMENT ON TABLE \" IS 'x';\" IS 'y';", "COMMENT ON TABLE \" IS 'x';\" IS NULL;"),
        (
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
            "ALTER TABLE t DISABLE ROW LEVEL SECURITY;",
        ),
        (
            "ALTER TABLE ONLY t FORCE ROW LEVEL SECURITY;",
            "ALTER TABLE ONLY t NO FORCE ROW LEVEL SECURITY;",
        ),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE a REVOKE SELECT ON TABLES FROM b;",
        ),
        (
            "ALTER TABLE ONLY t ATTACH PARTITION p FOR VALUES FROM (0) TO (1);",
            "ALTER TABLE t DETACH PARTITION p;",
        ),
        ("CREATE TABLE t ();", None),
    ],
)
def test_inverse(statement: str, back: str | None) -> None:
    assert inverse.inverse_statement(statement) == back
