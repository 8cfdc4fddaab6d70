"""Write what a revision does, locks and destroys into the docstring at its head."""

from __future__ import annotations

import io
import textwrap
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of a line in the docstring, which a formatter leaves as it is.
_WIDTH = 96


def with_head(source: str, sentences: Sequence[str]) -> str:
    """Return the source of a revision whose docstring has sentences after its first paragraph.

    Alembic takes the first paragraph for the message. A source without a docstring is returned as
    it is. Raises SyntaxError for a source that is no Python.
    """
    place = _docstring_lines(source) if sentences else None
    if place is None:
        return source
    lines = source.splitlines(keepends=True)
    blank = next((n for n in range(*place) if not lines[n].strip()), None)
    if blank is None:
        return source  # one line, or a form of its own
    said = [line for sentence in sentences for line in _wrapped(sentence)]
    lines[blank:blank] = ["\n", *(f"{line}\n" for line in said)]
    return "".join(lines)


def _docstring_lines(source: str) -> tuple[int, int] | None:
    """Return where the docstring begins and ends, None where there is none.

    No more than it is read: a revision may make a thousand tables.
    """
    found: tuple[int, int] | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if found and token.type == tokenize.NEWLINE:
                return found
            if token.type not in {tokenize.COMMENT, tokenize.NL}:
                if found or token.type != tokenize.STRING:
                    return None
                found = token.start[0] - 1, token.end[0]
    except tokenize.TokenError as error:
        raise SyntaxError(str(error)) from error
    return None


def _wrapped(sentence: str) -> list[str]:
    """Return a sentence in lines that a docstring can hold."""
    plain = sentence.replace("\\", "\\\\")
    for quotes in ('"' * 3, "'" * 3):
        plain = plain.replace(quotes, quotes.replace(quotes[0], f"\\{quotes[0]}"))
    return textwrap.wrap(
        plain, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
