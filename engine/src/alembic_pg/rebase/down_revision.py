"""Let the text of a revision's file name another revision before it; nothing else changes."""

from __future__ import annotations

import ast
import re

from alembic_pg.errors import UserError

# Alembic's line in the docstring.
_REVISES = re.compile(r"^(Revises:[ \t]*)[^\r\n]*", re.MULTILINE)


def with_down_revision(source: str, down: str, name: str) -> str:
    """Return the text of a revision that comes after another one.

    down: the id of that one. name: what a message calls the file.
    Raises UserError where the text does not say it as one literal.
    """
    places = [value for target, value in _assignments(ast.parse(source)) if target == _TARGET]
    if len(places) != 1 or not isinstance(places[0], ast.Constant):
        raise UserError(
            f"{name} does not say its down_revision as a text: let it name {down}, then: "
            "alembic-pg ledger"
        )
    (value,) = places
    quote = (
        "'"
        if source.splitlines()[value.lineno - 1].encode()[value.col_offset :][:1] == b"'"
        else '"'
    )
    start, end = _offset(source, value.lineno, value.col_offset), _end(source, value)
    changed = f"{source[:start]}{quote}{down}{quote}{source[end:]}"
    return _with_docstring_line(changed, down)


_TARGET = "down_revision"


def _assignments(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    found: list[tuple[str, ast.expr]] = []
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found += [(one.id, node.value) for one in node.targets if isinstance(one, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found.append((node.target.id, node.value))
    return found


def _with_docstring_line(source: str, down: str) -> str:
    """Return the text with another id in the line "Revises:" of its docstring, if it has one."""
    first = ast.parse(source).body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return source
    start, end = (
        _offset(source, first.value.lineno, first.value.col_offset),
        _end(source, first.value),
    )
    docstring = _REVISES.sub(rf"\g<1>{down}", source[start:end], count=1)
    return f"{source[:start]}{docstring}{source[end:]}"


def _end(source: str, node: ast.expr) -> int:
    assert node.end_lineno is not None  # noqa: S101  # a parsed node has both
    assert node.end_col_offset is not None  # noqa: S101
    return _offset(source, node.end_lineno, node.end_col_offset)


def _offset(source: str, line: int, column: int) -> int:
    """Return the place in a text of a line, from 1, and a column in bytes, as ast counts them."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", source)
    before = lines[: line - 1]
    return sum(map(len, before)) + len(lines[line - 1].encode()[:column].decode())
