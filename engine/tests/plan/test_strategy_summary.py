"""What the online forms do, in a few words: each that a run may choose is told of."""

from __future__ import annotations

import importlib
from functools import partial

from alembic_pg.plan import strategy_summary


def test_the_forms_that_are_told_of_are_there() -> None:
    for place in strategy_summary.FORMS:
        module, _, name = place.partition(".")
        work = getattr(importlib.import_module(f"alembic_pg.online.strategies.{module}"), name)
        assert (
            strategy_summary.of(partial(partial(work, None), None)) is strategy_summary.FORMS[place]
        )
