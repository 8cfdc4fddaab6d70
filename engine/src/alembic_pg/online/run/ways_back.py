"""Tell whether a half done upgrade can be taken back, for the sentence that offers it.

online/recovery/undo.py is what takes it back; a test holds that both agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql import parser, statements
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from alembic_pg.online.run.journal import Journal


def all_have_way_back(journal: Journal) -> bool:
    """Return whether something certain undoes every statement that is done."""
    keys = (one.partition(":")[0] for one in journal.note.done)
    return all(_has_way_back(journal.texts.get(key, "")) for key in keys)


def _has_way_back(sql: str) -> bool:
    words = [token.keyword for token in tokenize(sql)]
    if words[:2] == ["CREATE", "TABLE"]:
        return words[2:3] != ["IF"]
    if words[:3] == ["COMMENT", "ON", "COLUMN"]:
        return True
    statement = parser.parse(sql)
    if isinstance(statement, statements.CreateIndex):
        return not statement.if_not_exists
    if isinstance(statement, statements.AddConstraint):
        return bool(statement.name)
    return isinstance(statement, statements.AddColumn | statements.SetNotNull)
