"""Know the CHECKs that PostgreSQL itself prints otherwise once a column has another type.

A type that changes from text to varchar makes ``char_length(title)`` of a CHECK
``char_length((title)::text)``, as it would be of a new one: nothing has to be dropped for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.candidate import undone_at_end
from alembic_pg.autogenerate.proof.without_drops import without_drops
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.revisions.trial.text_session import Session

_LABEL_PREFIX = "check constraint "

_DEFINITION = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = to_regclass({table}) AND conname = {name}
"""


def replaced_checks(operations: Sequence[MigrateOperation]) -> dict[str, str]:
    """Return what creates each CHECK that operations drop and create otherwise, by its label.

    Nothing is returned where they change no type.
    """
    if not any(map(flatten.alters_type, operations)):
        return {}
    checks = [
        one
        for one in operations
        if isinstance(one, StatementOp) and one.label.startswith(_LABEL_PREFIX)
    ]
    dropped = {one.label: one.downgrade for one in checks if one.action == "drop"}
    return {
        one.label: one.upgrade[0]
        for one in checks
        if one.action == "create" and dropped.get(one.label, one.upgrade) != one.upgrade
    }


def reprinted_checks(
    candidate: Candidate, session: Session, operations: Sequence[MigrateOperation]
) -> set[str]:
    """Return which of replaced_checks() the other operations leave as they are to be.

    session: on the candidate, which has what the operations begin with; they are undone.
    """
    replaced = replaced_checks(operations)
    if not replaced:
        return set()
    with undone_at_end(session):
        try:
            for operation in without_drops(operations, replaced, ()):
                candidate.run_one(session, operation)
            return {label for label, create in replaced.items() if _is_there(session, create)}
        except Exception:  # noqa: BLE001  # whatever it is: they are dropped, and made again
            return set()


def _is_there(session: Session, create: str) -> bool:
    """Return whether a table has the CHECK that a statement creates, as PostgreSQL prints it."""
    cursor = Cursor(create)
    cursor.accept("ALTER", "TABLE")
    table = quote_literal(quote_name(*cursor.altered_table()))
    cursor.accept("ADD", "CONSTRAINT")
    name = quote_literal(cursor.identifier())
    rows = session.query(_DEFINITION.format(table=table, name=name))
    found = str(rows[0][0]) if rows else ""
    return _texts(found) == _texts(cursor.remaining_text().rstrip(";"))


def _texts(sql: str) -> list[str]:
    return [token.text for token in tokenize(sql)]
