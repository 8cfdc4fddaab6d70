"""Define a strategy: what executes a statement beside traffic, and what others notice of that.

A strategy's own file says both, so the plan shows what the run executes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from alembic_pg.online.run.signals import Wait

# How long a lock that others mind is held.
METADATA_ONLY = "a moment"
SCAN_BESIDE_TRAFFIC = "scan beside traffic"
REWRITE_IN_BATCHES = "rewrite in batches"
SCAN, REWRITE = "scan", "rewrite"

ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"


@dataclass(frozen=True)
class ExecutionSummary:
    """How a statement runs.

    steps: what its strategy does, "" where it runs as it is.
    lock: the strongest one that it takes of a table, "" for none.
    effect: how long the lock is held, or what happens beside it.
    """

    steps: str
    lock: str
    effect: str


@dataclass(frozen=True)
class Strategy:
    """How one kind of statement runs beside traffic.

    run: executes its steps; takes the runner, the statement, its table if it has one, and its key.
    summary: what others notice.
    meets_rows: whether it changes rows one by one, as a policy lets it.
    is_unseen: whether no trigger of the users' may notice that.
    wait: of a drop, for which later statements it waits.
    """

    run: Callable[..., None]
    summary: ExecutionSummary
    meets_rows: bool = False
    is_unseen: bool = False
    wait: Wait | None = None

    def bound(self, **found: Any) -> Strategy:  # noqa: ANN401  # whatever its run() takes
        """Return it with what was found out when it was chosen."""
        return replace(self, run=partial(self.run, **found))

    def waiting(self, wait: Wait) -> Strategy:
        """Return it with the later statements for which it waits."""
        return replace(self.bound(wait=wait), wait=wait)

    def locking(self, lock: str) -> Strategy:
        """Return it with another lock as the strongest."""
        return replace(self, summary=replace(self.summary, lock=lock))


@dataclass(frozen=True)
class Decision:
    """The strategy that was chosen for one statement: what a run executes, and a plan shows.

    run: executes its steps; takes the statement's key. summary: what others notice. wait: as
    Strategy has it.
    """

    run: Callable[[str], None]
    summary: ExecutionSummary
    wait: Wait | None = None


def strategy(
    steps: str, lock: str, effect: str, *, meets_rows: bool = False, is_unseen: bool = False
) -> Callable[[Callable[..., None]], Strategy]:
    """Let a function be a strategy; the parameters are what Strategy and ExecutionSummary have."""
    summary = ExecutionSummary(steps, lock, effect)
    return lambda run: Strategy(run, summary, meets_rows, is_unseen)
