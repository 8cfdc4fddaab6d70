"""Write SQL of several lines in a revision's source as a block between triple quotes.

Alembic indents what is rendered, so that a block is made only when the file is there. A block is
indented where spaces mean nothing; the body of a function stays as it is, at the margin.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from alembic_pg.sql import plpgsql
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.split import single_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

# The calls that take SQL, by the place of it among their arguments.
_SQL_ARGUMENTS = {
    "CheckConstraint": 0,
    "Computed": 0,
    "create_check_constraint": 2,
    "execute": 0,
    "literal_column": 0,
    "text": 0,
}

_QUOTES = '"""'

# Of a string that is not in such a block yet.
_LINE_BREAKS = ("\\n", "'''")


def with_text_blocks(source: str) -> str:
    """Return the source of a revision in which SQL of several lines is a block.

    What the statements do is the same: a block differs from the text before it at most in spaces
    between words. Raises SyntaxError for a source that is no Python.
    """
    if not any(sign in source for sign in _LINE_BREAKS):
        return source  # to parse what makes a thousand tables takes longer than to write it
    lines = source.encode().splitlines(keepends=True)
    found = [*_sql_constants(ast.parse(source))]
    for call, constant in sorted(found, key=lambda one: one[1].lineno, reverse=True):
        first, last = constant.lineno - 1, (constant.end_lineno or constant.lineno) - 1
        before = lines[first][: constant.col_offset]
        after = lines[last][constant.end_col_offset :]
        if _QUOTES.encode() in lines[first][constant.col_offset : constant.col_offset + 5]:
            continue
        margin = b"" if before.strip() else before
        indent = margin.decode() or " " * (call.col_offset + 4)
        is_execute = _name_of(call) == "execute"
        block = _block(str(constant.value), indent, at_margin=is_execute)
        if block:
            head = before if before.strip() else margin
            lines[first : last + 1] = [head + block.encode() + after]
    return b"".join(lines).decode()


def _sql_constants(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.Constant]]:
    """Yield the strings of several lines that are SQL, each with the call that takes it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        place = _SQL_ARGUMENTS.get(_name_of(node))
        value = node.args[place] if place is not None and place < len(node.args) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and "\n" in value.value:
            yield node, value


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _block(text: str, indent: str, *, at_margin: bool) -> str:
    """Return a block of a text, "" where none would execute the same.

    at_margin: whether a text whose spaces count may begin each line at the margin.
    """
    stripped = text.strip("\n")
    if _QUOTES in text or not all(
        line.isprintable() for line in stripped.replace("\t", " ").split("\n")
    ):
        return ""
    if _spaces_count(stripped):
        if not at_margin or any(line != line.rstrip() for line in stripped.split("\n")):
            return ""
        indent = ""
    quoted = [line.rstrip().replace("\\", "\\\\") for line in stripped.split("\n")]
    body = "\n".join(f"{indent}{line}" if line else "" for line in quoted)
    return f"{_QUOTES}\n{body}\n{indent}{_QUOTES}"


def _spaces_count(sql: str) -> bool:
    """Return whether a text has a constant or quoted name of several lines.

    The body of a DO is code, of which only its own constants count.
    """
    cursor = single_statement(sql)
    if cursor.accept("DO"):
        return _spaces_count(plpgsql.do_body(cursor))
    return any("\n" in token.text for token in tokenize(sql))
