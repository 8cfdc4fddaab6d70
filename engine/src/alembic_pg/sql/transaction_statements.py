"""Recognise statements that begin or end a transaction, as a revision writes them itself."""

from __future__ import annotations

import re
from enum import StrEnum

from alembic_pg.sql import split
from alembic_pg.sql.lexer import tokenize

# A text without one of these words has no such statement, and is not looked at.
_WORDS = re.compile(r"\b(BEGIN|START|COMMIT|END|ROLLBACK|ABORT)\b", re.IGNORECASE)

# What begins a statement that stands in a transaction, but for some objects.
_TRANSACTIONAL = {
    *("INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "SELECT", "TRUNCATE", "COMMENT", "GRANT"),
    *("REVOKE", "CREATE", "ALTER", "DROP"),
}
_NOT_TRANSACTIONAL = {"DATABASE", "SUBSCRIPTION", "SYSTEM", "TABLESPACE"}

# What may end a transaction in a DO block, or call what does.
_MAY_END = {"COMMIT", "ROLLBACK", "CALL", "EXECUTE"}

_NOISE = {"WORK", "TRANSACTION"}


class Boundary(StrEnum):
    """What a statement does to the transaction in which it stands."""

    BEGIN = "begin"
    COMMIT = "commit"
    ROLL_BACK = "roll back"
    COMMIT_AND_CHAIN = "commit and chain"
    ROLL_BACK_AND_CHAIN = "roll back and chain"

    @property
    def commits(self) -> bool:
        """Whether it commits what came before."""
        return self in {Boundary.COMMIT, Boundary.COMMIT_AND_CHAIN}

    @property
    def begins(self) -> bool:
        """Whether a transaction is open after it."""
        return self not in {Boundary.COMMIT, Boundary.ROLL_BACK}


def boundary_of(sql: str) -> Boundary | None:
    """Return what one statement does to its transaction, None where it does nothing to it.

    Neither a savepoint nor a transaction that is prepared counts.
    """
    if not _WORDS.search(sql):
        return None
    words = [token.keyword or token.text for token in tokenize(sql) if token.text != ";"]
    if words[:1] == ["BEGIN"] or words[:2] == ["START", "TRANSACTION"]:
        return Boundary.BEGIN
    rest = [word for word in words[1:] if word not in _NOISE]
    if rest not in ([], ["AND", "CHAIN"], ["AND", "NO", "CHAIN"]):
        return None
    chain = rest == ["AND", "CHAIN"]
    if words[:1] in (["COMMIT"], ["END"]):
        return Boundary.COMMIT_AND_CHAIN if chain else Boundary.COMMIT
    if words[:1] in (["ROLLBACK"], ["ABORT"]):
        return Boundary.ROLL_BACK_AND_CHAIN if chain else Boundary.ROLL_BACK
    return None


def boundaries_in(sql: str) -> list[Boundary]:
    """Return what the statements of a text do to their transaction, in their order."""
    if not _WORDS.search(sql):
        return []
    found = (boundary_of(one) for one in split.statement_texts(sql))
    return [one for one in found if one is not None]


def split_at_boundaries(sql: str) -> list[str]:
    """Return the statements of a text one of which begins or ends a transaction, else nothing."""
    if not boundaries_in(sql):
        return []
    return split.statement_texts(sql)


def fits_in_transaction(sql: str) -> bool:
    """Return whether PostgreSQL is known to execute a text in a transaction that others begin."""
    return all(_is_transactional(one) for one in split.statement_texts(sql))


def _is_transactional(sql: str) -> bool:
    words = [token.keyword for token in tokenize(sql)]
    if words[:1] == ["DO"]:
        return not any(re.search(rf"\b{word}\b", sql, re.IGNORECASE) for word in _MAY_END)
    return (
        bool(words)
        and words[0] in _TRANSACTIONAL
        and not _NOT_TRANSACTIONAL & set(words[1:2])
        and "CONCURRENTLY" not in words
    )
