"""Find the bystanders of a revision: what it drops, and makes again just as it was.

Each has a reason, what PostgreSQL says when the revision does not drop it; one without a reason is
a fault. So is what a revision makes and then drops.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare, kinds, pg_dump
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql import split
from tests.matrix import dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL
    from tests.matrix.dropped import Drop

# Nothing else drops an object, or says a grant or a comment again.
_MAY_DROP_OR_REPEAT = re.compile(
    r"\s*(DROP|GRANT|REVOKE|COMMENT|ALTER .* DROP) ", re.IGNORECASE | re.DOTALL
)

_RENAMES = re.compile(r"\bRENAME\b|\bSET SCHEMA\b", re.IGNORECASE)

# Of a test's report: what the case's revisions drop though it stays the same.
MEASURED = "bystanders"

_ALONG = "goes with "


@dataclass(frozen=True)
class Bystander:
    """An object that is the same before and after, and is dropped meanwhile.

    key: of its dump entry, or of a column; PostgreSQL's name of what the same statements have made.
    reason: what PostgreSQL says without the drop, or with what it goes; "" without one.
    """

    key: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """A bystander of one way of a case: the upgrade or the downgrade, there or back."""

    case: str
    way: str
    key: str
    reason: str

    @property
    def goes_along(self) -> bool:
        """Whether it is a part of something that is dropped."""
        return self.reason.startswith(_ALONG)


def find_bystanders(
    databases: ScratchServer, template: str, *revisions: Sequence[str]
) -> list[Bystander]:
    """Return the bystanders of the statements of revisions.

    template: the database on which they run; it stays as it is, and nobody may be connected to it.
    """
    statements = [statement for revision in revisions for statement in revision]
    begins = [*accumulate(map(len, revisions), initial=0)]
    if not any(map(_MAY_DROP_OR_REPEAT.match, statements)):
        return []
    with _copy(databases, template) as url:
        old = pg_dump.dump_database(url)
        outcome = dropped.run_watched(url, statements, begins=begins)
        assert not outcome.error, outcome.error
        sides = _Sides(old, pg_dump.dump_database(url))

    def reason(drop: Drop) -> str:
        with _copy(databases, template) as url:
            trial = dropped.run_watched(url, statements, drop.place)
            places = {one.place for one in trial.drops if one.key == drop.key}
            if trial.error or places:
                along = [one.key for one in trial.drops if one.place in places and one.named]
                return trial.error or f"{_ALONG}{', '.join(along)}"
            differs = compare.differing_keys(pg_dump.dump_database(url), sides.new)
            return "without it, the outcome is another one" if differs else ""

    drops = outcome.drops
    renames = any(map(_RENAMES.search, statements))
    found = [*_dropped_again(drops, sides, reason, renames=renames)]
    found += [Bystander(one, "") for one in outcome.own]
    return [*found, *_attached(drops, sides), *_said_again(drops, sides, statements)]


@contextmanager
def _copy(databases: ScratchServer, template: str) -> Iterator[URL]:
    name = databases.create(template)
    yield databases.database_url(name)
    databases.drop_in_background(name)


class _Sides:
    """The database before and after, with columns one by one."""

    def __init__(self, old: Dump, new: Dump) -> None:
        self.old, self.new = old, new
        self._parts = [dict(_column_texts(side)) for side in (old, new)]

    def is_same(self, key: str) -> bool:
        """Return whether an object is the same before and after."""
        if key in self.old:
            return key in self.new and self.old[key].text == self.new[key].text
        old, new = (part.get(key) for part in self._parts)
        return old is not None and old == new

    def is_there(self, key: str) -> bool:
        """Return whether an object is there before and after, however it is written."""
        return key in self.old and key in self.new


def _column_texts(dump: Dump) -> Iterator[tuple[str, str]]:
    tables = {key: entry for key, entry in dump.items() if entry.kind == "TABLE"}
    for (schema, table, name), column in column_differences.columns_by_path(tables).items():
        yield f"COLUMN {schema}.{table} {name}", str(column)


def _dropped_again(
    drops: Sequence[Drop], sides: _Sides, reason: Callable[[Drop], str], *, renames: bool
) -> Iterator[Bystander]:
    """Yield what is dropped and is there again.

    renames: whether something has another name afterwards: what reads it is written otherwise then,
    and may be the same nevertheless.
    """
    seen = set()
    for _, group in groupby(drops, lambda drop: drop.place):
        members = [*group]
        named = [drop.key for drop in members if drop.named]
        for drop in members:
            is_same = sides.is_same(drop.key)
            reads_renamed = renames and drop.named and sides.is_there(drop.key)
            if drop.key in seen or not (is_same or reads_renamed):
                continue
            seen.add(drop.key)
            along = "" if drop.named else f"{_ALONG}{', '.join(named)}"
            why = along or reason(drop)
            if is_same or not why:
                yield Bystander(drop.key, why)


def _attached(drops: Sequence[Drop], sides: _Sides) -> Iterator[Bystander]:
    """Yield the grants and comments of what is dropped and is there again."""
    gone = {drop.key for drop in drops}
    for key, entry in sides.old.items():
        along = [need for need in entry.needs if need in gone]
        if entry.kind in kinds.ATTACHED and along and key not in gone and sides.is_same(key):
            yield Bystander(key, f"{_ALONG}{along[0]}")


def _said_again(
    drops: Sequence[Drop], sides: _Sides, statements: Sequence[str]
) -> Iterator[Bystander]:
    """Yield the grants and comments that outlive the revision, and that it repeats."""
    gone = {drop.key for drop in drops}
    said = {statement.strip().removesuffix(";") for statement in statements}
    for key, entry in sides.new.items():
        if entry.kind not in kinds.ATTACHED or not sides.is_same(key):
            continue
        if gone.isdisjoint((key, *entry.needs)):
            texts = {text.removesuffix(";") for text in split.script_statements(entry.create)}
            if texts & said:
                yield Bystander(key, "")
