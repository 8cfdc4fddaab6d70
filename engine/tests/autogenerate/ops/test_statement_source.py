"""Statements written into a revision."""

from __future__ import annotations

import ast

import pytest
from alembic_pg.autogenerate.ops import statement_source
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
    compiled = str(text(statement_source.escape_colons(statement)).compile(dialect=dialect()))
    assert compiled % () == statement if "%" in statement else compiled == statement


@pytest.mark.parametrize("statement", ODD)
@pytest.mark.parametrize("indent", ["", "    "])
def test_a_literal_is_the_string_however_it_is_indented(statement: str, indent: str) -> None:
    source = f"f({statement_source.python_literal(statement)})"
    indented = "\n".join(indent + line for line in source.splitlines())
    block = f"if True:\n{indented}" if indent else indented
    call = next(node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call))
    assert ast.literal_eval(call.args[0]) == statement
