"""Draw for the screen with rich: as wide as the window, coloured by meaning; plain in a file."""

from __future__ import annotations

import sys
import textwrap
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console, RenderableType

# Columns of a file or a log, which has no window.
PLAIN_WIDTH = 100

# What a colour means, as rich names it; NO_COLOR and TERM=dumb take it away.
DESTROYS = "red"
WAITS = "yellow"
ADDS = "green"
FAILED = "bold red"
HEAD = "bold"
STATUS = "dim"


def width(stream: TextIO | None = None) -> int:
    """Return the columns of the window of a stream, of the standard output by default."""
    stream = stream or sys.stdout
    return _console(stream)[0].width if stream.isatty() else PLAIN_WIDTH


def draw(shape: RenderableType, stream: TextIO | None = None) -> str:
    """Return the text that draws a shape of rich on a stream, without spaces at a line's end."""
    console, drawn = _console(stream or sys.stdout)
    console.print(shape)
    return "\n".join(line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n"))


def wrap(line: str, stream: TextIO | None = None) -> str:
    """Return a line broken between words, so that it fits a stream, by default the output."""
    return textwrap.fill(
        line, width(stream), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def fit(text: str, stream: TextIO | None = None) -> str:
    """Return lines broken between words where the window is too narrow; in a file they stay."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return text
    most = width(stream)
    return "\n".join(wrap(one, stream) if len(one) > most else one for one in text.splitlines())


def with_code(sentence: str, code: str) -> str:
    """Return a sentence with what is to be copied from it, in a line of its own if need be."""
    line = f"{sentence} {code}"
    if not sys.stdout.isatty() or len(line) <= width():
        return line
    return f"{wrap(sentence)}\n  {code}"


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """Return a text in a colour where a stream shows one, else the text."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return text
    console, drawn = _console(stream)
    console.print(text, style=style, end="", soft_wrap=True)
    return drawn.getvalue()


def _console(stream: TextIO) -> tuple[Console, StringIO]:
    """Return a console that draws as on a stream, and where it draws.

    The stream itself is never written: who prints the text knows what to do where nobody reads it.
    """
    from rich.console import Console  # noqa: PLC0415  # only where something is drawn

    terminal, drawn = stream.isatty(), StringIO()
    console = Console(
        file=drawn,
        force_terminal=terminal,
        width=None if terminal else PLAIN_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
    )
    return console, drawn
