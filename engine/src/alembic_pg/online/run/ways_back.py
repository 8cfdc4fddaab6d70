"""Tell whether a half done upgrade can be taken back, for the sentence that offers it.

online/recovery/undo.py is what takes it back; a test holds that both agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.online.run import stored_text
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.sql import parser, statements
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from alembic_pg.online.run.journal import ProgressNote

# What the note has of a change of type from its swap on.
NOTED_TYPE_CHANGE = "changed"

# What it has of a new index from when on that has the name of the old one, which then goes.
NOTED_REPLACED = "replaced"

# Finds whether the old one is valid, under the name that it has since.
IS_OLD_VALID = """
SELECT indisvalid FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
WHERE indrelid = to_regclass(:table) AND relname = :old
"""

# What nothing undoes once it is done; at work, nobody knows whether it is.
_NO_WAY_BACK = (
    statements.DropIndex,
    statements.DetachPartition,
    statements.ValidateConstraint,
)


def can_be_taken_back(note: ProgressNote, connection: Connection | None = None) -> bool:
    """Return whether something certain undoes all that is done, and what is at work.

    connection: asked, in its open transaction, whether an index is still there that another one has
    replaced; without it nobody knows, and it counts as gone.
    """
    replaced = connection is not None and _has_old_index(connection, note)
    done = statements_done(note) if replaced else note.done
    return (
        note.direction == "upgrade"
        and not note.untracked
        and not stored_text.changes_rows(note.text_of(note.began))
        and not note.began.partition(":")[2].startswith(NOTED_TYPE_CHANGE)
        and not isinstance(_parsed(note.text_of(note.began)), _NO_WAY_BACK)
        and all(_has_way_back(stored_text.whole_text(note.text_of(one))) for one in done)
    )


def replaced_index(note: ProgressNote) -> statements.CreateIndex | None:
    """Return the statement at work where its index has the name already of the one that goes."""
    made = _parsed(note.text_of(note.began))
    replaced = note.began.partition(":")[2] == NOTED_REPLACED
    return made if replaced and isinstance(made, statements.CreateIndex) else None


def statements_done(note: ProgressNote) -> list[str]:
    """Return the entries of what is done, but for the drop that the statement at work sees to.

    It is noted as done from when on the new index has the name, as the last one.
    """
    made = replaced_index(note)
    last = _parsed(note.text_of(note.done[-1])) if note.done else None
    if made is None or not isinstance(last, statements.DropIndex):
        return note.done
    same = catalog_name(last.name) == catalog_name(made.name)
    return note.done[:-1] if same else note.done


def old_index_name(made: statements.CreateIndex) -> str:
    """Return the name that an index has since another one has its own, as the catalog has it."""
    return helper_name(catalog_name(made.name), "old")


def _has_old_index(connection: Connection, note: ProgressNote) -> bool:
    made = replaced_index(note)
    if made is None:
        return False
    values = {"table": made.table, "old": old_index_name(made)}
    return bool(connection.scalar(text(IS_OLD_VALID), values))


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
