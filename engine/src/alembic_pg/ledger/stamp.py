"""Leave in a database which state a run has led to, in the message that notes its revision.

It is a comment on the column of Alembic's own table: that on the table itself belongs to the
journal of a run and to a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.ledger.ledger import FORM
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from alembic_pg.ledger.ledger import Ledger

# SQLAlchemy then sends percent signs as they are.
_VERBATIM = {"no_parameters": True}

_BEGINS = "alembic-pg built "

_STAMP = re.compile(
    rf"{_BEGINS}(?P<state>[0-9a-f]+) at (?P<revision>\S+), "
    r"postgresql (?P<major>\d+) form (?P<form>\d+)"
)

_READ = text("""
SELECT col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attname = 'version_num'
""")


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

    def __str__(self) -> str:
        """Return the comment that says it."""
        return f"{_BEGINS}{self.state} at {self.revision}, postgresql {self.major} form {self.form}"


@dataclass
class StampWriter:
    """Give the statement that leaves the state of each revision of one run, or takes it away.

    table: Alembic's own, as a statement names it. ledger: what says the states.
    heads: the revisions that the database is at. left: whether it has a stamp.
    latest: the last step that was asked about, and its statement.
    """

    table: str
    ledger: Ledger
    heads: frozenset[str]
    left: bool
    latest: tuple[Any, str] = field(default=(None, ""))

    def statement(self, step: Any) -> str:  # noqa: ANN401  # Alembic's step
        """Return what belongs to the message that notes a step, "" where there is nothing to say.

        A database at several heads gets no stamp, since the ledger has no state of it.
        """
        if self.latest[0] is not step:
            self.latest = step, self._statement(step)
        return self.latest[1]

    def _statement(self, step: Any) -> str:  # noqa: ANN401  # Alembic's step
        self.heads = self.heads - set(step.from_revisions) | set(step.to_revisions)
        state = self.ledger.state_after(self.heads) if self.ledger.form == FORM else ""
        if not (state or self.left):
            return ""
        self.left = bool(state)
        stamp = Stamp("".join(self.heads), state, self.ledger.major, FORM) if state else None
        return _comment(self.table, stamp)


def read_stamp(connection: Connection, table: str) -> Stamp | None:
    """Return the stamp of a database, None without. table: Alembic's, as a statement names it."""
    return _parse(_read_comment(connection, table))


def stamp_writer(
    connection: Connection, table: str, ledger: Ledger, heads: tuple[str, ...]
) -> StampWriter | None:
    """Return what gives a run's stamps, None where a person's comment stands in their place.

    heads: the revisions that the database is at. connection: without a transaction, as before.
    """
    with connection.begin():
        comment = _read_comment(connection, table)
    if comment and not comment.startswith(_BEGINS):
        return None
    return StampWriter(table, ledger, frozenset(heads), bool(comment))


def take_stamp_away(connection: Connection, table: str) -> None:
    """Take a stamp away, if there is one. connection: without a transaction, as before."""
    with connection.begin():
        if _read_comment(connection, table).startswith(_BEGINS):
            connection.exec_driver_sql(_comment(table, None), execution_options=_VERBATIM)


def _read_comment(connection: Connection, table: str) -> str:
    return str(connection.scalar(_READ, {"table": table}) or "")


def _parse(comment: str) -> Stamp | None:
    found = _STAMP.fullmatch(comment)
    if found is None:
        return None
    return Stamp(found["revision"], found["state"], int(found["major"]), int(found["form"]))


def _comment(table: str, stamp: Stamp | None) -> str:
    said = quote_literal(str(stamp)) if stamp else "NULL"
    return f"COMMENT ON COLUMN {table}.version_num IS {said}"
