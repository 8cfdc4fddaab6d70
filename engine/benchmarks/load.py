"""Sessions that write and read one table without a pause, and note how long each statement took."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Self

import psycopg2

if TYPE_CHECKING:
    from types import TracebackType

NAME = "load"  # by which its sessions are told from those of a run
WRITERS = 3
READERS = 2
PAUSE = 0.002  # seconds between two statements of one session, as an application has them
WARM = 0.5  # seconds before and after the operation
HELD = 3  # seconds for which the long reader keeps its transaction

# Sorting an index takes room beside the database.
SIZE = """
SELECT pg_database_size('busy') + coalesce((SELECT sum(size) FROM pg_ls_tmpdir()), 0)::bigint
"""

STATEMENTS = {
    "writer": (
        "UPDATE busy SET seen = seen + 1 WHERE id = %(id)s",
        (
            "INSERT INTO busy (id, parent, amount, note, code) "
            "VALUES (%(new)s, %(id)s, 1, '[]', %(new)s::text)"
        ),
    ),
    "reader": ("SELECT code FROM busy WHERE id = %(id)s",),
}


class Load:
    """The sessions, which work from the beginning to the end of the block."""

    def __init__(self, host: str, rows: int) -> None:
        self.host = host
        self.rows = rows
        self.failed = 0
        self.largest = 0
        self._latencies: dict[str, list[float]] = {"writer": [], "reader": []}
        self._end = threading.Event()
        roles = ["writer"] * WRITERS + ["reader"] * READERS
        self._threads = [
            threading.Thread(target=self._work, args=(role, number))
            for number, role in enumerate(roles)
        ] + [threading.Thread(target=self._weigh)]

    def __enter__(self) -> Self:
        """Begin the work, and wait until it flows."""
        for thread in self._threads:
            thread.start()
        time.sleep(WARM)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the work a moment after the operation."""
        time.sleep(WARM)
        self._end.set()
        for thread in self._threads:
            thread.join()

    def longest(self, role: str) -> float:
        """Return the seconds of the slowest statement of a role."""
        return max(self._latencies[role])

    def _work(self, role: str, number: int) -> None:
        connection = connect(self.host)
        new = self.rows + number
        with connection.cursor() as cursor:
            while not self._end.is_set():
                new += WRITERS + READERS
                values = {"id": random.randint(1, self.rows), "new": new}  # noqa: S311
                for statement in STATEMENTS[role]:
                    start = time.perf_counter()
                    try:
                        cursor.execute(statement, values)
                    except psycopg2.Error:
                        self.failed += 1
                    self._latencies[role].append(time.perf_counter() - start)
                time.sleep(PAUSE)
        connection.close()

    def _weigh(self) -> None:
        connection = connect(self.host)
        with connection.cursor() as cursor:
            while not self._end.wait(0.2):
                cursor.execute(SIZE)
                self.largest = max(self.largest, cursor.fetchall()[0][0])
        connection.close()


def reading(host: str) -> None:
    """Read the table, and keep the transaction open for a while."""
    connection = connect(host)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT id FROM busy WHERE id = 1")
        time.sleep(HELD)
        cursor.execute("COMMIT")
    connection.close()


def connect(host: str) -> psycopg2.extensions.connection:
    """Return a session of the benchmark's own in the busy database."""
    connection = psycopg2.connect(host=host, user="postgres", dbname="busy", application_name=NAME)
    connection.autocommit = True
    return connection
