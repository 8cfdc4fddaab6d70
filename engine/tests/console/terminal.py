"""A terminal of some size, in which a command runs, and what stands on its screen then."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LINES = 200


@dataclass(frozen=True)
class Shown:
    """What a terminal shows after a command has ended in it.

    raw: what the command wrote. lines: of the screen. colors: of each line, those of its text.
    """

    code: int
    raw: str
    lines: list[str]
    colors: list[set[str]]

    def colors_of(self, word: str) -> set[str]:
        """Return the colours of the first line that has a word."""
        return next(
            some for line, some in zip(self.lines, self.colors, strict=True) if word in line
        )


def run(
    command: Sequence[str],
    columns: int,
    folder: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    **variables: str,
) -> Shown:
    """Run a command in a terminal of some columns; its standard error goes there, too."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))
    usual = {name: value for name, value in environment.items() if name not in _ANSWERS}
    child = subprocess.Popen(
        command,
        cwd=folder,
        env=usual | {"TERM": "xterm-256color"} | variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    with suppress(OSError):  # Linux says so that nobody is at the other end
        while some := os.read(ours, 65536):
            written += some
    os.close(ours)
    code = child.wait(timeout=120)
    raw = written.decode()
    screen = pyte.Screen(columns, _LINES)
    pyte.Stream(screen).feed(raw)
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    colors = [
        {cell.fg for cell in screen.buffer[at].values() if cell.data.strip()}
        for at in range(len(lines))
    ]
    return Shown(code, raw, lines, colors)


# What would tell a command otherwise how to draw.
_ANSWERS = frozenset({"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM"})
