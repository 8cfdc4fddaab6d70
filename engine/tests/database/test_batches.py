"""What fails of a batch is found by halving it, and the rest is done in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.batches import BATCH_SIZE, batches, outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize("failing", [set(), {0}, {6}, {2, 3}, set(range(7))])
def test_each_item_has_its_outcome(failing: set[int]) -> None:
    done: list[int] = []

    def attempt(some: Sequence[int]) -> Exception | None:
        if failing.intersection(some):
            return ValueError(str(some))
        done.extend(some)
        return None

    items = list(range(7))
    found = list(outcomes(items, attempt(items), attempt))
    assert [item for item, _ in found] == items
    assert {item for item, error in found if error} == failing
    assert done == [item for item in items if item not in failing]


def test_batches_are_of_one_size_but_the_last() -> None:
    assert [len(some) for some in batches(range(2 * BATCH_SIZE + 1))] == [BATCH_SIZE, BATCH_SIZE, 1]
    assert not list(batches([]))
