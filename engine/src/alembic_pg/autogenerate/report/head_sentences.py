"""Say in three sentences what a revision does, what it locks and what it destroys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.autogenerate.report.summary import RevisionSummary

# So many objects are named; of more, the number is said.
_NAMED = 12

_ALTERED = re.compile(r"(?P<verb>alter column): (?P<what>.*)")
_RENAMED = re.compile(r"rename to (?P<name>.*)")
_MANY = re.compile(r"create \d+ .*")


def head_sentences(summary: RevisionSummary) -> list[str]:
    """Return the sentences, each of one line."""
    done = dict.fromkeys(_phrase(row[0], row[1]) for row in summary.table if row[0] != "check")
    locks = [f"{name} ({lock}, {nature})" for name, (lock, nature) in summary.locks.items()]
    return [
        f"Does: {_listed([*done], '; ')}.",
        f"Locks: {_listed(locks, ', ') or 'nothing that was there'}.",
        f"Destroys: {_listed(summary.findings.destroys, ', ') or 'nothing'}.",
    ]


def _phrase(verb: str, name: str) -> str:
    """Return an operation and its object in words."""
    if altered := _ALTERED.fullmatch(verb):
        return f"{altered['verb']} {name} ({altered['what']})"
    if renamed := _RENAMED.fullmatch(verb):
        return f"rename {name} to {renamed['name']}"
    if _MANY.fullmatch(verb) and name.endswith("…"):
        return f"{verb} ({name})"
    return f"{verb} {name}"


def _listed(items: Sequence[str], separator: str) -> str:
    rest = len(items) - _NAMED
    more = [f"and {rest} more"] if rest > 0 else []
    return separator.join([*items[:_NAMED], *more])
