"""Find what somebody changed by hand in the target that a pending revision changes, too.

The files beside env.py say what the revisions build and what the pending ones change of it, so that
a run on a machine without a scratch server asks the target one question, and dumps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.drift.difference import Difference
from alembic_pg.ledger.parts import TABLE, parts_after, read_parts
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run.helper_names import HELPER_MARK
from alembic_pg.revisions import statements
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.drift.ignore import Rule
    from alembic_pg.ledger.history import History
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.ledger.parts import PartChanges, Parts

# Milliseconds to wait for a table that somebody keeps locked, of which nothing is said then.
_LOCK_TIMEOUT = 2000

# How the name of a part begins.
_KINDS = ("column", "index", "fk constraint", "check constraint", "constraint", TABLE)

_WORDS = {"missing": "missing", "extra": "there already", "changed": "changed"}


@dataclass(frozen=True)
class HandMade:
    """Hold one part of a table that somebody changed by hand.

    table: quoted, with its schema. part: as `Parts` has it. change: as `Difference` has it.
    """

    table: str
    part: str
    change: Literal["missing", "extra", "changed"]

    @property
    def difference(self) -> Difference:
        """The same as drift tells it, without definitions."""
        schema, table = Cursor(self.table).qualified_name()
        kind = next(kind for kind in _KINDS if self.part.startswith(kind))
        own = self.part.removeprefix(kind).removeprefix(" ")
        between = {TABLE: "", "column": "."}.get(kind, " ")
        name = own if kind == "index" else f"{table}{between}{own}"
        place = "" if schema == "public" else f"{schema}."
        return Difference(self.change, kind, schema, name, f"{kind} {place}{name}", "", "")

    def __str__(self) -> str:
        """Return what a person reads."""
        return f"{self.difference.label} ({_WORDS[self.change]})"


@dataclass(frozen=True)
class InTheWay:
    """Hold what was found.

    blocking: by the id of the pending revision that changes it, the first of which stops a run.
    elsewhere: in the same tables, and changed by no pending revision.
    untold: the ids of the revisions of which nothing is known.
    """

    blocking: Mapping[str, Sequence[HandMade]]
    elsewhere: tuple[HandMade, ...] = ()
    untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class PendingRun:
    """Hold what a run is about to do.

    ledger, history: of the project. heads: the revisions that the database is at. steps: Alembic's,
    each of an upgrade. version_table: the name of Alembic's own. major: the server's major version.
    rules: of what is ignored. half_done: the id of a revision that is, "" without.
    """

    ledger: Ledger
    history: History
    heads: Sequence[str]
    steps: Sequence[Any]
    version_table: str
    major: int
    rules: Sequence[Rule] = ()
    half_done: str = ""


def find_in_the_way(connection: Connection, run: PendingRun) -> InTheWay:
    """Return what is in the way of a run. connection: without a transaction, before and after."""
    changes = run.ledger.changes
    pending = {step.revision.revision: step for step in run.steps}
    untold = tuple(one for one in pending if changes.get(one) is None)
    built = parts_after(changes, run.history.with_ancestors(run.heads))
    if built is None:
        return InTheWay({}, untold=tuple(pending))
    known = {
        one: own
        for one in pending
        if (own := changes.get(one)) is not None and one != run.half_done
    }
    tables = sorted({table for own in known.values() for table in own})
    found = _read(connection, run.version_table, tables) if tables else {}
    if found is None:
        return InTheWay({}, untold=tuple(pending))
    if run.major != run.ledger.major:
        # Another major version prints definitions otherwise: only what is there is compared.
        built, found = _without_digests(built), _without_digests(found)
        known = {one: _without_digests(own) for one, own in known.items()}
    touched: set[tuple[str, str]] = set()
    blocking = {}
    for one, own in known.items():
        hand_made = [
            part
            for part in _of_revision(own, built, found, touched)
            if not (_is_led_to(part, own, found) and _lets_it_be(pending[one], part))
        ]
        if told := [part for part in hand_made if not _is_ignored(part, run.rules)]:
            blocking[one] = told
    elsewhere = [
        part
        for table in tables
        for part in _differing(table, built.get(table, {}), found.get(table, {}))
        if (table, part.part) not in touched and (table, TABLE) not in touched
    ]
    return InTheWay(
        blocking, tuple(one for one in elsewhere if not _is_ignored(one, run.rules)), untold
    )


def _read(connection: Connection, version_table: str, tables: Sequence[str]) -> Parts | None:
    """Return the parts of tables, None where somebody keeps one locked."""
    with connection.begin() as transaction:
        try:
            connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT}"))
            return read_parts(connection, version_table, tables)
        except DBAPIError as error:
            if not lock_retry.is_retryable(error):
                raise
            return None
        finally:
            transaction.rollback()


def _of_revision(
    changes: PartChanges, built: Parts, found: Parts, touched: set[tuple[str, str]]
) -> Iterator[HandMade]:
    """Yield what is otherwise than built, of what a revision changes and no earlier one did.

    touched: what earlier ones changed, to which that of this one is added.
    """
    for table, own in changes.items():
        before, there = built.get(table, {}), found.get(table, {})
        made, dropped = TABLE not in before, own.get(TABLE, "") is None
        looked_at = {TABLE} if made or not there else set(own)
        if dropped:
            # What nobody knows of would go with it: rows, where it is a column.
            looked_at |= {part for part in there if part.startswith("column ")}
        new = {part for part in looked_at if (table, part) not in touched}
        if (table, TABLE) not in touched:
            yield from (one for one in _differing(table, before, there) if one.part in new)
        touched.update((table, part) for part in {*own, *looked_at})


def _differing(
    table: str, before: Mapping[str, str], there: Mapping[str, str]
) -> Iterator[HandMade]:
    for part in sorted({*before, *there}):
        if before.get(part) == there.get(part) or HELPER_MARK in part:
            continue
        change: Literal["missing", "extra", "changed"] = (
            "missing" if part not in there else "changed" if part in before else "extra"
        )
        yield HandMade(table, part, change)


def _is_led_to(part: HandMade, changes: PartChanges, found: Parts) -> bool:
    """Return whether a part is already as the revision leaves it."""
    own = changes.get(part.table, {})
    return part.part in own and own[part.part] == found.get(part.table, {}).get(part.part)


def _lets_it_be(step: Any, part: HandMade) -> bool:  # noqa: ANN401  # Alembic's step
    """Return whether a revision can do what is done: it says IF EXISTS, or changes it again."""
    if part.change == "changed":
        return True
    name = part.part.rpartition(" ")[2]
    words = "IF EXISTS" if part.change == "missing" else "IF NOT EXISTS"
    try:
        said = [one.sql for one in statements.function_statements(step.migration_fn)]
    except statements.UnreadableError:
        return False
    return any(name in sql and words in sql.upper() for sql in said)


def _is_ignored(part: HandMade, rules: Sequence[Rule]) -> bool:
    return any(rule.matches(part.difference) for rule in rules)


def _without_digests(parts: Any) -> Any:  # noqa: ANN401  # Parts or PartChanges
    return {
        table: {part: None if digest is None else "" for part, digest in own.items()}
        for table, own in parts.items()
    }
