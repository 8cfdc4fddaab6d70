"""Find where a ledger and a history do not say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alembic_pg.ledger.history import parents_of
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.script.base import Script

    from alembic_pg.ledger.history import History
    from alembic_pg.ledger.ledger import Ledger, States

Kind = Literal["heads", "missing", "removed", "moved", "edited", "behind"]

MEND = "alembic-pg ledger"


@dataclass(frozen=True)
class Problem:
    """Hold one thing that is not as it should be.

    kind: "heads" for several; of a revision, "missing" from the ledger, "removed" from the
    history, "moved" to another place in it, "edited" so that its effect differs, or "behind" for
    one of the base's that this tree does not have yet. revision: its id, or several with commas.
    sentence: for a person, with what to do.
    """

    kind: Kind
    revision: str
    sentence: str


def structure_problems(history: History, ledger: Ledger) -> Iterator[Problem]:
    """Yield what is wrong with the order of revisions and lines; nothing is built for it."""
    if len(heads := history.heads) > 1:
        names = " and ".join(revision_label(history.revisions[one]) for one in heads)
        yield Problem(
            "heads",
            ",".join(heads),
            f"There are {len(heads)} heads: {names}. To put this branch's last: alembic-pg rebase; "
            'or join them: alembic merge heads -m "…".',
        )
    for one in ledger.lines:
        if one not in history.revisions:
            yield Problem(
                "removed",
                one,
                f"Revision {one} stands in the ledger, and its file is gone: bring it back (git). "
                f"If it never left your branch: {MEND}",
            )
    place = {one: number for number, one in enumerate(ledger.lines)}
    for revision in history.revisions.values():
        if revision.revision not in place:
            yield Problem(
                "missing",
                revision.revision,
                f"Revision {revision_label(revision)} is not in the ledger: {MEND}",
            )
        elif (before := _moved_after(revision, history, ledger, place)) is not None:
            yield Problem(
                "moved",
                revision.revision,
                f"Revision {revision_label(revision)} comes after {before or 'nothing'} now, and "
                "not where the ledger has it: take that back. If it never left your branch: "
                f"{MEND}",
            )


def _moved_after(
    revision: Script, history: History, ledger: Ledger, place: Mapping[str, int]
) -> str | None:
    """Return after what a revision comes that the ledger has elsewhere, None where it has not."""
    parents = parents_of(revision)
    if any(parent not in place for parent in parents):
        return None  # that is told of the parent
    own = place[revision.revision]
    follows = all(place[parent] < own for parent in parents)
    if follows and len(parents) == 1:
        states = ledger.lines[revision.revision]
        follows = states.before == ledger.lines[parents[0]].after
    if follows and _is_line(history):
        follows = own == (place[parents[0]] + 1 if parents else 0)
    return None if follows else " and ".join(parents)


def _is_line(history: History) -> bool:
    """Return whether each revision has one before it at most, and one after it."""
    found = [parent for one in history.revisions.values() for parent in parents_of(one)]
    return len(history.heads) == 1 and len(set(found)) == len(found) == len(history.revisions) - 1


def effect_problems(
    history: History, ledger: Ledger, states: Mapping[str, States]
) -> Iterator[Problem]:
    """Yield the revisions that build something else than the ledger says.

    states: what they build. What comes after an edited revision, and differs by that only, is not
    told by itself.
    """
    edited: set[str] = set()
    for one, revision in history.revisions.items():
        built, said = states.get(one), ledger.lines.get(one)
        if built is None or said is None or built == said:
            continue
        if built.before == said.before or edited.isdisjoint(
            history.with_ancestors(parents_of(revision))
        ):
            yield edited_problem(revision)
        edited.add(one)


def edited_problem(revision: Script) -> Problem:
    """Return the problem of a revision that builds something else than the ledger says."""
    return Problem(
        "edited",
        revision.revision,
        f"Revision {revision_label(revision)} builds something else than the ledger says: take "
        "the edit back, other databases may have run it. "
        f"If it never left your branch: {MEND}",
    )
