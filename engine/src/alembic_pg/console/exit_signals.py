"""End this process by the signal that asked for it, so that its caller sees the reason.

Who started it then knows why; a shell's $? is 128 and the signal's number.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType


class TerminatedError(KeyboardInterrupt):
    """Somebody wants this process to end (SIGTERM): kill, systemd, or the stop of a container."""


def interrupt_message(error: KeyboardInterrupt) -> str:
    """Return what happened and what to do next, or what stays, as notes of the exception say."""
    word = "Terminated" if isinstance(error, TerminatedError) else "Interrupted"
    then = " ".join(getattr(error, "__notes__", ())) or "Run the same command again."
    return f"{word}: what was running is rolled back. {then}"


def exception_for_signal(number: int) -> KeyboardInterrupt:
    """Return what a signal raises."""
    return TerminatedError() if number == signal.SIGTERM else KeyboardInterrupt()


def install() -> None:
    """Let a second Ctrl-C end this process in silence, not in the midst of telling of the first."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt_once)


def interrupt_once(number: int, frame: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt, as Python does each time."""
    del frame
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt


def exit_for_interrupt(error: KeyboardInterrupt) -> None:
    """End this process as an exception says; by SIGINT Python itself does, at its very end."""
    if isinstance(error, TerminatedError):
        exit_by_signal(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def exit_by_broken_pipe() -> NoReturn:
    """End this process, whose output nobody reads, by SIGPIPE, or on Windows by exit code 1."""
    if hasattr(signal, "SIGPIPE"):
        exit_by_signal(signal.SIGPIPE)
    os._exit(1)


def exit_by_signal(number: int) -> NoReturn:
    """End this process by a signal, in the main thread."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # the first process of a container does not die of it
