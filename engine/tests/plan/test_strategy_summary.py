"""The plan's words for each strategy that a run may choose."""

from __future__ import annotations

from functools import partial

from alembic_pg.plan import strategy_summary


def test_a_strategy_is_found_under_its_arguments() -> None:
    for work, summary in strategy_summary.STRATEGIES.items():
        bound = partial(partial(work, None), None)
        assert strategy_summary.summarize_strategy(bound) is summary
