"""Collect the statements that tests hold: every string in them that PostgreSQL can read."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from postgast import PgQueryError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]


@cache
def strings_of_tests() -> tuple[str, ...]:
    """Return the statements of all tests, each once."""
    found = {text for file in sorted(TESTS.rglob("*.py")) for text in _strings(file)}
    return tuple(sorted(filter(_is_statement, found)))


def _strings(file: Path) -> Iterator[str]:
    """Yield the constants of a file, and what revisions in them pass to op.execute()."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
            yield from _executed(node.value)


def _executed(text: str) -> Iterator[str]:
    """Yield the constants of a text that is Python itself."""
    if "op." not in text:
        return
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _is_statement(text: str) -> bool:
    try:
        return bool(parse(text).stmts)
    except (PgQueryError, UnicodeEncodeError, ValueError):
        return False
