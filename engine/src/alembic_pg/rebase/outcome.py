"""Say what became of a move, for a person."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.rebase.unfinished import unfinished_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.rebase.move import Move
    from alembic_pg.rebase.prove import Proof


@dataclass(frozen=True)
class Outcome:
    """Hold what became of a move.

    models: what they say otherwise than the revisions in the new order. unknown: why they were
    not compared, "" where they were. written: the files that changed, as seen from the current
    folder. refused: whether nothing was written, since the order makes a difference.
    unstaged: the files of the move that git does not have as they are now. in_conflict: other files
    in which git still has a conflict.
    """

    move: Move
    proof: Proof | None = None
    models: tuple[str, ...] = ()
    unknown: str = ""
    written: tuple[str, ...] = ()
    refused: bool = False
    unstaged: tuple[str, ...] = ()
    in_conflict: tuple[str, ...] = ()

    @property
    def databases(self) -> tuple[str, ...]:
        """What to type for a database that has run one of the revisions that moved."""
        move = self.move
        if not move.is_needed or self.refused:
            return ()
        return (
            f"alembic downgrade {move.onto}",
            f"alembic stamp {move.fork or 'base'}",
            "alembic upgrade head",
        )

    @property
    def next_step(self) -> str:
        """What git is to be told then, "" where it waits for nothing."""
        folder = Path(self.move.history.script.dir)
        rest = unfinished_step(folder)
        if not rest or self.refused:
            return ""
        files = [*self.written, *(one for one in self.unstaged if one not in self.written)]
        return f"git add {shlex.join(files)} && {rest}" if files else rest


def outcome_text(outcome: Outcome) -> str:
    """Return what to print for a person."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    move, proof = outcome.move, outcome.proof
    if proof is None:
        yield f"This tree has no revision that {move.base} does not have."
    elif outcome.refused:
        yield f"{_own(move)} would come after {move.label(move.onto)}."
        yield from _reasons(proof)
        yield (
            "Edit it for its new place, or let it move first: alembic-pg rebase --anyway"
            if proof.fails_here
            else "Nothing was written. If this order is meant: alembic-pg rebase --anyway"
        )
    elif not move.is_needed:
        yield f"{_own(move)}: after {move.label(move.onto)} already."
    else:
        yield f"{_own(move)}: after {move.label(move.onto)} now, and not {move.label(move.fork)}."
        yield from _reasons(proof)
        if proof.commutes:
            yield "Either order builds the same."
    yield from _about_models(outcome)
    if outcome.written:
        yield f"Written: {', '.join(outcome.written)}"
    if proof is not None and proof.fails_here and not outcome.refused:
        yield f"Edit {_names([one.revision for one in move.own])}, then: alembic-pg ledger"
    if outcome.next_step and outcome.in_conflict:
        yield f"Still in conflict for git: {', '.join(outcome.in_conflict)}"
    if outcome.next_step:
        yield f"Then: {outcome.next_step}"
    if outcome.databases:
        names = " or ".join(one.revision for one in move.own)
        yield f"A database that has run {names} before: {', then '.join(outcome.databases)}"


def _reasons(proof: Proof) -> Iterator[str]:
    if proof.fails:
        yield f"{'There' if proof.fails_here else 'In the other order'}: {proof.fails}"
    if proof.differences:
        yield f"The order makes a difference to: {', '.join(proof.differences)}"
    if proof.one_way:
        yield f"The downgrade of {_names(proof.one_way)} does not lead back there, and does now."


def _about_models(outcome: Outcome) -> Iterator[str]:
    if outcome.models:
        yield f"The models say otherwise: {', '.join(outcome.models)}. alembic check shows how."
    elif outcome.unknown:
        yield f"The models were not compared: {outcome.unknown}"


def _own(move: Move) -> str:
    return _names([move.label(one.revision) for one in move.own])


def _names(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
