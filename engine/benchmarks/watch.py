"""Watch the sessions of a run: how long they keep others from writing, and what they cost."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.load import NAME, connect

if TYPE_CHECKING:
    from types import TracebackType

TICKS = os.sysconf("SC_CLK_TCK")
PAUSE = 0.001  # seconds between two looks at the locks
ROUNDS = 20  # of those looks between two at the processors

# On the table or a part of it; a lock on an index comes after that on its table.
HOLDERS = """
SELECT DISTINCT lock.virtualtransaction FROM pg_locks AS lock
WHERE granted AND locktype = 'relation' AND pid <> pg_backend_pid() AND mode IN (
  'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
AND relation IN (SELECT relid FROM pg_partition_tree('busy') UNION SELECT 'busy'::regclass)
"""

# The statement of an idle session is the one that it had last.
SESSIONS = f"""
SELECT pid, query ~ 'UPDATE|ALTER TABLE' FROM pg_stat_activity
WHERE datname = 'busy' AND application_name <> '{NAME}'
"""  # noqa: S608  # it is ours


class Watch(threading.Thread):
    """A session that looks all the time at those of a run, until the block ends.

    longest_lock: seconds of the longest lock on the table busy that lets nobody write.
    processor: seconds that the server has worked for the run; the last hundredths are not seen.
    writing: seconds from when the run began to write rows until it did something else.
    """

    def __init__(self, host: str) -> None:
        super().__init__()
        self._connection = connect(host)
        self._since: dict[str, float] = {}
        self._ticks: dict[int, int] = {}
        self._over = threading.Event()
        self.longest_lock = 0.0
        self.writing = 0.0
        self._weighed = time.perf_counter()

    @property
    def processor(self) -> float:
        """The seconds of processors."""
        return sum(self._ticks.values()) / TICKS

    def __enter__(self) -> Self:
        """Begin to look."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._over.set()
        self.join()
        self._connection.close()

    def run(self) -> None:
        """Look until the block ends."""
        number = 0
        with self._connection.cursor() as cursor:
            cursor.execute(f"PREPARE holders AS {HOLDERS}")
            while not self._over.wait(PAUSE):
                cursor.execute("EXECUTE holders")
                self._look({name for (name,) in cursor.fetchall()})
                if number % ROUNDS == 0:
                    cursor.execute(SESSIONS)
                    self._weigh(dict(cursor.fetchall()))
                number += 1

    def _look(self, held: set[str]) -> None:
        now = time.perf_counter()
        self._since = {name: self._since.get(name, now) for name in held}
        for since in self._since.values():
            self.longest_lock = max(self.longest_lock, now - since)

    def _weigh(self, sessions: dict[int, bool]) -> None:
        before, self._weighed = self._weighed, time.perf_counter()
        if any(sessions.values()):
            self.writing += self._weighed - before
        for pid in sessions:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            self._ticks[pid] = int(fields[11]) + int(fields[12])
