"""Sessions that work beside a run, and look at it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_pg.database.connect import make_engine
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site


@contextmanager
def traffic(site: Site, *statements: str) -> Iterator[list[int]]:
    """Execute statements in turn, each committed, from before the block to its end."""
    done: list[int] = []
    failed: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        engine = make_engine(site.url)
        try:
            with engine.connect() as connection:
                while not stop.is_set():
                    for statement in statements:
                        connection.execute(text(statement))
                        connection.commit()
                    done.append(1)
        except BaseException as error:  # noqa: BLE001  # it is raised in the test
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not done and thread.is_alive():
        time.sleep(0.001)
    try:
        yield done
    finally:
        stop.set()
        thread.join()
    assert not failed, failed


_WAITS = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass(:table)
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def read_until_it_gave_way(site: Site, table: str, lock: str = "") -> Iterator[None]:
    """Keep a lock on a table until somebody has waited for it and given up.

    lock: the statement that takes it; a reader's, without.
    """

    def work() -> None:
        try:
            for expected in (True, False):
                while bool(watch.scalar(waits, {"table": table})) != expected:
                    if ended.wait(0.005):
                        return
        except BaseException as error:  # noqa: BLE001  # it is raised in the test
            failed.append(error)
        finally:
            # Whatever happens here, the run that waits for this lock gets it.
            reader.rollback()

    waits, ended, failed = text(_WAITS), threading.Event(), list[BaseException]()
    engine = make_engine(site.url)
    looks = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as reader, looks.connect() as watch:
        reader.execute(text(lock or f"SELECT FROM {table}"))
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
    assert not failed, failed


# The embedded server has no autovacuum; another one may look at t whenever it likes.
_MODES = """
SELECT mode FROM pg_locks WHERE granted AND locktype = 'relation' AND relation = 't'::regclass
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid NOT IN (SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker')
"""


@contextmanager
def sampled(site: Site, query: str = _MODES) -> Iterator[set[str]]:
    """Yield the modes of the locks on t that somebody sees from outside meanwhile.

    query: for some of the locks.
    """
    seen: set[str] = set()
    stop = threading.Event()

    def look() -> None:
        engine = make_engine(site.url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not stop.wait(0.002):
                seen.update(connection.scalars(text(query)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
