"""A run whose session is ended before one of its statements."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import Engine, event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site


# A line of a message that changes something: settings come before it.
_CHANGES = re.compile(r"^(COMMENT|CREATE|ALTER|DROP|UPDATE|INSERT|DELETE|DO)\b", re.MULTILINE)


@contextmanager
def killing(site: Site, number: int, only: str = "") -> Iterator[list[str]]:
    """Let the server's process of the run die before its ``number``-th statement that changes.

    only: with what these begin. Yield a list that then holds that statement.
    """
    killed: list[str] = []
    count = 0
    engine = make_engine(site.url)

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        nonlocal count
        del cursor
        raw = connection.connection.dbapi_connection
        if killed or raw.info.dbname != site.url.database or not _CHANGES.search(statement):
            return
        if not any(line.startswith(only) for line in statement.splitlines()):
            return
        count += 1
        if count == number:
            killed.append(statement)
            pid = raw.info.backend_pid
            thread = threading.Thread(target=_kill, args=(engine, pid), name="killer")
            thread.start()
            thread.join()

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield killed
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def survives(site: Site, *tables: str, downgrade: str = "", minimum: int = 3) -> None:
    """Kill the upgrade at each of its steps, and expect the next one to end as a quiet one does.

    tables: the statements that make what is there before. downgrade: the revision to which to go
    down instead. minimum: how many steps there should be at least.
    """

    def prepare() -> None:
        site.clean()
        site.sql(*tables)
        if downgrade:
            site.upgrade()

    def run() -> None:
        if downgrade:
            site.downgrade(downgrade)
        else:
            site.upgrade()

    prepare()
    run()
    wanted = site.catalog
    number = 0
    while True:
        number += 1
        prepare()
        with killing(site, number) as killed:
            try:
                run()
            except UserError:
                assert killed
        if not killed:
            break
        run()
        assert site.catalog == wanted, killed
    assert number > minimum


def _kill(engine: Engine, pid: int) -> None:
    """End a server's process and wait until it is gone, with its locks."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
