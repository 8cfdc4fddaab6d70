"""The one exception for what a user can cause and can mend, and what no command may end with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator


# The text of an exception without one.
NO_REASON = "no reason given"


class UserError(CommandError):
    """Something a user can mend; its text is the whole message, one or two short lines.

    Alembic's command line prints it as ``FAILED: …``; callers of Alembic's Python API catch
    it as the ``CommandError`` that they already know.
    """


class FunctionError(RuntimeError):
    """Code of a project that ends the process, or a function of it of which nothing runs."""


def kind_and_text(error: BaseException, text: str) -> str:
    """Return Python's name for an exception, and what it says, in one line."""
    said = " ".join(text.split()) or NO_REASON
    return f"{type(error).__name__}: {said}"


@contextmanager
def refuse_exit() -> Iterator[None]:
    """Raise FunctionError where a project's code calls sys.exit(): a command would end with 0.

    The traceback is that of the call.
    """
    try:
        yield
    except SystemExit as error:
        said = FunctionError(f"it ends the process, sys.exit({error.code!r})")
        raise said.with_traceback(error.__traceback__) from None
