"""SIGINT while a statement runs; whole commands are interrupted in tests/failures/."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ddl.console import interrupt
from ddl.database.connect import engine as connectable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection


@pytest.fixture
def default() -> Iterator[None]:
    """Python's own handler, which pytest's workers may not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def handler() -> object:
    return signal.getsignal(signal.SIGINT)


@pytest.fixture
def soon() -> Iterator[threading.Timer]:
    """What sends the signal to this process a moment after it is started."""
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    yield timer
    timer.join()


@pytest.mark.usefixtures("default")
def test_the_statement_is_cancelled_and_the_connection_usable(
    empty: URL, soon: threading.Timer
) -> None:
    made: list[Connection] = []

    def wait() -> None:
        with interrupt.obeyed():
            made.append(connectable(empty).connect())
            soon.start()
            made[0].execute(text("SELECT pg_sleep(60)"))

    with connectable(empty).connect() as early:
        with pytest.raises(KeyboardInterrupt):
            wait()
        assert handler() == signal.SIG_DFL, "a second Ctrl-C ends the process"
        with made[0] as connection:
            connection.rollback()
            assert connection.scalar(text("SELECT 1")) == 1
        assert early.scalar(text("SELECT 1")) == 1


@pytest.mark.usefixtures("default")
def test_without_a_signal_nothing_stays(empty: URL) -> None:
    before = set(threading.enumerate())
    with interrupt.obeyed():
        assert handler() != signal.default_int_handler
        with connectable(empty).connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        (watcher,) = set(threading.enumerate()) - before
    assert handler() == signal.default_int_handler
    assert signal.set_wakeup_fd(-1) == -1
    watcher.join(timeout=5)
    assert not watcher.is_alive()


@pytest.mark.usefixtures("default")
def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), interrupt.obeyed():
        raise ZeroDivisionError


@pytest.mark.usefixtures("default")
def test_who_ignores_the_signal_goes_on() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupt.obeyed():
        assert handler() == signal.SIG_IGN
