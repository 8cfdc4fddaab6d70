"""Write what a revision does, locks and destroys into the docstring at its head."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of a line in the docstring, which a formatter leaves as it is.
_WIDTH = 96


def with_head(source: str, sentences: Sequence[str]) -> str:
    """Return the source of a revision whose docstring has sentences after its first paragraph.

    Alembic takes the first paragraph for the message. A source without a docstring is returned as
    it is.
    """
    body = ast.parse(source).body
    first = body[0] if body else None
    if (
        not sentences
        or not isinstance(first, ast.Expr)
        or not isinstance(first.value, ast.Constant)
    ):
        return source
    if not isinstance(first.value.value, str) or first.end_lineno is None:
        return source
    lines = source.splitlines(keepends=True)
    start, end = first.lineno - 1, first.end_lineno
    blank = next((n for n in range(start, end) if not lines[n].strip()), None)
    if blank is None:
        return source  # one line, or a form of its own
    said = [line for sentence in sentences for line in _wrapped(sentence)]
    lines[blank:blank] = ["\n", *(f"{line}\n" for line in said)]
    return "".join(lines)


def _wrapped(sentence: str) -> list[str]:
    """Return a sentence in lines that a docstring can hold."""
    plain = sentence.replace("\\", "\\\\").replace('"', "'")
    return textwrap.wrap(
        plain, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
