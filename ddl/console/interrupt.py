"""Ctrl-C ends a command at once, also while PostgreSQL works or does not answer.

libpq waits in C, where Python serves no signal. A wait callback would end that, at the price of
COPY, which psycopg2 refuses with one; so the statement is cancelled from a second thread, and the
connection is made in a third.
"""

from __future__ import annotations

import os
import signal
import threading
import weakref
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from psycopg2.extensions import connection as Connection  # noqa: N812  # it is a class

# Seconds until a statement that began at the wrong moment is cancelled again.
_AGAIN = 0.05


@contextmanager
def obeyed() -> Iterator[None]:
    """End the block by KeyboardInterrupt when the user interrupts it.

    What the server then runs for this process is cancelled, and so rolled back. A second Ctrl-C
    ends the process as it stands. Nothing changes where SIGINT is ignored, or is another's.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    interrupts = _Interrupts()
    interrupts.listen()
    try:
        yield
    except Exception as error:
        if interrupts.served.is_set():  # the cancelled statement's own error
            raise KeyboardInterrupt from error
        raise
    finally:
        interrupts.leave()


class _Interrupts:
    def __init__(self) -> None:
        self.served = threading.Event()
        self.connections: weakref.WeakSet[Connection] = weakref.WeakSet()
        self.listener, self.bell = os.pipe()

    def listen(self) -> None:
        """Watch every connection that this process makes from now on."""
        os.set_blocking(self.bell, False)
        signal.signal(signal.SIGINT, self._serve)
        signal.set_wakeup_fd(self.bell, warn_on_full_buffer=False)
        event.listen(Engine, "do_connect", self._connect)
        threading.Thread(target=self._watch, daemon=True).start()

    def leave(self) -> None:
        event.remove(Engine, "do_connect", self._connect)
        signal.set_wakeup_fd(-1)
        if not self.served.is_set():
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.served.set()
        os.close(self.bell)

    def _serve(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt in the main thread, which is in Python again."""
        del number, frame
        self.served.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise KeyboardInterrupt

    def _watch(self) -> None:
        """Wait for the signal in a thread of its own, and cancel until it is served."""
        told = b"\0"
        while told and signal.SIGINT not in told:
            told = os.read(self.listener, 16)
        os.close(self.listener)
        while told and not self.served.is_set():
            for connection in list(self.connections):
                with suppress(psycopg2.Error):
                    if connection.info.transaction_status == TRANSACTION_STATUS_ACTIVE:
                        connection.cancel()
            self.served.wait(_AGAIN)

    def _connect(
        self,
        dialect: object,
        record: object,
        arguments: tuple[Any, ...],
        parameters: dict[str, Any],
    ) -> Connection:
        """Make a connection for SQLAlchemy while this thread waits where signals are served."""
        del dialect, record
        made: SimpleQueue[Connection | BaseException] = SimpleQueue()

        def connect() -> None:
            try:
                made.put(psycopg2.connect(*arguments, **parameters))
            except BaseException as error:  # noqa: BLE001  # it is raised in the main thread
                made.put(error)

        threading.Thread(target=connect, daemon=True).start()
        answer = made.get()
        if isinstance(answer, BaseException):
            raise answer
        self.connections.add(answer)
        return answer
