"""Say a SQL statement as the call of Alembic's that does the same, as a person would write it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from alembic_pg.autogenerate.ops import column_calls, constraint_calls, index_calls
from alembic_pg.autogenerate.ops.same_statement import is_same_statement
from alembic_pg.revisions.statements import record_statements
from alembic_pg.sql.cursor import Cursor, UnrecognizedError
from alembic_pg.sql.split import single_statement

if TYPE_CHECKING:
    from alembic_pg.autogenerate.ops.call_source import Call

_READERS = (
    constraint_calls.read_constraint_call,
    index_calls.read_index_call,
    column_calls.read_column_call,
    column_calls.read_comment_call,
)


@lru_cache(maxsize=4096)  # it is rendered for the search, for the proof and for the file
def alembic_call(statement: str) -> Call | None:
    """Return the call that executes a statement, or None where Alembic has no words for it.

    The call is compiled and compared with the statement, token by token: what comes out otherwise
    is no call for it.
    """
    cursor = single_statement(statement)
    for read in _READERS:
        try:
            call = read(Cursor(cursor.sql, cursor.tokens))
        except UnrecognizedError:
            continue
        return call if _executes(call, statement) else None
    return None


def _executes(call: Call, statement: str) -> bool:
    """Return whether a call executes a statement, and nothing else."""
    try:
        with record_statements() as recorded:
            exec(call.source(), {"op": op, "sa": sa, "postgresql": postgresql})  # noqa: S102  # ours
    except Exception:  # noqa: BLE001  # Alembic cannot say it, whatever the reason
        return False
    return len(recorded) == 1 and is_same_statement(recorded[0].sql, statement)
