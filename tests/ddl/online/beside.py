"""Sessions that work beside a run, and look at it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from ddl.database.connect import engine as connectable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ddl.online.site import Site


@contextmanager
def traffic(site: Site, *statements: str) -> Iterator[list[int]]:
    """Execute statements in turn, each committed, from before the block to its end."""
    done: list[int] = []
    failed: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        engine = connectable(site.url)
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


_MODES = """
SELECT mode FROM pg_locks WHERE granted AND locktype = 'relation' AND relation = 't'::regclass
"""


@contextmanager
def sampled(site: Site) -> Iterator[set[str]]:
    """Yield the modes of the locks on t that somebody sees from outside meanwhile."""
    seen: set[str] = set()
    stop = threading.Event()

    def look() -> None:
        engine = connectable(site.url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not stop.wait(0.002):
                seen.update(connection.scalars(text(_MODES)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
