"""Sessions that write and read while a soak round runs, and note what they did with their work.

Each transaction writes into the table ledger by how many rows and by which sum it has changed a
table, so whatever is committed can be counted at the end, whether or not a session was told.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import psycopg2
from tests.soak.tables import ROWS, WIDE

if TYPE_CHECKING:
    from types import TracebackType

    from psycopg2.extensions import cursor
    from tests.soak.place import Place

_PAUSE = 0.004  # seconds between two transactions of a session, up to twice that
# Classes and codes of errors that a session of an application has, too: lost, deadlock, disk full.
_USUAL = ("08", "57P", "40", "25P03", "53100")

_NOTE = "INSERT INTO ledger VALUES (%s, %s, %s)"


@dataclass
class Traffic:
    """The sessions, which work from the beginning to the end of the block.

    errors: what a session was told and no application may be told.
    longest: the seconds of the slowest statement of a writer.
    """

    place: Place
    database: str
    seed: int
    errors: list[str] = field(default_factory=list)
    longest: float = 0.0
    done: int = 0

    def __enter__(self) -> Self:
        """Begin the work."""
        self._end = threading.Event()
        works = [self._rows, self._rows, self._parts, self._children, self._wide]
        works += [self._prepared, self._long_reader]
        self._threads = [
            threading.Thread(target=self._keep_on, args=(work, number))
            for number, work in enumerate(works)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the work, and what is prepared."""
        self._end.set()
        for thread in self._threads:
            thread.join()
        for (name,) in self.place.execute(self.database, "SELECT gid FROM pg_prepared_xacts"):
            self.place.execute(self.database, f"COMMIT PREPARED '{name}'")

    def _keep_on(self, work: object, number: int) -> None:
        """Do one kind of work until the end, on a new connection where one is lost."""
        assert callable(work)
        chance = random.Random(self.seed * 100 + number)  # noqa: S311  # to be repeated
        while not self._end.is_set():
            connection = None
            try:
                connection = self.place.connect(self.database)
                with connection.cursor() as cursor:
                    while not self._end.is_set():
                        work(cursor, chance, number)
                        self.done += 1
                        time.sleep(_PAUSE * (1 + chance.random()))
            except psycopg2.Error as error:
                code = error.pgcode or "08"
                if not code.startswith(_USUAL):
                    self.errors.append(f"{code} {error}")
                time.sleep(0.05)
            finally:
                if connection is not None:
                    connection.close()

    def _timed(self, cursor: cursor, sql: str, values: object = None) -> None:
        start = time.perf_counter()
        cursor.execute(sql, values)  # type: ignore[arg-type]
        self.longest = max(self.longest, time.perf_counter() - start)

    def _rows(self, cursor: cursor, chance: random.Random, number: int) -> None:
        """Change, add or remove a row of t, and its parent."""
        one = chance.randint(1, ROWS)
        # A row of its own: no other session has its number.
        new = ROWS + 1 + number + 10 * chance.randint(1, 2000)
        kind = chance.randrange(4)
        cursor.execute("BEGIN")
        if kind == 0:
            self._timed(cursor, "DELETE FROM t WHERE id = %s RETURNING amount", (new,))
            for (amount,) in cursor.fetchall():
                cursor.execute(_NOTE, ("t", -1, -amount))
        elif kind == 1:
            self._timed(
                cursor,
                "INSERT INTO t (id, amount, code, filled, maybe, parent, mood, title, stamp)"
                " VALUES (%(id)s, 7, 'new ' || %(id)s, %(id)s %% 7, 1, %(one)s, 'sad', 'new',"
                " '2020-01-01') ON CONFLICT DO NOTHING",
                {"id": new, "one": one},
            )
            cursor.execute(_NOTE, ("t", cursor.rowcount, 7 * cursor.rowcount))
        else:
            if kind == 2:
                self._timed(cursor, "UPDATE parents SET best = %s WHERE id = %s", (one, one))
            self._timed(cursor, "UPDATE t SET amount = amount + 1 WHERE id = %s", (one,))
            cursor.execute(_NOTE, ("t", 0, cursor.rowcount))
        cursor.execute("COMMIT")

    def _parts(self, cursor: cursor, chance: random.Random, number: int) -> None:
        """Move a row from partition to partition, or add one."""
        cursor.execute("BEGIN")
        if chance.randrange(5):
            self._timed(
                cursor,
                "UPDATE parts SET region = (region + 1) % 3, amount = amount + 1 WHERE id = "
                + str(chance.randint(1, ROWS)),
            )
            cursor.execute(_NOTE, ("parts", 0, cursor.rowcount))
        else:
            new = ROWS + 1 + number + 10 * chance.randint(1, 10**7)
            self._timed(
                cursor,
                "INSERT INTO parts (id, region, amount, extra, filled)"
                " VALUES (%(id)s, %(id)s %% 3, 3, 5000, %(id)s %% 7) ON CONFLICT DO NOTHING",
                {"id": new},
            )
            cursor.execute(_NOTE, ("parts", cursor.rowcount, 3 * cursor.rowcount))
        cursor.execute("COMMIT")

    def _children(self, cursor: cursor, chance: random.Random, number: int) -> None:
        """Add or remove a row that refers to one of t."""
        new = ROWS + 1 + number + 10 * chance.randint(1, 500)
        cursor.execute("BEGIN")
        if chance.randrange(2):
            self._timed(
                cursor,
                "INSERT INTO children (id, amount, t_id) VALUES (%s, 2, %s) ON CONFLICT DO NOTHING",
                (new, chance.randint(1, ROWS)),
            )
            cursor.execute(_NOTE, ("children", cursor.rowcount, 2 * cursor.rowcount))
        else:
            self._timed(cursor, "DELETE FROM children WHERE id = %s", (new,))
            cursor.execute(_NOTE, ("children", -cursor.rowcount, -2 * cursor.rowcount))
        cursor.execute("COMMIT")

    def _wide(self, cursor: cursor, chance: random.Random, number: int) -> None:
        """Write a wide value."""
        del number
        text, one = chance.choice("yz") * 20000, chance.randint(1, WIDE)
        self._timed(cursor, f"UPDATE t SET wide = '{text}' WHERE id = {one}")
        self._end.wait(0.02)

    def _prepared(self, cursor: cursor, chance: random.Random, number: int) -> None:
        """Prepare a transaction, and commit it a while later."""
        name = f"soak {number} {chance.randint(1, 10**9)}"
        cursor.execute("SELECT gid FROM pg_prepared_xacts")
        for (left,) in cursor.fetchall():  # whose session was lost
            cursor.execute("COMMIT PREPARED %s", (left,))
        cursor.execute("BEGIN")
        self._timed(
            cursor, "UPDATE t SET amount = amount + 1 WHERE id = %s", (chance.randint(1, ROWS),)
        )
        cursor.execute(_NOTE, ("t", 0, cursor.rowcount))
        cursor.execute("PREPARE TRANSACTION %s", (name,))
        self._end.wait(chance.random() * 0.5)
        cursor.execute("COMMIT PREPARED %s", (name,))
        self._end.wait(chance.random())

    def _long_reader(self, cursor: cursor, chance: random.Random, number: int) -> None:
        """Read a table, and keep the transaction open for a while."""
        del number
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SELECT count(*) FROM {chance.choice(['t', 'parts', 'children'])}")
        self._end.wait(chance.random() * 0.8)
        cursor.execute("COMMIT")
        self._end.wait(chance.random())
