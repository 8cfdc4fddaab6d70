"""Which revision runs at this moment, for the message when it fails."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.runtime.migration import MigrationContext, MigrationStep

    Steps = Callable[[Any, MigrationContext], Iterable[MigrationStep]]


@dataclass
class Running:
    """The step that runs, or ran last."""

    step: Any = None

    @property
    def label(self) -> str:
        """What to call it: its revision and what that does."""
        revision = getattr(self.step, "revision", None)
        if revision is None:
            return "The command"
        return f"Revision {revision.revision} ({revision.doc})"


def watched(steps: Steps, running: Running) -> Steps:
    """Return the same steps, each noted in ``running`` when its turn comes."""

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:  # noqa: ANN401
        for step in steps(heads, context):
            running.step = step
            yield step

    return each
