"""What a revision does to its session and its transaction, which no note can keep for the next run.

A setting is made in each run, and in each transaction where it is for one. A temporary table, a
lock or a cursor ties the rest of the revision to one transaction.
"""

from __future__ import annotations

import itertools
import re

from alembic_pg.sql.lexer import tokens

_SETS = {"SET", "RESET", "DISCARD", "LISTEN", "UNLISTEN", "PREPARE", "DEALLOCATE", "LOAD"}
_TIES = {"LOCK", "DECLARE", "FETCH", "MOVE", "CLOSE"}
_TEMPORARY = {"TEMP", "TEMPORARY"}
_BEFORE = {*_TEMPORARY, "LOCAL", "GLOBAL", "OR", "REPLACE"}

# What SELECT, or a block of code, may make for its session or transaction; settings of a block.
_INSIDE = {"SELECT", "WITH", "DO"}
_TIED = re.compile(
    r"\b(INTO|CREATE(\s+(LOCAL|GLOBAL))?)\s+TEMP(ORARY)?\b|\bpg_(try_)?advisory_\w*lock"
    r"|^\s*DO\b.*\b(SET\s+(LOCAL|SESSION)|set_config)\b",
    re.IGNORECASE | re.DOTALL,
)
_READS = {"SELECT", "SHOW", "VALUES", "TABLE", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "EXPLAIN"}
_OF_TRANSACTION = {"LOCAL", "TRANSACTION", "CONSTRAINTS"}


# What a revision may drop for the moment of a swap, and how it notes the swap itself.
SWAPPED = "swap"
_DROPPED = re.compile(
    r"\s*DROP\s+(VIEW|MATERIALIZED|POLICY|TRIGGER|RULE|FUNCTION)\b", re.IGNORECASE
)


def takes_away(sql: str) -> bool:
    """Return whether a statement drops what may be in the way of a swap."""
    return bool(_DROPPED.match(sql))


def sets(sql: str) -> bool:
    """Return whether a statement must be executed in each run: it concerns the session."""
    words = _words(sql)
    return words[0] in _SETS or ties(sql) or (words[0] == "SELECT" and "SET_CONFIG" in words)


def ties(sql: str) -> bool:
    """Return whether what a statement makes is there for its session or transaction only."""
    words = _words(sql)
    if words[0] == "CREATE":
        return bool(_TEMPORARY & set(itertools.takewhile(_BEFORE.__contains__, words[1:])))
    return words[0] in _TIES or (words[0] in _INSIDE and bool(_TIED.search(sql)))


def local(sql: str) -> bool:
    """Return whether a statement sets something for its transaction."""
    words = _words(sql)
    return (words[0] == "SET" and words[1:2] != [] and words[1] in _OF_TRANSACTION) or (
        words[0] == "SELECT" and "SET_CONFIG" in words
    )


def of_session(sql: str) -> tuple[str, str]:
    """Return SET LOCAL for a session, and the name of the setting; twice "" for what is no such."""
    found = tokens(sql)
    words = _words(sql)
    if words[:2] != ["SET", "LOCAL"] or len(words) < 3:  # noqa: PLR2004  # SET LOCAL name
        return "", ""
    name = "timezone" if words[2:4] == ["TIME", "ZONE"] else found[2].text
    return f"SET SESSION {sql[found[2].start :]}", name


def writes(sql: str) -> bool:
    """Return whether a statement may change rows or tables."""
    return _words(sql)[0] not in _READS


def _words(sql: str) -> list[str]:
    return [token.keyword for token in tokens(sql)] or [""]
