"""Tell by its digest alone that a database is as the revisions build it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.drift import difference
from alembic_pg.ledger.state import state_of_dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.ignore import Rule


def ignored_beside_state(
    found: Dump, state: str, rules: Sequence[Rule]
) -> list[tuple[Difference, Rule]] | None:
    """Return what a database has that nobody wants to hear of, where all else is of a state.

    found: what the database has. state: what it should be, "" where that is not known. rules: of
    what is ignored. Returns None where the database is of another state: then it is to be told
    what differs.
    """
    if not state:
        return None
    if state_of_dump(found) == state:
        return []
    ignored: dict[str, tuple[Difference, Rule]] = {}
    for key, entry in found.items():
        extra = difference.extra_object(entry)
        rule = next((rule for rule in rules if rule.matches(extra)), None)
        owner = next((need for need in entry.needs if need in ignored), None)
        if rule is not None:
            ignored[key] = extra, rule
        elif owner is not None and entry.kind in difference.PARTS:
            ignored[key] = extra, ignored[owner][1]
    if not ignored or state_of_dump(found, ignored) != state:
        return None
    return [ignored[key] for key in difference.without_parts([*ignored], found)]
