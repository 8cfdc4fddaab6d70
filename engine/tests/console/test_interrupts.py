"""Signals while a statement runs; whole commands are interrupted in tests/failures/."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from alembic_pg.console import interrupts
from alembic_pg.console.exit_signals import TerminatedError
from alembic_pg.database.connect import make_engine as connectable
from sqlalchemy import text
from tests.interrupts import ENOUGH, INTERRUPTED, TERMINATED, until, waits

from tests.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection


# How the signals are served in a process that nobody has changed.
DEFAULTS: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


@pytest.fixture
def default() -> Iterator[None]:
    """Python's own handlers, which pytest's workers may not have."""
    before = [signal.signal(number, handler) for number, handler in DEFAULTS.items()]
    yield
    for number, handler in zip(DEFAULTS, before, strict=True):
        signal.signal(number, handler)


def handler() -> object:
    return signal.getsignal(signal.SIGINT)


@pytest.mark.usefixtures("default")
@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, TerminatedError)]
)
def test_the_statement_is_cancelled_and_the_connection_usable(
    empty: URL, number: signal.Signals, kind: type[KeyboardInterrupt]
) -> None:
    soon = threading.Timer(0.3, os.kill, (os.getpid(), number))
    made: list[Connection] = []

    def wait() -> None:
        with interrupts.handle_signals():
            made.append(connectable(empty).connect())
            soon.start()
            made[0].execute(text("SELECT pg_sleep(60)"))

    with connectable(empty).connect() as early:
        with pytest.raises(KeyboardInterrupt) as error:
            wait()
        soon.join()
        assert error.type is kind
        assert handler() == signal.SIG_IGN, "only the sentence is left to be written"
        with made[0] as connection:
            connection.rollback()
            assert connection.scalar(text("SELECT 1")) == 1
        assert early.scalar(text("SELECT 1")) == 1


# A block that does something for a minute, and takes another one to end.
SLOW = """
import time
from alembic_pg.console import excepthook, interrupts

excepthook.install()
with interrupts.handle_signals():
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("ending", flush=True)
        time.sleep(60)
"""

# A block that waits for the server, in C.
WAITING = """
import os
from sqlalchemy import text
from sqlalchemy.engine import make_url
from alembic_pg.console import excepthook, interrupts
from alembic_pg.database.connect import make_engine

excepthook.install()
engine = make_engine(make_url(os.environ["DATABASE_URL"]))
with interrupts.handle_signals(), engine.connect() as connection:
    print(connection.scalar(text("SELECT pg_backend_pid()")), flush=True)
    connection.execute(text("SELECT pg_sleep(60)"))
"""


@contextmanager
def running(code: str, url: URL) -> Iterator[subprocess.Popen[str]]:
    """Run a program that says what it does on its standard output."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"DATABASE_URL": url.render_as_string(hide_password=False)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_what_does_not_end(empty: URL, second: signal.Signals) -> None:
    with running(SLOW, empty) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "ending\n"
        process.send_signal(second)
        _, err = process.communicate(timeout=ENOUGH)
    sentence = INTERRUPTED if second == signal.SIGINT else TERMINATED
    assert (process.returncode, err) == (-second, f"FAILED: {sentence}\n")


def test_a_second_signal_ends_a_process_whose_server_does_not_answer(empty: URL) -> None:
    with running(WAITING, empty) as process:
        assert process.stdout
        server = psutil.Process(int(process.stdout.readline()))
        until(waits(empty, "PgSleep"))
        server.suspend()
        try:
            # Two at once may be one.
            while process.poll() is None:
                process.send_signal(signal.SIGINT)
                time.sleep(0.01)
        finally:
            server.resume()
        _, err = process.communicate()
    assert (process.returncode, err) == (128 + signal.SIGINT, f"FAILED: {INTERRUPTED}\n")
    until(lambda: not server.is_running())


@pytest.mark.usefixtures("default")
def test_without_a_signal_nothing_stays(empty: URL) -> None:
    before = set(threading.enumerate())
    with interrupts.handle_signals():
        assert handler() != signal.default_int_handler
        with connectable(empty).connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        (watcher,) = set(threading.enumerate()) - before
    assert handler() == signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.set_wakeup_fd(-1) == -1
    watcher.join(timeout=5)
    assert not watcher.is_alive()


@pytest.mark.usefixtures("default")
def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), interrupts.handle_signals():
        raise ZeroDivisionError


@pytest.mark.usefixtures("default")
@pytest.mark.parametrize("ignored", [{signal.SIGINT}, {signal.SIGTERM}, set(DEFAULTS)])
def test_a_signal_that_is_ignored_stays_so(ignored: set[signal.Signals]) -> None:
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    with interrupts.handle_signals():
        assert {one for one in DEFAULTS if signal.getsignal(one) == signal.SIG_IGN} == ignored
    assert {one for one in DEFAULTS if signal.getsignal(one) == signal.SIG_IGN} == ignored
