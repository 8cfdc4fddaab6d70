"""End a command at once on Ctrl-C and SIGTERM, also while PostgreSQL works or does not answer.

libpq waits in C, where Python serves no signal. A wait callback would end that, at the price of
COPY, which psycopg2 refuses with one; so a second thread hears of the signal, the statement is
cancelled from a third, and the connection is made in a fourth.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE
from sqlalchemy import Engine, event

from alembic_pg import events
from alembic_pg.console import exit_signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from psycopg2.extensions import connection as Connection  # noqa: N812  # it is a class
    from sqlalchemy.engine import Dialect

# Seconds until a statement that began at the wrong moment is cancelled again.
_CANCEL_INTERVAL = 0.05

# Seconds that a second signal leaves to each: the cancellation, what the first one has begun, and
# the main thread, which alone can end the process by the signal.
_GRACE_PERIOD = 1.0

# The name of the thread that hears of the signals, and does nothing else.
SIGNAL_THREAD = "alembic_pg signals"

# How they are served where nobody has chosen another way.
_DEFAULT_HANDLERS: dict[int, tuple[Any, ...]] = {
    signal.SIGINT: (signal.default_int_handler, exit_signals.interrupt_once),
    signal.SIGTERM: (signal.SIG_DFL,),
}


@contextmanager
def handle_signals(connection: object = None) -> Iterator[None]:
    """End the block by KeyboardInterrupt on Ctrl-C, by TerminatedError on SIGTERM.

    What the server then runs for this process is cancelled, and so rolled back. A second signal
    ends the process as it stands, where the block does not end soon. From the end of a block that
    was ended so, both signals are ignored: the process ends. Nothing changes for a signal that is
    ignored, or is another's.
    connection: the driver's, where one has been made before the block.
    """
    before = {number: signal.getsignal(number) for number in _DEFAULT_HANDLERS}
    replaced = {
        number: handler
        for number, handler in before.items()
        if handler in _DEFAULT_HANDLERS[number]
    }
    if not replaced:
        yield
        return
    interrupts = _SignalHandler(replaced)
    if isinstance(connection, psycopg2.extensions.connection):
        interrupts.connections.add(connection)
    interrupts.listen()
    try:
        yield
    except Exception as error:
        if interrupts.served.is_set():  # the cancelled statement's own error
            interruption = exit_signals.exception_for_signal(interrupts.first_signal)
            for note in getattr(error, "__notes__", ()):
                interruption.add_note(note)
            raise interruption from error
        raise
    finally:
        interrupts.restore()


class _SignalHandler:
    """Handles the signals of a block.

    previous_handlers: how each signal is handled outside the block.
    first_signal: the number of the one that ends the block, else 0.
    overdue: whether the block went on too long after the second signal.
    wakeup, wakeup_reader: the ends of the pipe into which Python writes each signal's number.
    previous_wakeup: the descriptor that an event loop listens to outside the block, else -1.
    """

    def __init__(self, previous_handlers: Mapping[int, Any]) -> None:
        self.previous_handlers = previous_handlers
        self.first_signal = 0
        self.overdue = False
        self.served, self.cancelled, self.left = (threading.Event() for _ in range(3))
        self.connections: weakref.WeakSet[Connection] = weakref.WeakSet()
        self.wakeup_reader, self.wakeup = os.pipe()
        self.previous_wakeup = -1

    def listen(self) -> None:
        """Hear the signals, and watch every connection that this process makes from now on."""
        if hasattr(os, "set_blocking"):  # not on Windows before Python 3.12
            os.set_blocking(self.wakeup, False)
        for number in self.previous_handlers:
            signal.signal(number, self._serve)
        self.previous_wakeup = signal.set_wakeup_fd(self.wakeup, warn_on_full_buffer=False)
        event.listen(Engine, "do_connect", self._connect)
        threading.Thread(target=self._watch_signals, name=SIGNAL_THREAD, daemon=True).start()

    def restore(self) -> None:
        """Hand the signals back; after one was served, ignore them, as the process ends."""
        event.remove(Engine, "do_connect", self._connect)
        signal.set_wakeup_fd(self.previous_wakeup)
        for number, before in self.previous_handlers.items():
            # After one was served there is nothing left to do but to say so.
            signal.signal(number, signal.SIG_IGN if self.served.is_set() else before)
        self.served.set()
        self.left.set()
        os.close(self.wakeup)

    def _serve(self, number: int, frame: FrameType | None) -> None:
        """Raise what ends the block in the main thread, which is in Python again."""
        del frame
        if self.overdue:
            exit_signals.exit_by_signal(number)
        if not self.served.is_set():
            self.first_signal = number
            self.served.set()
            raise exit_signals.exception_for_signal(number)

    def _watch_signals(self) -> None:
        """Wait for the signals in a thread of its own."""
        first = True
        while told := os.read(self.wakeup_reader, 16):
            for number in told:
                if number not in self.previous_handlers:
                    continue
                if first:
                    threading.Thread(target=self._cancel, daemon=True).start()
                else:
                    self._end_process(number)
                first = False
        os.close(self.wakeup_reader)

    def _cancel(self) -> None:
        """Cancel what the server runs until the signal is served; where it is gone, this waits."""
        while not self.served.is_set():
            for connection in list(self.connections):
                with suppress(psycopg2.Error):
                    if connection.info.transaction_status == TRANSACTION_STATUS_ACTIVE:
                        connection.cancel()
            self.cancelled.set()
            self.served.wait(_CANCEL_INTERVAL)
        self.cancelled.set()

    def _end_process(self, number: int) -> None:
        """End the process, unless the block ends by itself now."""
        self.cancelled.wait(_GRACE_PERIOD)
        if self.left.wait(_GRACE_PERIOD):
            return
        with suppress(OSError):
            message = exit_signals.interrupt_message(exit_signals.exception_for_signal(number))
            os.write(2, events.failure_lines(message).encode())
        self.overdue = True
        os.kill(os.getpid(), number)
        time.sleep(_GRACE_PERIOD)
        os._exit(128 + number)

    def _connect(
        self,
        dialect: Dialect,
        record: object,
        arguments: tuple[Any, ...],
        parameters: dict[str, Any],
    ) -> Connection | None:
        """Make a connection for SQLAlchemy while this thread waits where signals are served.

        None leaves it to SQLAlchemy: another driver's engine is a revision's own affair.
        """
        del record
        if dialect.driver != "psycopg2":
            return None
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
