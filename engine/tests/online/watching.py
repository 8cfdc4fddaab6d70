"""What a run executes, and what it holds and reads meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_pg.sql import split
from alembic_pg.sql.lock_modes import LOCK_MODES
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.online.site import Site


# The locks of the session that asks, and how often it read a table from end to end.
_LOCKS = """
SELECT c.relname, lock.mode, coalesce(pg_stat_get_xact_numscans(c.oid), 0)
FROM pg_class AS c LEFT JOIN pg_locks AS lock
  ON c.oid = lock.relation AND lock.pid = pg_backend_pid() AND lock.granted
WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace IN (
  SELECT oid FROM pg_namespace WHERE nspname IN ('public', 's'))
"""


@dataclass
class Step:
    """A statement of a run; locks: what its transaction then held on each table."""

    sql: str
    locks: dict[str, str] = field(default_factory=dict)
    scans: dict[str, int] = field(default_factory=dict)


def strength(mode: str) -> int:
    """Return a lock's place among all modes, as pg_locks names it."""
    names = [mode.title().replace(" ", "") + "Lock" for mode in LOCK_MODES]
    return names.index(mode)


_LETS_WRITE = strength("ShareUpdateExclusiveLock")


def is_blocking(mode: str) -> bool:
    """Return whether nobody writes beside a lock, as pg_locks names it. mode: "" of none."""
    return bool(mode) and strength(mode) > _LETS_WRITE


def watched() -> AbstractContextManager[list[Step]]:
    """Yield the list of the statements that every connection of the block executes."""
    return _watched(split.statement_texts)


def watched_messages() -> AbstractContextManager[list[Step]]:
    """Yield the list of the messages that every connection of the block sends."""
    return _watched(lambda message: [message])


@contextmanager
def _watched(texts_of: Callable[[str], list[str]]) -> Iterator[list[Step]]:
    watcher = _Watcher(texts_of)
    listeners: list[tuple[str, Callable[..., None]]] = [
        ("before_cursor_execute", watcher.before),
        ("after_cursor_execute", watcher.after),
        ("handle_error", watcher.failed),
    ]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield watcher.steps
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


@dataclass
class _Watcher:
    """What notes each message; what is a transaction of its own has no locks when it is over."""

    texts_of: Callable[[str], list[str]]
    steps: list[Step] = field(default_factory=list)
    counted: dict[tuple[int, str], int] = field(default_factory=dict)

    def before(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        if _is_transaction(connection.connection.dbapi_connection, statement):
            cursor.execute("BEGIN")

    def after(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        del cursor
        raw = connection.connection.dbapi_connection
        self._note(raw, statement)
        if _is_transaction(raw, statement):
            with raw.cursor() as ending:
                ending.execute("COMMIT")

    def failed(self, context: Any) -> None:  # noqa: ANN401
        raw = context.connection.connection.dbapi_connection if context.connection else None
        if raw and not raw.closed and _is_transaction(raw, context.statement or ""):
            with raw.cursor() as ending:
                ending.execute("ROLLBACK")

    def _note(self, raw: Any, statement: str) -> None:  # noqa: ANN401
        # Of a message, each statement; all of them have the locks that it ends with.
        texts = self.texts_of(statement)
        step = Step(statement)
        together = (
            [step] if len(texts) == 1 else [Step(one, step.locks, step.scans) for one in texts]
        )
        self.steps.extend(together)
        with raw.cursor() as asking:
            asking.execute(_LOCKS)
            for table, mode, scans in asking.fetchall():
                # The counter goes on until the server collects it.
                known = self.counted.get((raw.info.backend_pid, table), 0)
                step.scans[table] = scans - known if scans >= known else scans
                self.counted[raw.info.backend_pid, table] = scans
                if mode is not None:
                    before = step.locks.get(table, mode)
                    step.locks[table] = max(before, mode, key=strength)


def _is_transaction(raw: Any, message: str) -> bool:  # noqa: ANN401
    """Return whether a message is a transaction that might as well have a BEGIN.

    Several statements of one message are such a one (PostgreSQL, 53.2.2.1).
    """
    several = len(split.statement_texts(message)) > 1
    return raw.autocommit and (several or message.lstrip().startswith(("SELECT", "WITH")))


def blocking_scans(steps: list[Step], table: str) -> list[str]:
    """Return the statements that read a table from end to end and block its writers meanwhile."""
    return [
        step.sql
        for step in steps
        if step.scans.get(table) and is_blocking(step.locks.get(table, ""))
    ]


def filenode(site: Site, name: str) -> int:
    """Return the file of a table or index: another one after it was written anew."""
    number: int = site.one(f"SELECT pg_relation_filenode('{name}')")
    return number


@contextmanager
def before_each(act: Callable[[str], None]) -> Iterator[None]:
    """Call a function with each statement of a message, before that is sent."""

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        del connection, cursor
        for one in split.statement_texts(statement):
            act(one)

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)
