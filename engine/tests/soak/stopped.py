"""Judge a quiet run that stops: who refused, and is all as it was before that revision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.refusals import of_batches, of_statements, of_targets
from tests.soak.outcome import differences

if TYPE_CHECKING:
    from alembic_pg.refusals.refusal import RefusalKind
    from tests.soak.outcome import Outcome

# Those that say something of their own: the others tell of rows, of which none refuses here.
_KINDS: tuple[RefusalKind, ...] = tuple(
    kind
    for kind in (*of_statements.ALL, *of_batches.ALL, *of_targets.ALL)
    if re.search(r"\w", re.sub(r"\{\w+\}", "", kind.effect))
)
_FAILED = re.compile(r"^FAILED: (.*)", re.MULTILINE)


@dataclass(frozen=True)
class Stopped:
    """Hold why a quiet run stopped. refused: by which kind of refusal, "" for another reason."""

    refused: str
    sentence: str


def why_stopped(said: str) -> Stopped:
    """Return why a run has stopped, from what it printed."""
    sentences = _FAILED.findall(said)
    sentence = sentences[-1] if sentences else said[-300:]
    kinds = [kind for kind in _KINDS if _pattern(kind).search(sentence)]
    closest = max(kinds, key=lambda kind: len("".join(_literal(kind))), default=None)
    return Stopped(closest.name if closest else "", sentence)


def left_behind(found: Outcome, before: Outcome) -> list[str]:
    """Return what a run that stopped has changed, beyond the revisions that it finished.

    before: what the revisions that it finished make by themselves.
    """
    changed = [*differences(found.schema, before.schema), *differences(found.rows, before.rows)]
    return [f"changed by a run that was refused: {one}" for one in changed]


def _pattern(kind: RefusalKind) -> re.Pattern[str]:
    return re.compile(".+?".join(map(re.escape, _literal(kind))))


def _literal(kind: RefusalKind) -> list[str]:
    """Return what a kind says of each object, between the places."""
    return re.split(r"\{[^}]*\}", kind.effect)
