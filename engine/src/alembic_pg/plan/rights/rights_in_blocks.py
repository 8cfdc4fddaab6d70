"""Find what the statements of a DO block need that creates a role, an extension or a schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.plan.rights.right_questions import OF_SERVER
from alembic_pg.sql import plpgsql, required_rights
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.sql.required_rights import Right

# By these, a block may do something else, or nothing; words in capitals with one space between.
_CONDITIONS = re.compile(
    r"\b(?:IF(?! NOT EXISTS \w| EXISTS \w)|ELSE|ELSIF|CASE|LOOP|WHILE|FOR|FOREACH|RETURN|EXIT"
    r"|CONTINUE|RAISE(?! (?:NOTICE|INFO|WARNING|LOG|DEBUG))|ASSERT|EXCEPTION)\b"
)

# A role that is created where it is missing: the condition says no more than that.
_WHERE_MISSING = re.compile(
    r"IF NOT EXISTS \( SELECT (?:[\w*]+ )?FROM (?:PG_CATALOG \. )?PG_(?:ROLES|AUTHID|USER|SHADOW) "
    r"WHERE (?:\w+ \. )?(?:ROLNAME|USENAME) = '(?P<name>[^']*)' \) THEN "
    r"(?P<create>CREATE (?:ROLE|USER) (?P<created>\S+)[^;]*;) END IF ;?"
)

# What is caught is that the role is there already.
_CAUGHT_DUPLICATE = re.compile(
    r"EXCEPTION(?: WHEN DUPLICATE_OBJECT(?: OR UNIQUE_VIOLATION)? THEN"
    r"(?: NULL ;| RAISE NOTICE [^;]*;)?)+ END"
)


@dataclass(frozen=True)
class NeededRight:
    """Hold a right that a statement of a block needs.

    statement: its text. is_certain: whether the block executes it wherever its object is missing.
    """

    right: Right
    statement: str
    is_certain: bool


def rights_in_block(block: str) -> Iterator[NeededRight]:
    """Yield the rights that a block needs of the server, of an object whose name is known.

    block: the PL/pgSQL text of a DO statement, "" of another one.
    """
    if not block:
        return
    certain = _is_unconditional(block)
    for cursor in plpgsql.block_statements(block):
        statement = cursor.whole_text()
        for right in required_rights.required_rights(cursor):
            if right.kind in OF_SERVER and right.name and "…" not in right.name:
                yield NeededRight(right, statement, certain)


def _is_unconditional(block: str) -> bool:
    words = " ".join(token.keyword or token.text for token in tokenize(block))
    words = _WHERE_MISSING.sub(_without_condition, words)
    return not _CONDITIONS.search(_CAUGHT_DUPLICATE.sub("END", words))


def _without_condition(match: re.Match[str]) -> str:
    name = match["created"].strip('"')
    same = name == match["name"] or name.lower() == match["name"]
    return match["create"] if same else match[0]
