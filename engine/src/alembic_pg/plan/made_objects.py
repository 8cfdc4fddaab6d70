"""Keep the statements of a plan that make objects, and tell which of them another one needs.

To make all of them again for each statement that follows would take a time that grows with the
square of their number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.sql import lock_modes, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.database.session import Session

_IS_TRUSTED = """
SELECT bool_and(trusted) FROM pg_available_extension_versions WHERE name = :name
"""

_WORD = re.compile(r"\w+")

# What makes an object that a statement has to name, to need it. Others (a cast, an operator, an
# extension, a schema, a setting, another name for a type) may be needed by any.
_NAMED = (
    *("CREATE TABLE", "CREATE TYPE", "CREATE DOMAIN", "CREATE SEQUENCE", "CREATE COLLATION"),
    *("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", "CREATE PROCEDURE"),
    *("CREATE OR REPLACE PROCEDURE", "CREATE AGGREGATE", "CREATE OR REPLACE AGGREGATE"),
)

# What takes no lock on a table that is there, and lets later statements name it.
_MAKES = (
    *lock_modes.MAKES_NEW,
    *("CREATE TABLE", "CREATE PROCEDURE", "CREATE AGGREGATE", "CREATE OR REPLACE FUNCTION"),
    *("CREATE OR REPLACE PROCEDURE", "CREATE OR REPLACE AGGREGATE"),
    *("ALTER TYPE", "ALTER DOMAIN", "DROP FUNCTION", "SET search_path"),
)


@dataclass
class MadeObjects:
    """The statements that made tables, types, functions and the like.

    texts: all of them, in their order.
    """

    texts: list[str] = field(default_factory=list)
    _by_word: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _for_all: list[int] = field(default_factory=list)

    def add(self, sql: str) -> None:
        """Remember a statement."""
        words = _WORD.findall(_made_name(sql).lower())
        if words:
            self._by_word[words[0]].append(len(self.texts))
        else:
            self._for_all.append(len(self.texts))
        self.texts.append(sql)

    def needed_by(self, texts: Iterable[str], *, beside: Iterable[int] = ()) -> dict[int, str]:
        """Return the statements that make what some texts name, by their numbers, in their order.

        What those name is among them. beside: the numbers of those that are not asked for.
        """
        there = set(beside)
        new = {*self._for_all} - there
        pool = [*texts, *(self.texts[at] for at in new)]
        while pool:
            for word in _words_of(pool.pop()):
                more = {*self._by_word.get(word, ())} - there - new
                new |= more
                pool += [self.texts[at] for at in more]
        return {at: self.texts[at] for at in sorted(new)}


def _made_name(sql: str) -> str:
    """Return the name of what a statement makes, without its schema; "" where it has none."""
    cursor = split.first_statement(sql)
    if not cursor.accept_any(*_NAMED):
        return ""
    cursor.accept("IF", "NOT", "EXISTS")
    return cursor.qualified_name()[1]


def _words_of(text: str) -> Iterator[str]:
    """Yield the words that the name of an object which a text needs may begin with.

    PostgreSQL itself names what belongs to a table or a range after that: t_id_seq, t_pkey.
    """
    for word in set(_WORD.findall(text.lower())):
        yield word
        parts = word.replace("multirange", "range").split("_")
        yield from ("_".join(parts[:end]) for end in range(1, len(parts) + 1))


def makes(sql: str) -> bool:
    """Return whether a statement makes what later ones may name, and locks no table for that."""
    cursor = split.first_statement(sql)
    kind = cursor.accept_any(*_MAKES)
    words = {token.keyword for token in cursor.remaining()}
    if kind == "CREATE TABLE":
        return not (lock_modes.strongest_lock(sql)[0] or words & {"AS", "INHERITS", "OF"})
    if kind == "CREATE SCHEMA":
        return "CREATE" not in words  # what is made in it may refer to a table
    if kind in {"ALTER TYPE", "ALTER DOMAIN"}:
        return "RENAME" in words and not words & {"ATTRIBUTE", "CONSTRAINT"}
    return bool(kind) and not (kind.startswith("DROP") and "CASCADE" in words)


def is_undone_by_rollback(session: Session, sql: str) -> bool:
    """Return whether a statement does nothing that a rollback does not undo.

    The script and the library of an extension may do anything, unless PostgreSQL trusts it.
    """
    cursor = split.first_statement(sql)
    if not cursor.accept("CREATE", "EXTENSION"):
        return True
    cursor.accept("IF", "NOT", "EXISTS")
    return bool(session.first_value(_IS_TRUSTED, name=cursor.identifier()))
