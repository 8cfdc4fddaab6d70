"""Let the text of a revision's file name another revision before it; nothing else changes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.revisions.source_file import span

if TYPE_CHECKING:
    from collections.abc import Iterator

# Alembic's line in the docstring.
_REVISES = re.compile(r"(?<![^\r\n])(Revises:[ \t]*)[^\r\n]*")


def with_down_revision(source: str, down: str, name: str) -> str:
    """Return the text of a revision that comes after another one.

    down: the id of that one. name: what a message calls the file.
    Raises UserError where the text does not say it as one literal.
    """
    values = list(_assigned(ast.parse(source), "down_revision"))
    if len(values) != 1 or not isinstance(values[0], ast.Constant):
        raise UserError(
            f"{name} does not say its down_revision as a text: let it name {down}, then: "
            "alembic-pg ledger"
        )
    start, end = span(source, values[0])
    quote = "'" if source[start] == "'" else '"'
    changed = f"{source[:start]}{quote}{down}{quote}{source[end:]}"
    return _with_docstring_line(changed, down)


def _assigned(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    """Yield what a module assigns to a name of its own."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            yield from (
                node.value for one in targets if isinstance(one, ast.Name) and one.id == name
            )


def _with_docstring_line(source: str, down: str) -> str:
    """Return the text with another id in the line "Revises:" of its docstring, if it has one."""
    first = ast.parse(source).body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return source
    start, end = span(source, first.value)
    docstring = _REVISES.sub(rf"\g<1>{down}", source[start:end], count=1)
    return f"{source[:start]}{docstring}{source[end:]}"
