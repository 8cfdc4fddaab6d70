"""Blocks of text in revisions: what is executed is the same, also when it was formatted."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.files.text_blocks import with_text_blocks
from alembic_pg.autogenerate.ops.statement_source import escape_colons, python_literal
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from pathlib import Path

VIEW = "CREATE VIEW v AS\n SELECT 'a:b', \"c\",\n   '\\d' AS é\n   FROM t"
FUNCTION = "CREATE FUNCTION f() RETURNS trigger AS $$\nbegin\n\n  x := '\\n';\nend\n$$"
CODE = "DO $check$\nBEGIN\n  RAISE 'x';\nEND\n$check$"

# Those that stay as they are: spaces at the end of a line, which a hook would take, quotes.
KEPT = [
    "CREATE FUNCTION f() AS $$\nbegin  \nend $$",
    'COMMENT ON TABLE t IS \'"""\n\'',
    "CREATE FUNCTION f() AS $$\n\x01\n$$",
]


def revision(statement: str) -> str:
    literal = python_literal(escape_colons(statement))
    body = f"op.execute({literal})".replace("\n", "\n    ")
    return f"def upgrade() -> None:\n    {body}\n"


def executed(source: str) -> str:
    """Return the string of the only call."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    (constant,) = calls[0].args
    return str(ast.literal_eval(constant))


@pytest.mark.parametrize("statement", [VIEW, CODE])
def test_a_block_is_indented_where_spaces_mean_nothing(statement: str) -> None:
    source = with_text_blocks(revision(statement))
    assert '"""\n        ' in source
    found, wanted = (
        [token.text.split() for token in tokenize(text)]
        for text in (executed(source), escape_colons(statement))
    )
    assert found == wanted


def test_the_body_of_a_function_stays_at_the_margin() -> None:
    source = with_text_blocks(revision(FUNCTION))
    assert '"""\nCREATE FUNCTION' in source
    assert executed(source).strip("\n") == escape_colons(FUNCTION)


@pytest.mark.parametrize("statement", KEPT)
def test_what_a_block_cannot_say_stays(statement: str) -> None:
    assert with_text_blocks(revision(statement)) == revision(statement)


@pytest.mark.parametrize("statement", [VIEW, FUNCTION, CODE, *KEPT])
def test_formatting_changes_no_statement(statement: str, tmp_path: Path) -> None:
    file = tmp_path / "revision.py"
    source = with_text_blocks(revision(statement))
    file.write_text(source)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(file)], check=True)
    assert executed(file.read_text()) == executed(source)


def test_a_comment_is_no_sql_and_keeps_its_lines() -> None:
    source = 'def upgrade():\n    op.alter_column("t", "c", comment="a\\nb")\n'
    assert with_text_blocks(source) == source


def test_a_check_of_several_lines_is_a_block() -> None:
    source = 'def upgrade():\n    op.create_check_constraint("c", "t", "a > 0\\nand b > 0")\n'
    assert with_text_blocks(source) == (
        'def upgrade():\n    op.create_check_constraint("c", "t", """\n'
        '        a > 0\n        and b > 0\n        """)\n'
    )


def test_a_file_without_such_sql_is_not_parsed() -> None:
    """A first revision is long, and parsing it took more memory than all else."""
    tables = (
        'def upgrade():\n    op.create_table("t", comment="""a""")\n    op.execute("SELECT 1")\n'
    )
    assert with_text_blocks(f"{tables}(") == f"{tables}("
