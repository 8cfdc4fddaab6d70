"""Let the replicas follow while many rows change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from alembic_pg.console.progress import Progress
    from alembic_pg.online.run.executor import Executor

# Seconds between two looks at the replicas.
CHECK_SECONDS = 1.0

# Of a role that may not see it, the state is NULL, too.
_REPLICA_LAG = """
SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float AS seconds,
  count(*) FILTER (WHERE state IS NULL) AS hidden, current_user AS role FROM pg_stat_replication
"""


def wait_for_replicas(executor: Executor, progress: Progress) -> None:
    """Pause until the slowest replica is near; say where the role may not see how far one is."""
    while (lag := executor.fetch_rows(_REPLICA_LAG)[0]).seconds * 1000 > (
        executor.settings.replication_lag
    ):
        progress.explain_pause("waiting for a replica")
        time.sleep(CHECK_SECONDS)
    _warn_of_hidden(executor, lag)


def warn_of_hidden(executor: Executor) -> None:
    """Say, before the first batch, where the role may not see how far a replica is."""
    _warn_of_hidden(executor, executor.fetch_rows(_REPLICA_LAG)[0])


def _warn_of_hidden(executor: Executor, lag: Row[Any]) -> None:
    if not lag.hidden:
        return
    replicas = f"{lag.hidden} replica{'s' * (lag.hidden != 1)}"
    executor.warn(
        f"{lag.role} may not see how far {replicas} may be behind, and waits for none: "
        f"GRANT pg_monitor TO {quote_name(lag.role)}"
    )
