"""Describe each strategy in a few words: steps, strongest lock, effect on others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from alembic_pg.online.strategies import (
    add_check_or_fk,
    add_column,
    add_enum_value,
    add_unique,
    attach_partition,
    change_type,
    create_index,
    create_index_partitioned,
    detach_partition,
    maintenance,
    set_not_null,
    update,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# How long a lock that others mind is held.
METADATA_ONLY = "a moment"
SCAN_BESIDE_TRAFFIC = "scan beside traffic"
REWRITE_IN_BATCHES = "rewrite in batches"
SCAN, REWRITE = "scan", "rewrite"


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


_ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
_SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"

# By the function that runs the strategy.
STRATEGIES: dict[Callable[..., Any], ExecutionSummary] = {
    create_index.create_concurrently: ExecutionSummary(
        "built CONCURRENTLY", _SHARE_UPDATE_EXCLUSIVE, SCAN_BESIDE_TRAFFIC
    ),
    create_index.drop_concurrently: ExecutionSummary(
        "dropped CONCURRENTLY", _SHARE_UPDATE_EXCLUSIVE, METADATA_ONLY
    ),
    create_index_partitioned.create_on_partitions: ExecutionSummary(
        "CONCURRENTLY on each partition, then attached",
        "SHARE",  # of the parent's own index, which has no row
        f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
    ),
    add_check_or_fk.add_constraint: ExecutionSummary(
        "added NOT VALID, then validated",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
    ),
    add_check_or_fk.validate_existing: ExecutionSummary(
        "by itself", _SHARE_UPDATE_EXCLUSIVE, SCAN_BESIDE_TRAFFIC
    ),
    add_unique.add_constraint: ExecutionSummary(
        "unique index CONCURRENTLY, constraint from it",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
    ),
    set_not_null.make_not_null: ExecutionSummary(
        "added NOT VALID, then validated",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
    ),
    add_column.add_and_fill: ExecutionSummary(
        "added empty, filled in batches, NOT NULL last",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {REWRITE_IN_BATCHES}",
    ),
    change_type.change_by_swap: ExecutionSummary(
        "second column, filled in batches, takes its place",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {REWRITE_IN_BATCHES}",
    ),
    change_type.change_and_validate: ExecutionSummary(
        "changed at once, its CHECKs validated after",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
    ),
    update.change_in_batches: ExecutionSummary("in batches", "ROW EXCLUSIVE", REWRITE_IN_BATCHES),
    update.backfill_in_batches: ExecutionSummary("in batches", "ROW EXCLUSIVE", REWRITE_IN_BATCHES),
    attach_partition.add_partition: ExecutionSummary(
        "rows checked, then attached",
        _ACCESS_EXCLUSIVE,
        f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
    ),
    maintenance.run_concurrently: ExecutionSummary(
        "by itself", _SHARE_UPDATE_EXCLUSIVE, SCAN_BESIDE_TRAFFIC
    ),
    detach_partition.detach_concurrently: ExecutionSummary(
        "CONCURRENTLY, by itself", _SHARE_UPDATE_EXCLUSIVE, METADATA_ONLY
    ),
    add_enum_value.add_value: ExecutionSummary("committed at once", "", METADATA_ONLY),
}

# One that is not told of here.
_UNLISTED = ExecutionSummary("in steps, each a moment", _ACCESS_EXCLUSIVE, METADATA_ONLY)


def summarize_strategy(work: Callable[..., Any]) -> ExecutionSummary:
    """Return what the strategy does that was chosen for a statement."""
    while isinstance(work, partial):
        work = work.func
    return STRATEGIES.get(work, _UNLISTED)
