"""What the screen shows of an exception that nobody caught: one or two lines."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

TRACEBACK = "ALEMBIC_TRACEBACK"


def wants_traceback() -> bool:
    """Return whether the user asked for the whole traceback, here or by Alembic's own switch."""
    return bool(os.environ.get(TRACEBACK)) or "--raiseerr" in sys.argv


def install() -> None:
    """Let uncaught exceptions of this process end in a sentence."""
    sys.excepthook = _show


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if wants_traceback():
        sys.__excepthook__(kind, error, trace)
    else:
        sys.stderr.write(f"FAILED: {sentence(error)}\n")


def sentence(error: BaseException) -> str:
    """Return what happened and what to do next."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted; what was running is rolled back. Run the same command again."
    file = _revision_file(error)
    if isinstance(error, SyntaxError) and error.filename:
        return (
            f"Syntax error in {_short(error.filename)}, line {error.lineno}: {error.msg}. "
            "Correct it and run the command again."
        )
    if isinstance(error, KeyError) and _is_revision_map(error):
        return (
            f"A revision names the down_revision {error.args[0]!r}, which no file has: "
            "restore that file, or correct down_revision."
        )
    text = " ".join(str(error).split()) or "no reason given"
    if file:
        return f"{_short(file)} cannot be loaded: {type(error).__name__}: {text}"
    return f"{type(error).__name__}: {text} ({TRACEBACK}=1 shows where.)"


def _revision_file(error: BaseException) -> str | None:
    """Return the revision file in which the error was raised, if it was."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).parent.name == "versions":
            return frame.filename
    return None


def _is_revision_map(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename).parts[-2:] == ("script", "revision.py")


def _short(path: str) -> str:
    """Return a path as seen from here, where that is shorter."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path
