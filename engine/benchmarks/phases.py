"""Run an alembic command and tell what the parts of a revision's proof cost.

The file that PHASES_FILE names gets, as JSON, how often each part was done and the seconds of
processors that it took: of the command's processes and of the server's, whose main process is
PHASES_POSTMASTER. What is done within a part counts for it alone, not for the part around it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any

from alembic.config import main as alembic
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.ops import operation_source
from alembic_pg.autogenerate.proof import prove, round_trip, search, worded_revisions
from alembic_pg.autogenerate.sides import desired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

TICKS = os.sysconf("SC_CLK_TCK")

RENDERING = "rendering of an operation"
UP = "way up on a candidate"
DOWN = "way down on a candidate"
DUMP = "dump, read"
BUILD = "build of the models"
REST = "all the rest"

PARTS = (RENDERING, UP, DOWN, DUMP, BUILD, REST)


@dataclass
class Part:
    """What a part took. seconds: of processors."""

    count: int = 0
    seconds: float = 0.0


class Meter:
    """Tell the seconds of a process, of those that it started, and of a server."""

    def __init__(self, postmaster: str) -> None:
        self.parts: dict[str, Part] = defaultdict(Part)
        self._postmaster = postmaster
        self._open: dict[int, list[str]] = defaultdict(lambda: [REST])
        self._begin = self._now()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done in the block for a part, and no longer for the one around it."""
        around = self._open[get_ident()]
        # Thousands of them: what reads /proc would cost more than they do.
        clock = time.process_time if name == RENDERING else self._now
        around.append(name)
        begin = clock()
        try:
            yield
        finally:
            spent = clock() - begin
            around.pop()
            self.parts[name].count += 1
            self.parts[name].seconds += spent
            self.parts[around[-1]].seconds -= spent

    def end(self) -> dict[str, Part]:
        """Return the parts; the rest is what no other one has."""
        self.parts[REST].seconds += self._now() - self._begin
        self.parts[REST].count = 1
        return {name: self.parts[name] for name in PARTS}

    def _now(self) -> float:
        times = os.times()
        own = sum(times[:4])
        running = [*_children(str(os.getpid())), *_children(self._postmaster)]
        return own + (_ticks(self._postmaster, 4) + sum(_ticks(one, 2) for one in running)) / TICKS


def _children(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _ticks(pid: str, columns: int) -> int:
    """Return a process's ticks, 0 of one that ended: its parent has the sum."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11 : 11 + columns])


def measure(meter: Meter) -> None:
    """Let the engine's functions count for the parts that they are."""
    goals: list[Any] = []  # what ways up lead to

    def way(goal: Any) -> str:  # noqa: ANN401  # a dump
        return UP if any(goal is one for one in goals) else DOWN

    def find(_: object, before: object, after: object, *__: object) -> str:
        del before
        name = UP if not goals or any(after is one for one in goals) else DOWN
        goals.extend([after] if name == UP else [])
        return name

    _count(meter, operation_source, "_render", lambda *_: RENDERING)
    _count(meter, pg_dump, "dump_database", lambda *_: DUMP)
    _count(meter, desired, "build_models", lambda *_: BUILD)
    _count(meter, search, "find_operations", find)
    for module in (prove, round_trip):
        _count(meter, module, "reaches_goal", lambda _, __, goal: way(goal))
    _count(meter, worded_revisions, "_run_way", lambda _, __, ___, goal: way(goal))


def _count(meter: Meter, module: ModuleType, name: str, part_of: Callable[..., str]) -> None:
    function = getattr(module, name)

    @wraps(function)
    def counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # any function's
        with meter.part(part_of(*arguments)):
            return function(*arguments, **options)

    setattr(module, name, counted)


def main() -> None:
    """Run the command that this process was started with."""
    meter = Meter(os.environ["PHASES_POSTMASTER"])
    measure(meter)
    try:
        alembic(sys.argv[1:])
    finally:
        parts = {name: asdict(part) for name, part in meter.end().items()}
        Path(os.environ["PHASES_FILE"]).write_text(json.dumps(parts))
