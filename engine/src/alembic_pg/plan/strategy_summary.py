"""What the online forms do, in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# How long a lock that others mind is held.
MOMENT = "a moment"
BESIDE = "scan beside traffic"
BATCHES = "rewrite in batches"


@dataclass(frozen=True)
class How:
    """How a statement runs.

    steps: what its online form does, "" where it runs as it is. lock: the strongest one that it
    takes of a table, "" for none. nature: how long that is held, or what happens beside it.
    """

    steps: str
    lock: str
    nature: str


_AX = "ACCESS EXCLUSIVE"
_SUE = "SHARE UPDATE EXCLUSIVE"

# By module and function.
FORMS = {
    "create_index.create": How("built CONCURRENTLY", _SUE, BESIDE),
    "create_index.drop": How("dropped CONCURRENTLY", _SUE, MOMENT),
    "create_index_partitioned.create_index": How(
        "CONCURRENTLY on each partition, then attached", _SUE, BESIDE
    ),
    "add_check_or_fk.add": How("added NOT VALID, then validated", _AX, f"{MOMENT}, {BESIDE}"),
    "add_check_or_fk.look": How("by itself", _SUE, BESIDE),
    "add_unique.add": How(
        "unique index CONCURRENTLY, constraint from it", _AX, f"{MOMENT}, {BESIDE}"
    ),
    "set_not_null.set_not_null": How("added NOT VALID, then validated", _AX, f"{MOMENT}, {BESIDE}"),
    "add_column._add": How(
        "added empty, filled in batches, NOT NULL last", _AX, f"{MOMENT}, {BATCHES}"
    ),
    "change_type._retype": How(
        "second column, filled in batches, takes its place", _AX, f"{MOMENT}, {BATCHES}"
    ),
    "change_type._recheck": How(
        "changed at once, its CHECKs validated after", _AX, f"{MOMENT}, {BESIDE}"
    ),
    "update.change": How("in batches", "ROW EXCLUSIVE", BATCHES),
    "update.fill": How("in batches", "ROW EXCLUSIVE", BATCHES),
    "attach_partition.add": How("rows looked at, then attached", _AX, f"{MOMENT}, {BESIDE}"),
    "maintenance.beside": How("by itself", _SUE, BESIDE),
    "detach_partition.detach": How("CONCURRENTLY, by itself", _SUE, MOMENT),
    "add_enum_value.add": How("committed at once", "", MOMENT),
}

# One that is not told of here.
_OTHER = How("in steps, each a moment", _AX, MOMENT)


def of(work: Callable[..., Any]) -> How:
    """Return what a form does that was chosen for a statement."""
    while isinstance(work, partial):
        work = work.func
    module = work.__module__.rpartition(".")[2]
    return FORMS.get(f"{module}.{work.__name__}", _OTHER)
