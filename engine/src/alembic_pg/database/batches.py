"""Find what fails of a batch that PostgreSQL refuses, by halving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Items that are tried together: most batches have none that fails.
BATCH_SIZE = 100

Item = TypeVar("Item")


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in batches of BATCH_SIZE, in their order."""
    for start in range(0, len(items), BATCH_SIZE):
        yield items[start : start + BATCH_SIZE]


def outcomes(
    batch: Sequence[Item],
    error: Exception | None,
    attempt: Callable[[Sequence[Item]], Exception | None],
) -> Iterator[tuple[Item, Exception | None]]:
    """Yield each item of a batch with why it fails, or None where it worked.

    error: why the whole batch failed, after which none of it is done; None where it worked.
    attempt: does some items, or none of them and returns why one fails.
    """
    if error is None or len(batch) == 1:
        yield from ((item, error) for item in batch)
        return
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        yield from outcomes(half, attempt(half), attempt)
