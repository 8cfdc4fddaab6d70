"""Say for which later statements of its revision the drop of an index or a constraint waits.

A revision that drops one and makes another one stands in one transaction elsewhere: nobody ever
meets the table without. Here the new one is built beside traffic, so the old one goes after it.
"""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from alembic_pg.online.run import dropped_objects
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import Wait
from alembic_pg.sql import parser, session_statements, split, statements
from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# What makes an index, with a constraint or without.
MakesIndex = statements.CreateIndex | statements.AddConstraint

# A text without it drops no index or constraint.
MAY_DROP = re.compile(r"\bDROP\b.*\b(CONSTRAINT|INDEX)\b", re.IGNORECASE | re.DOTALL)

# What a drop is of: as pg_constraint.contype has it, or an index.
INDEX = "i"
CHECK, FOREIGN, PRIMARY, UNIQUE = "c", "f", "p", "u"

# What has an index, whose name it takes in all of its schema.
WITH_INDEX = {INDEX, UNIQUE, PRIMARY}

_CONTYPES = {"CHECK": CHECK, "FOREIGN": FOREIGN, "PRIMARY": PRIMARY, "UNIQUE": UNIQUE}

# What may do for those who read or write what the dropped one did: of each, what comes instead.
_DO_FOR = {
    INDEX: {INDEX, UNIQUE, PRIMARY},
    UNIQUE: {INDEX, UNIQUE, PRIMARY},
    PRIMARY: {INDEX, UNIQUE},
    CHECK: {CHECK},
    FOREIGN: {FOREIGN},
}

# With one of these a new column has a constraint or a sequence, named after what is there.
_NAMED_BY_POSTGRESQL = {
    *("CHECK", "CONSTRAINT", "PRIMARY", "REFERENCES", "UNIQUE"),
    *("GENERATED", "SERIAL", "BIGSERIAL", "SMALLSERIAL"),
}


@dataclass(frozen=True)
class Dropped:
    """An index or a constraint that a statement drops.

    kind: INDEX or one of the others. name: as the catalog has it. is_unique: whether it has a
    unique index. is_its_table: returns whether a table, as a statement names it, is the one that it
    is of. is_its_schema: returns whether a table or index may be of the same schema. outlives:
    returns whether it may be there at a change of a column's type, after the statements in between.
    is_implied_by: returns whether another one is made only where rows with the new type do not
    violate this one.
    """

    kind: str
    name: str
    is_unique: bool
    is_its_table: Callable[[str], bool]
    is_its_schema: Callable[[str], bool]
    outlives: Callable[[statements.AlterColumnType, Sequence[str]], bool]
    is_implied_by: Callable[[statements.Statement], bool]


def wait_of(following: Sequence[str], dropped: Dropped) -> Wait | None:
    """Return for what a drop waits, None where nothing that follows does for it.

    following: the statements after it.
    """
    passed: list[str] = []
    length, changes_type = 0, False
    for one in following:
        made = parser.parse(one)
        fits = not changes_type or (made is not None and dropped.is_implied_by(made))
        if _takes_name(made, dropped):
            fits = fits and _is_replacement(made, dropped)
            return Wait(frozenset([*passed, one]), one) if fits else None
        if isinstance(made, statements.AlterColumnType):
            if dropped.kind not in WITH_INDEX or not dropped.outlives(made, passed):
                break
            changes_type = True
        elif not _may_come_first(one, made, dropped):
            break
        passed.append(one)
        if fits and _does_for(made, dropped):
            length = len(passed)
    return Wait(frozenset(passed[:length])) if length else None


def unique_again(following: Iterable[str], dropped: Dropped) -> Iterator[MakesIndex]:
    """Yield the statements that make a unique one of a name again whose drop does not wait.

    following: those after the drop. Of a constraint only those count that stand after a change of
    a type. What changes rows may want it gone, so nothing counts after such a one.
    """
    commits = dropped.kind == INDEX
    for sql in itertools.takewhile(lambda one: not _changes_rows(one), following):
        made = parser.parse(sql)
        commits = commits or isinstance(made, statements.AlterColumnType)
        if is_unique(made) and commits and _takes_name(made, dropped):
            yield from [made] if dropped.is_its_table(made.table) else []


def unique_ones_again(
    executed: Sequence[str],
    coming: Iterable[str],
    is_same: Callable[[str, str], bool],
    may_share_schema: Callable[[str, str], bool],
) -> Iterator[MakesIndex]:
    """Yield the statements that make a unique index or constraint again that is dropped.

    executed: the statements that may have dropped it, alone or with others. coming: those that may
    make it. is_same: returns whether two tables, as statements name them, are one.
    may_share_schema: returns whether an index was of a table's schema, or may have been. What
    changes rows may want it gone, so nothing counts that stands before such a one, or after it.
    """
    since = itertools.takewhile(lambda sql: not _changes_rows(sql), reversed(executed))
    dropped = [
        one
        for sql in since
        if MAY_DROP.search(sql)
        for part in dropped_objects.statement_parts(sql)
        for one in _named_drops(part)
    ]
    if not any(one.names for one in dropped):
        return
    for sql in itertools.takewhile(lambda one: not _changes_rows(one), coming):
        made = parser.parse(sql)
        if not is_unique(made):
            continue
        name = catalog_name(made.name or '""')
        for one in dropped:
            is_its_place = may_share_schema if one.is_index else is_same
            if name in one.names and is_its_place(one.place, made.table):
                yield made
                break


def is_unique(made: statements.Statement | None) -> TypeGuard[MakesIndex]:
    """Return whether a statement makes a unique index, or a constraint that has one."""
    if isinstance(made, statements.CreateIndex):
        return made.unique
    return isinstance(made, statements.AddConstraint) and _kind_of(made) in {UNIQUE, PRIMARY}


@dataclass(frozen=True)
class _NamedDrop:
    """What a statement drops by name. place: the table of constraints, or an index, as written."""

    place: str
    names: list[str]
    is_index: bool = False


def _named_drops(sql: str) -> Iterator[_NamedDrop]:
    """Yield the constraints of a table, or each index, that a statement drops."""
    cursor = split.first_statement(sql)
    if not cursor.accept("DROP", "INDEX"):
        yield _NamedDrop(*session_statements.dropped_constraints(sql))
        return
    cursor.accept("CONCURRENTLY")
    cursor.accept("IF", "EXISTS")
    for one in cursor.split_commas():
        with suppress(UnrecognizedError):  # of a text that a block puts together
            name = one.name_text()
            yield _NamedDrop(name, [catalog_name(name)], is_index=True)


def _changes_rows(sql: str) -> bool:
    written = statements.UpdateOrDelete | statements.UnbatchedWrite
    return isinstance(parser.parse(sql), written)


def _kind_of(made: statements.Statement | None) -> str:
    """Return what a statement makes, "" of any other."""
    if isinstance(made, statements.CreateIndex):
        return INDEX
    return _CONTYPES.get(made.kind, "") if isinstance(made, statements.AddConstraint) else ""


def _takes_name(made: statements.Statement | None, dropped: Dropped) -> bool:
    """Return whether a statement makes what has the name that is dropped.

    The name of an index, or of a constraint that has one, is taken in all of its schema.
    """
    if not isinstance(made, statements.CreateIndex | statements.AddConstraint):
        return False
    same = bool(made.name) and catalog_name(made.name) == dropped.name
    with_index = not {_kind_of(made), dropped.kind} & {CHECK, FOREIGN}
    is_its_place = dropped.is_its_schema if with_index else dropped.is_its_table
    return same and is_its_place(made.table)


def _is_replacement(made: statements.Statement | None, dropped: Dropped) -> bool:
    """Return whether a statement puts another one into the place of the dropped one.

    It is one of the kind; an index and what has one do for each other.
    """
    if made is None:
        return False
    kind = _kind_of(made)
    alike = kind == dropped.kind or {kind, dropped.kind} <= WITH_INDEX
    return alike and dropped.is_its_table(made.table)


def _does_for(made: statements.Statement | None, dropped: Dropped) -> bool:
    """Return whether a statement makes what may do for those who used the dropped one."""
    if made is None or _kind_of(made) not in _DO_FOR[dropped.kind]:
        return False
    unique = not isinstance(made, statements.CreateIndex) or made.unique or dropped.kind == INDEX
    return unique and dropped.is_its_table(made.table)


def _may_come_first(sql: str, made: statements.Statement | None, dropped: Dropped) -> bool:
    """Return whether a statement does the same before the drop as after it."""
    if isinstance(made, statements.AddConstraint):
        return _may_be_added_first(made, dropped)
    if isinstance(made, statements.AddColumn | statements.SetNotNull):
        return _may_come_with_column(made, dropped)
    if isinstance(made, statements.DropIndex) or session_statements.dropped_constraint(sql):
        # A foreign key may hang on it; and what is gone is not dropped again.
        return dropped.kind != FOREIGN and not _may_be_same(sql, made, dropped)
    if isinstance(made, statements.CreateIndex):
        return True
    if dropped.kind in WITH_INDEX and session_statements.changes_default(sql):
        return True
    cursor = split.first_statement(sql)
    return cursor.accept("COMMENT", "ON") and not cursor.accept_any("INDEX", "CONSTRAINT")


def _may_be_same(sql: str, made: statements.Statement | None, dropped: Dropped) -> bool:
    """Return whether a statement that drops an index or a constraint may drop the same one."""
    if isinstance(made, statements.DropIndex):
        return catalog_name(made.name) == dropped.name and dropped.is_its_schema(made.name)
    table, names = session_statements.dropped_constraints(sql)
    return dropped.name in names and dropped.is_its_table(table)


def _may_come_with_column(
    made: statements.AddColumn | statements.SetNotNull, dropped: Dropped
) -> bool:
    """Return whether no name that PostgreSQL chooses with a column may be the dropped one's."""
    words = {"NOT"}
    if isinstance(made, statements.AddColumn):
        words = {token.keyword for token in tokenize(made.definition)}
    is_free = not dropped.name.endswith("_not_null") or "NOT" not in words
    return is_free and not words & _NAMED_BY_POSTGRESQL


def _may_be_added_first(made: statements.AddConstraint, dropped: Dropped) -> bool:
    kind = _kind_of(made)
    if not (kind and made.name) or "INDEX" in [token.keyword for token in tokenize(made.body)]:
        return False  # its name depends on what is there; or it is made of an index that is
    if kind == FOREIGN:
        return dropped.kind in {CHECK, FOREIGN}  # it hangs on one of the unique ones that there are
    # There is one at most.
    return not (kind == dropped.kind == PRIMARY and dropped.is_its_table(made.table))
