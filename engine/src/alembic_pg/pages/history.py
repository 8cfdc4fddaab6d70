"""Read what each revision of a history does, without running it on a database."""

from __future__ import annotations

import inspect
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_pg.console import status
from alembic_pg.pages.touched import TouchReader
from alembic_pg.revisions.destroys_declaration import VARIABLE
from alembic_pg.revisions.impact import ImpactReader
from alembic_pg.revisions.schema_model import Schema as SchemaModel
from alembic_pg.revisions.statements import UnreadableError, function_statements
from alembic_pg.sql import describe, lock_modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from alembic.script import Script

    from alembic_pg.pages.schema import Key

# What Alembic's template writes into the docstring of a revision.
_WRITTEN_BY_ALEMBIC = re.compile(
    r"^(Revision ID|Revises|Create Date|Branch Labels|Depends on):.*$", re.MULTILINE
)
_CREATE_DATE = re.compile(r"^Create Date: (\d{4}-\d\d-\d\d)", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """Hold a statement of a revision.

    operation, about: in a few words, and the object. lock: the strongest that it takes of what is
    there as it is written; "" for none that anybody minds.
    """

    operation: str
    about: str
    lock: str
    sql: str


@dataclass(frozen=True)
class Direction:
    """Hold an upgrade or a downgrade. unreadable: why its statements cannot be had, else ""."""

    statements: tuple[Statement, ...] = ()
    unreadable: str = ""

    @property
    def summary(self) -> tuple[tuple[str, int], ...]:
        """What the statements are called, and how many are called so."""
        labels = (f"{one.operation} {one.about}".strip() for one in self.statements)
        return tuple(Counter(labels).items())


@dataclass(frozen=True)
class Revision:
    """Hold a revision.

    date: the day on which it was written, "" for unknown. text: what its docstring says after the
    message. parents: the revisions before it. destroys: what its upgrade destroys. breaks: what
    code of the release before breaks on.
    """

    id: str
    message: str
    date: str
    text: str
    parents: tuple[str, ...]
    destroys: tuple[str, ...]
    breaks: tuple[str, ...]
    upgrade: Direction
    downgrade: Direction


@dataclass(frozen=True)
class History:
    """Hold revisions, oldest first, and which of them are about a table, view or function."""

    revisions: tuple[Revision, ...] = ()
    touched: Mapping[Key, tuple[str, ...]] | None = None

    def of_object(self, key: Key) -> tuple[Revision, ...]:
        """Return the revisions that are about an object, oldest first."""
        ids = (self.touched or {}).get(key, ())
        return tuple(one for one in self.revisions if one.id in ids)

    def without(self, ids: Iterable[str]) -> History:
        """Return the same without some revisions."""
        left = tuple(one for one in self.revisions if one.id not in set(ids))
        return replace(self, revisions=left)


def read_history(scripts: Iterable[Script]) -> History:
    """Return what revisions do. scripts: Alembic's, oldest first.

    Each is imported; what asks a database while it runs is told as such.
    """
    listed = status.counted([*scripts], "Reading the revisions", "revision")
    reader = ImpactReader(SchemaModel())
    touches = TouchReader()
    revisions = tuple(_read_revision(script, reader, touches) for script in listed)
    touched = defaultdict(tuple, {key: tuple(ids) for key, ids in touches.found.items()})
    return History(revisions, touched)


def _read_revision(script: Script, reader: ImpactReader, touches: TouchReader) -> Revision:
    module = script.module
    upgrade = _read_direction(module.upgrade)
    downgrade = _read_direction(getattr(module, "downgrade", lambda: None))
    reader.begin_revision()
    for statement in upgrade.statements:
        reader.read_sql(statement.sql)
        touches.read(script.revision, statement.sql)
    found = reader.end_revision()
    declared = tuple(getattr(module, VARIABLE, ()))
    more = tuple(one for one in found.destroys if one not in declared)
    document = inspect.cleandoc(module.__doc__ or "")
    date = _CREATE_DATE.search(document)
    return Revision(
        id=script.revision,
        message=script.doc or "",
        date=date[1] if date else "",
        text=_own_text(document),
        parents=tuple(sorted(script._all_down_revisions)),  # noqa: SLF001  # with depends_on
        destroys=(*declared, *more),
        breaks=tuple(found.breaks),
        upgrade=upgrade,
        downgrade=downgrade,
    )


def _read_direction(function: Callable[..., None]) -> Direction:
    try:
        said = function_statements(function)
    except UnreadableError as error:
        return Direction(unreadable=str(error).partition("\n")[0])
    return Direction(tuple(_read_statement(one.sql) for one in said))


def _read_statement(sql: str) -> Statement:
    operation, about = describe.describe_statement(sql)
    return Statement(operation, about, lock_modes.strongest_lock(sql)[0], sql.strip())


def _own_text(document: str) -> str:
    """Return what a person wrote into a docstring after its message."""
    rest = document.partition("\n\n")[2] if "\n\n" in document else document.partition("\n")[2]
    return _WRITTEN_BY_ALEMBIC.sub("", rest).strip()
