"""A run that ends at a chosen point: its session, its process, or the whole server is killed.

A point is a moment before a statement that changes something, or before a commit. As a program
this is a run whose process kills itself: python -m tests.online.faults VERSIONS NUMBER
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
from alembic_pg.embedded import server
from alembic_pg.errors import UserError
from alembic_pg.testing import state
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from tests.online.operations import OPERATIONS
from tests.online.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.embedded.server import Server

_CHANGES = re.compile(
    r"^(COMMENT|CREATE|ALTER|DROP|UPDATE|INSERT|DELETE|DO|LOCK)\b(?!.*ddl_probe)", re.MULTILINE
)


_PATIENCE = 60  # seconds for a server to stop


@contextmanager
def counted(database: str, number: int, act: Callable[[Any], None]) -> Iterator[list[str]]:
    """Call ``act`` with the driver's connection at the ``number``-th point of the block.

    Yield a list that then holds the statement before which that was.
    """
    reached: list[str] = []
    count = 0
    changed = False

    def point(connection: Any, what: str) -> None:  # noqa: ANN401
        nonlocal count
        raw = connection.connection.dbapi_connection
        if reached or raw.info.dbname != database or raw.closed:
            return
        count += 1
        if count == number:
            reached.append(what)
            act(raw)

    def statement(connection: Any, _: Any, sql: str, *__: Any) -> None:  # noqa: ANN401
        nonlocal changed
        if _CHANGES.search(sql):
            changed = True
            point(connection, sql)

    def commit(connection: Any) -> None:  # noqa: ANN401
        nonlocal changed
        if changed:
            changed = False
            point(connection, "COMMIT")

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    try:
        yield reached
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)


@contextmanager
def ended(site: Site, number: int) -> Iterator[list[str]]:
    """Let the server end a run's session at a point of the block; yield as counted()."""

    def end(raw: Any) -> None:  # noqa: ANN401
        apart(site, "SELECT pg_terminate_backend(%s, 5000)", raw.info.backend_pid)

    with counted(str(site.url.database), number, end) as reached:
        yield reached


def terminated(site: Site, number: int, **settings: str) -> list[str]:
    """Run an upgrade whose session the server ends; return at what, nothing if it came to its end.

    Raises what the run raises otherwise.
    """
    with ended(site, number) as reached:
        _upgrade(site, reached, **settings)
    return reached


def each_point(site: Site, prepare: Callable[[], object], **settings: str) -> Iterator[list[str]]:
    """End an upgrade at each of its points in turn; yield at what, as terminated() returns it.

    prepare: makes what is there before each of them. The last upgrade comes to its end, after which
    nothing more is yielded.
    """
    for number in itertools.count(1):
        prepare()
        reached = terminated(site, number, **settings)
        if not reached:
            return
        yield reached


def client(site: Site, number: int) -> list[str]:
    """Run an upgrade in a process that kills itself (SIGKILL); as terminated()."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.online.faults", str(site.versions), str(number)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return []
    assert done.returncode == -signal.SIGKILL, done.stderr
    return [done.stdout.strip()]


def restarted(site: Site, number: int, running: Server) -> list[str]:
    """Run an upgrade during which the server crashes and starts again; as terminated()."""

    def crash(raw: Any) -> None:  # noqa: ANN401
        del raw
        _stop(site)
        # Its socket is in another folder then.
        site.url = server.start(running.folder, durable=True).url("postgres")
        os.environ["DATABASE_URL"] = site.url.render_as_string(hide_password=False)

    with counted(str(site.url.database), number, crash) as reached:
        _upgrade(site, reached)
    return reached


def _upgrade(site: Site, reached: list[str], **settings: str) -> None:
    try:
        site.upgrade(**settings)
    except UserError:
        assert reached


def _stop(site: Site) -> None:
    """Let the server stop at once, as pg_ctl stop -m immediate does."""
    pid = int(apart(site, "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)"))
    os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise TimeoutError


def apart(site: Site, query: str, *values: Any) -> Any:  # noqa: ANN401
    """Return what a query answers on a connection that no event of SQLAlchemy sees."""
    url = site.url
    found: list[Any] = []

    # In a thread: libpq's connection belongs to none, but an interrupt would.
    def ask() -> None:
        connection = psycopg2.connect(
            host=url.query.get("host") or url.host,
            port=url.query.get("port") or url.port,
            user=url.username,
            dbname=url.database,
        )
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            found.extend(cursor.fetchall()[0])
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def prepare(site: Site, name: str) -> None:
    """Let the database be as before an operation."""
    site.clean()
    site.sql(*OPERATIONS[name].tables)


def outcome(site: Site, name: str) -> tuple[object, ...]:
    """Return what an operation has made: schema and rows; pg_dump's columns in any order."""
    varies = OPERATIONS[name].varies
    rows: list[object] = [site.rows(f"SELECT to_jsonb(t) - '{varies}' FROM t ORDER BY id")]  # noqa: S608
    if varies:
        rows += site.rows(f"SELECT count({varies}), count(DISTINCT {varies}) FROM t")  # noqa: S608
    return site.version, site.catalog, _dumped(site), rows


def _dumped(site: Site) -> dict[str, list[str]]:
    return {
        key: sorted(line.rstrip(",") for line in entry.create.splitlines())
        for key, entry in state.schema(site.url).items()
    }


def _left(site: Site, name: str) -> str:
    """Return what a killed run has left: schema, note and rows, but for values that vary."""
    varies = OPERATIONS[name].varies
    has = f"to_jsonb(t) ->> '{varies}' IS NULL"
    rows = site.rows(f"SELECT to_jsonb(t) - '{varies}', {has} FROM t ORDER BY id")  # noqa: S608
    return repr((site.version, site.catalog, _dumped(site), rows))


def ends_at_head(site: Site, name: str, fault: Callable[[int], list[str]]) -> int:
    """Let the upgrade of an operation end at each of its points, and expect the next one to end it.

    fault: runs it up to a point. Return how many points there are.
    """
    prepare(site, name)
    site.upgrade()
    wanted = outcome(site, name)
    number = 0
    while True:
        number += 1
        prepare(site, name)
        reached = fault(number)
        if not reached:
            assert outcome(site, name) == wanted
            return number - 1
        site.upgrade()
        assert outcome(site, name) == wanted, reached


def ends_at_head_after_two(site: Site, name: str, fault: Callable[[int], list[str]]) -> int:
    """Let two runs of an operation end, each at each of its points, and expect a third to end it.

    fault: as ends_at_head() has it. Return how many pairs of points there are.
    """
    prepare(site, name)
    site.upgrade()
    wanted = outcome(site, name)
    pairs = first = 0
    # What a first run leaves decides what a second one does: each is tried once.
    tried: dict[str, int] = {}
    while True:
        first += 1
        prepare(site, name)
        reached = fault(first)
        if not reached:
            return pairs
        left = _left(site, name)
        if left not in tried:
            tried[left] = _second_points(site, name, fault, (first, wanted))
        pairs += tried[left]


def _second_points(
    site: Site, name: str, fault: Callable[[int], list[str]], first: tuple[int, object]
) -> int:
    """Let a second run end at each of its points, and expect a third to end it; count them.

    first: the point at which the first run has ended, now and each time; and the outcome of all.
    """
    second, (point, wanted) = 1, first
    while again := fault(second):
        site.upgrade()
        assert outcome(site, name) == wanted, (first, again)
        second += 1
        prepare(site, name)
        assert fault(point)
    assert outcome(site, name) == wanted, first
    return second - 1


def ends_at_head_after_three(site: Site, name: str, fault: Callable[[int], list[str]]) -> int:
    """Let three runs of an operation end at the same point, and expect a fourth to end it.

    fault: as ends_at_head() has it. Return how many points there are.
    """
    prepare(site, name)
    site.upgrade()
    wanted = outcome(site, name)
    number = 0
    while True:
        number += 1
        prepare(site, name)
        reached = [fault(number) for _ in range(3)]
        if not any(reached):
            return number - 1
        if reached[-1]:
            site.upgrade()
        assert outcome(site, name) == wanted, reached


def _run(versions: str, number: int) -> None:
    """Upgrade, and kill this process at a point."""
    os.environ["ALEMBIC_LARGE_TABLE"] = "0"

    def die(raw: Any) -> None:  # noqa: ANN401
        del raw
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    url = make_url(os.environ["DATABASE_URL"])
    with counted(str(url.database), number, die), suppress(KeyboardInterrupt):
        Site(url, Path(versions)).upgrade()


if __name__ == "__main__":
    _run(sys.argv[1], int(sys.argv[2]))
