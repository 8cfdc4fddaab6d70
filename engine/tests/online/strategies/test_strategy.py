"""What a strategy carries beside its steps."""

from __future__ import annotations

import importlib
import pkgutil

from alembic_pg.online import strategies
from alembic_pg.online.strategies.strategy import Strategy, strategy
from alembic_pg.sql.lock_modes import LOCK_MODES


def test_what_was_found_out_goes_with_it() -> None:
    seen: list[object] = []

    @strategy("by itself", "SHARE", "a moment")
    def work(key: str, *, number: int) -> None:
        seen.append((key, number))

    weaker = work.bound(number=5).locking("ROW EXCLUSIVE")
    weaker.run("k")
    assert seen == [("k", 5)]
    assert (weaker.summary.steps, weaker.summary.lock) == ("by itself", "ROW EXCLUSIVE")
    assert work.summary.lock == "SHARE"


def test_each_says_its_steps_and_a_lock_that_there_is() -> None:
    found = {
        f"{name}.{attribute}": value.summary
        for _, name, _ in pkgutil.iter_modules(strategies.__path__)
        for attribute, value in vars(
            importlib.import_module(f"{strategies.__name__}.{name}")
        ).items()
        if isinstance(value, Strategy)
    }
    assert len(found) == 20
    assert all(one.steps and one.effect for one in found.values())
    assert {one.lock for one in found.values()} <= {*LOCK_MODES, ""}
