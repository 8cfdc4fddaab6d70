"""Report from a second connection whom a long statement waits for, and how far an index build is.

The second connection holds nothing for which CREATE INDEX CONCURRENTLY would wait.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from alembic_pg import events
from alembic_pg.console.progress import Progress
from alembic_pg.online.locks import lock_retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

# Seconds until the first question, and between two.
_SILENT_SECONDS, _POLL_SECONDS = 2.0, 0.5

# Who is waited for; 0 stands for a transaction that was prepared, and the oldest is the likeliest.
_BLOCKING_SESSION = text(f"""
SELECT {lock_retry.SESSION_COLUMNS}, CAST(NULL AS text) AS gid,
  extract(epoch FROM clock_timestamp() - xact_start)::bigint AS seconds, xact_start AS began
FROM pg_stat_activity AS activity WHERE pid = ANY (pg_blocking_pids(:pid))
UNION ALL (SELECT 0, NULL, NULL, NULL, NULL, NULL, gid,
  extract(epoch FROM clock_timestamp() - prepared)::bigint, prepared
FROM pg_prepared_xacts WHERE 0 = ANY (pg_blocking_pids(:pid)) AND database = current_database()
ORDER BY prepared LIMIT 1)
ORDER BY began LIMIT 1
""")  # noqa: S608  # it is ours

_INDEX_BUILD = text("""
SELECT coalesce(nullif(blocks_total, 0), 1) AS total, blocks_done AS done, tuples_done AS tuples
FROM pg_stat_progress_create_index WHERE pid = :pid AND blocks_total > 0
""")


@contextmanager
def report_progress(connection: Connection, label: str) -> Iterator[None]:
    """Tell what the block's statement does, once it takes seconds.

    connection: the one that executes it. label: what to call it.
    """
    raw = connection.connection.dbapi_connection
    pid = raw.info.backend_pid if raw is not None else 0
    over = threading.Event()
    watcher = _Watcher(connection.engine, pid, label, over)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _Watcher:
    def __init__(self, engine: Engine, pid: int, label: str, over: threading.Event) -> None:
        self.engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.pid, self.label, self.done_event = pid, label, over
        self.blocker_pid = -1
        self.progress: Progress | None = None
        self.blocks = 0

    def run(self) -> None:
        if self.done_event.wait(_SILENT_SECONDS):
            return
        try:
            with self.engine.connect() as connection:
                while not self.done_event.wait(_POLL_SECONDS):
                    self._poll(connection)
        except SQLAlchemyError:
            return  # whoever works here will say it better
        finally:
            if self.progress is not None:
                self.progress.close()

    def _poll(self, connection: Connection) -> None:
        row = connection.execute(_BLOCKING_SESSION, {"pid": self.pid}).first()
        if row is not None:
            if row.pid != self.blocker_pid:
                who = lock_retry.describe_session(row)
                who = who if row.gid else f"the transaction of {who}"
                way = " Somebody must COMMIT PREPARED or ROLLBACK PREPARED it." if row.gid else ""
                line = f"{self.label} waits for {who}; it blocks nobody …{way}"
                events.tell(events.WAITING, line, pid=row.pid)
            self.blocker_pid = row.pid
            return
        build = connection.execute(_INDEX_BUILD, {"pid": self.pid}).first()
        if build is not None:
            if self.progress is None or self.blocks != build.total:
                self.progress, self.blocks = Progress(self.label), build.total
            self.progress.update(build.done / build.total, build.tuples)
