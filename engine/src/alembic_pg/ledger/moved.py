"""Find which revisions a database has not run, since one that it has run was moved after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.ledger.history import parents_of
from alembic_pg.ledger.parts import parts_after, without_rights
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.ledger.history import History
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.ledger.parts import PartChanges, Parts


@dataclass(frozen=True)
class Moved:
    """Hold what a database has run and what not.

    ran: the ids of the revisions that it has run and that come after the others now. missed: the
    ids of those that it has not run. before: after which one the first of them comes, "" for none.
    unseen: those directly before, which change nothing that can be seen: it may have run them.
    """

    history: History
    ran: tuple[str, ...]
    missed: tuple[str, ...]
    before: str
    unseen: tuple[str, ...]

    @property
    def commands(self) -> tuple[str, ...]:
        """What to type, one after the other."""
        return (
            f"alembic downgrade {self.missed[-1]}",
            f"alembic stamp {self.before or 'base'}",
            "alembic upgrade head",
        )

    @property
    def sentence(self) -> str:
        """What happened, and what to do."""
        not_run = " and ".join(map(self._label, self.missed))
        come = "which comes" if len(self.missed) == 1 else "which come"
        doubt = ""
        if self.unseen:
            names = " and ".join(self.unseen)
            doubt = (
                f" Whether it has run {names} cannot be seen: where it has not, stamp what comes "
                "before."
            )
        return (
            f"This database has run {' and '.join(map(self._label, self.ran))} before alembic-pg "
            f"rebase moved it, and not {not_run}, {come} before it now: "
            f"{', then '.join(self.commands)}.{doubt}"
        )

    def _label(self, revision: str) -> str:
        return revision_label(self.history.revisions[revision])


def find_moved(history: History, ledger: Ledger, head: str, found: Parts) -> Moved | None:
    """Return which revisions a database has not run, None where that is not why it differs.

    head: the revision that it says it is at. found: all of its parts.
    """
    line = _line_to(history, head)
    changes = {one: ledger.changes.get(one) for one in line}
    whole = parts_after(changes, line)
    if whole is None:
        return None
    have = without_rights(found)
    makers = _last_makers(line, changes)
    missing = {
        line.index(makers[key, part])
        for key, part in _differing(without_rights(whole), have)
        if (key, part) in makers
    }
    if not missing or max(missing) >= len(line) - 1:
        return None
    first, last = min(missing), max(missing)
    others = [*line[:first], *line[last + 1 :]]
    if without_rights(parts_after(changes, others)) != have:
        return None
    start = first
    while start and not changes[line[start - 1]]:
        start -= 1
    return Moved(
        history,
        tuple(line[last + 1 :]),
        tuple(line[first : last + 1]),
        line[first - 1] if first else "",
        tuple(line[start:first]),
    )


def _line_to(history: History, head: str) -> list[str]:
    """Return the revisions up to one, oldest first; none where one of them joins others."""
    line: list[str] = []
    ask: tuple[str, ...] = (head,)
    while ask:
        if len(ask) != 1 or ask[0] not in history.revisions:
            return []
        line.append(ask[0])
        ask = parents_of(history.revisions[ask[0]])
    return line[::-1]


def _last_makers(
    line: Sequence[str], changes: Mapping[str, PartChanges | None]
) -> dict[tuple[str, str], str]:
    """Return the last revision that changes each part."""
    return {
        (key, part): one
        for one in line
        for key, own in (changes[one] or {}).items()
        for part in own
    }


def _differing(expected: Parts, found: Parts) -> set[tuple[str, str]]:
    return {
        (key, part)
        for key in {*expected, *found}
        for part in {*expected.get(key, {}), *found.get(key, {})}
        if expected.get(key, {}).get(part) != found.get(key, {}).get(part)
    }
