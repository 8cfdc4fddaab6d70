"""Leave in a database which state a run has led to, beside the revision and with it.

It is a comment on the column of Alembic's own table: that on the table itself belongs to the
journal of a run and to a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.ledger.ledger import FORM
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from sqlalchemy.engine import Connection

    from alembic_pg.ledger.ledger import Ledger

_BEGINS = "alembic-pg built "

_STAMP = re.compile(
    rf"{_BEGINS}(?P<state>[0-9a-f]+) at (?P<revision>\S+), "
    r"postgresql (?P<major>\d+) form (?P<form>\d+)"
)

_READ = text("""
    SELECT col_description(attrelid, attnum) FROM pg_attribute
    WHERE attrelid = to_regclass(:table) AND attname = 'version_num'
""")

# In one way to the server, since the revision's locks are held meanwhile. What a person wrote
# stays, and who does not own the table leaves no stamp.
_WRITE = """
DO $stamp$
BEGIN
  IF (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = {literal}::regclass)
    AND coalesce((SELECT col_description(attrelid, attnum) FROM pg_attribute
      WHERE attrelid = {literal}::regclass AND attname = 'version_num'), '') {condition}
  THEN
    COMMENT ON COLUMN {table}.version_num IS {comment};
  END IF;
END
$stamp$"""


@dataclass(frozen=True)
class Stamp:
    """Hold what the last run has left.

    revision: where it led. state: what was built up to there, by the ledger of then. major, form:
    what the state is of, as in `Ledger`.
    """

    revision: str
    state: str
    major: int
    form: int


def read_stamp(connection: Connection, table: str) -> Stamp | None:
    """Return the stamp of a database, None without. table: Alembic's, as a statement names it."""
    found = _STAMP.fullmatch(connection.scalar(_READ, {"table": table}) or "")
    if found is None:
        return None
    return Stamp(found["revision"], found["state"], int(found["major"]), int(found["form"]))


def write_after_each_revision(context: MigrationContext, table: str, ledger: Ledger) -> None:
    """Let the transaction that notes a revision leave its state, too.

    Where the ledger has none, or a person says by ``alembic stamp`` where the database is, the
    stamp of before goes.
    """

    def write(
        *,
        ctx: MigrationContext,
        step: MigrationInfo,
        heads: AbstractSet[str],
        **_: Any,  # noqa: ANN401  # Alembic's
    ) -> None:
        if ctx.connection is None or ctx.as_sql:
            return
        state = "" if step.is_stamp or ledger.form != FORM else ledger.state_after(heads)
        stamp = _text(ledger, next(iter(heads)), state) if state else ""
        statement = _statement(table, stamp)
        ctx.connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, write)


def _text(ledger: Ledger, revision: str, state: str) -> str:
    return f"{_BEGINS}{state} at {revision}, postgresql {ledger.major} form {ledger.form}"


def _statement(table: str, stamp: str) -> str:
    ours = f"LIKE {quote_literal(f'{_BEGINS}%')}"
    return _WRITE.format(
        table=table,
        literal=quote_literal(table),
        condition=f"SIMILAR TO {quote_literal(f'({_BEGINS}%)?')}" if stamp else ours,
        comment=quote_literal(stamp) if stamp else "NULL",
    )
