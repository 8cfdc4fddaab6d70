"""Try revisions in another process, which has not imported the models.

It is forked before they are imported where that can be; elsewhere it is a new one, which loads
env.py as an upgrade does. What is asked and answered is pickled, one after the other.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from alembic_pg.console import status
from alembic_pg.console.interrupts import SIGNAL_THREAD
from alembic_pg.errors import UserError
from alembic_pg.revisions import history_database
from alembic_pg.revisions.trial import host_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import URL

    from alembic_pg.database.errors import RefusedError
    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.revisions.trial.text_session import Session

# What a new interpreter does first: it finds modules where this one does.
_BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from alembic_pg.revisions.trial import host_server; host_server.main()"
)

_ENDED = "The process in which revisions are tried has ended: run the command again."


@dataclass(frozen=True)
class Channel:
    """The two pipes to a process, and what ends it."""

    requests: IO[bytes]
    answers: IO[bytes]
    end: Callable[[], None]


class OtherProcess:
    """Try revisions in another process, which ends with the `close` of this one.

    start: makes the process, when it is first asked, or at the `begin`.
    """

    def __init__(self, start: Callable[[], Channel]) -> None:
        self._start = start
        self._channel: Channel | None = None
        self._closed = self._busy = False
        self._done: list[int] = []

    def begin(self) -> None:
        """Make the process now."""
        self._channel = self._start()

    def upgrade(self, environment: EnvironmentContext, url: URL, revision: str) -> None:
        """Upgrade a scratch database to a revision. Raises UserError naming the one that fails."""
        del environment  # it has its own
        with status.doing(history_database.RUNNING):
            self.ask("upgrade", url, revision)

    def statements(self, source: str) -> list[RevisionStatement]:
        """Return the statements that the text of operations executes. Raises what it raises."""
        found: list[RevisionStatement] = self.ask("statements", source)
        return found

    @contextmanager
    def session(self, url: URL) -> Iterator[Session]:
        """Open a session on a scratch database, in which the text of operations runs."""
        number = self.ask("open", url)
        try:
            yield _RemoteSession(self, number)
        finally:
            self._close_session(number)

    def _close_session(self, number: int) -> None:
        """Close a session; the garbage collection may do so in the middle of another request."""
        self._done.append(number)
        while self._done and not self._busy and not self._closed:
            self.ask("close", self._done.pop())

    def ask(self, name: str, *arguments: Any) -> Any:  # noqa: ANN401  # any answer
        """Return the answer to a request. Raises UserError, or RefusedError, as it was raised."""
        if self._closed:
            raise UserError(_ENDED)
        if self._channel is None:
            self.begin()
        channel = self._channel
        assert channel is not None  # noqa: S101  # for mypy
        self._busy = True
        try:
            pickle.dump((name, arguments), channel.requests)
            channel.requests.flush()
            done, answer = _read_answer(channel)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.close()
            raise UserError(_ENDED) from error
        except BaseException:  # the next answer would be that of this request
            self.close()
            raise
        finally:
            self._busy = False
        if not done:
            raise answer
        return answer

    def close(self) -> None:
        """End the process, whatever it is at; the server rolls back what is not committed."""
        self._closed = True
        if self._channel is not None:
            channel, self._channel = self._channel, None
            for pipe in (channel.requests, channel.answers):
                with suppress(OSError):
                    pipe.close()
            channel.end()


def _read_answer(channel: Channel) -> tuple[bool, Any]:
    """Return whether a request was done, and its answer; tell meanwhile how far it is."""
    while True:
        done, answer = pickle.load(channel.answers)  # noqa: S301  # of our own process
        if done is not None:
            return done, answer
        status.reached(*answer)


@dataclass(frozen=True)
class _RemoteSession:
    """A session in the other process; see `text_session.TextSession`."""

    process: OtherProcess
    number: int

    def run(self, *sources: str) -> None:
        self.process.ask("session", self.number, "run", *sources)

    def attempt(self, sources: Sequence[str]) -> RefusedError | None:
        refused: RefusedError | None = self.process.ask(
            "session", self.number, "attempt", [*sources]
        )
        return refused

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.process.ask("session", self.number, "query", sql)
        return rows

    def execute(self, sql: str) -> None:
        self.process.ask("session", self.number, "execute", sql)

    def commit(self) -> None:
        self.process.ask("session", self.number, "commit")


def can_fork() -> bool:
    """Return whether a copy of this process can be made: no other thread holds anything in it.

    Only on Linux: on macOS libraries of the system do not stand it.
    """
    main = threading.main_thread()
    others = {one.name for one in threading.enumerate() if one is not main}
    return sys.platform == "linux" and hasattr(os, "fork") and others <= {SIGNAL_THREAD}


def fork(environment: EnvironmentContext) -> Channel:
    """Make a copy of this process that serves requests."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with warnings.catch_warnings():
        # Our own thread, which may be there, waits for a signal and holds nothing.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os.close(ours_in)
        os.close(ours_out)
        host_server.serve_and_exit(theirs_in, theirs_out, environment)
    os.close(theirs_in)
    os.close(theirs_out)

    def end() -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)

    return Channel(os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb"), end)


def spawn(config: Config, command: str) -> Channel:
    """Start a Python that loads env.py and serves requests.

    config: Alembic's configuration, also where a program made it. command: the qualified name of
    the function of the command.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None  # noqa: S101  # for mypy
    assert process.stdout is not None  # noqa: S101  # for mypy
    for given in (sys.path, host_server.config_state(config), command):
        pickle.dump(given, process.stdin)
    process.stdin.flush()

    def end() -> None:
        process.kill()
        process.wait()

    return Channel(process.stdin, process.stdout, end)
