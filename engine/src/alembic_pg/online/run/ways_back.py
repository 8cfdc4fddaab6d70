"""Tell whether a half done upgrade can be taken back, for the sentence that offers it.

online/recovery/undo.py is what takes it back; a test holds that both agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import stored_text
from alembic_pg.sql import parser, statements
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from alembic_pg.online.run.journal import ProgressNote

# What the note has of a change of type from its swap on.
NOTED_TYPE_CHANGE = "changed"

# What nothing undoes once it is done; at work, nobody knows whether it is.
_NO_WAY_BACK = (
    statements.DropIndex,
    statements.DetachPartition,
    statements.ValidateConstraint,
)


def can_be_taken_back(note: ProgressNote) -> bool:
    """Return whether something certain undoes all that is done, and what is at work."""
    return (
        note.direction == "upgrade"
        and not note.untracked
        and not stored_text.changes_rows(note.text_of(note.began))
        and not note.began.partition(":")[2].startswith(NOTED_TYPE_CHANGE)
        and not isinstance(_parsed(note.text_of(note.began)), _NO_WAY_BACK)
        and all(_has_way_back(stored_text.whole_text(note.text_of(one))) for one in note.done)
    )


def ways_on(note: ProgressNote, at: str) -> str:
    """Return what a person can do beside finishing a half done upgrade, as a part of a sentence.

    at: where the database was before it; several revisions, before a merge. "" is returned where it
    has committed by itself what nobody has noted: the next run does not finish it.
    """
    if note.untracked:
        return ""
    if can_be_taken_back(note):
        return f", or take it back: alembic downgrade {at.partition(',')[0]}"
    return f"; or undo it by hand, and run: alembic stamp {at.replace(',', '')}"


def _parsed(stored: str) -> statements.Statement | None:
    sql = stored_text.whole_text(stored)
    return parser.parse(sql) if sql else None


def _has_way_back(sql: str) -> bool:
    words = [token.keyword for token in tokenize(sql)]
    if words[:2] == ["CREATE", "TABLE"]:
        return words[2:3] != ["IF"]
    if words[:2] == ["CREATE", "TYPE"] or words[:3] == ["COMMENT", "ON", "COLUMN"]:
        return True
    statement = parser.parse(sql)
    if isinstance(statement, statements.CreateIndex):
        return not statement.if_not_exists
    if isinstance(statement, statements.AddConstraint):
        return bool(statement.name)
    return isinstance(statement, statements.AddColumn | statements.SetNotNull)
