"""Ask the server when an object was changed last, where it keeps that.

With track_commit_timestamp, PostgreSQL knows the time of each transaction (its chapter 19.6), and
a row of a catalog knows the transaction that wrote it: a time that is told is that of the last
change of that row, unless the row was frozen since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.drift.difference import Difference

_IS_TRACKED = text("SELECT current_setting('track_commit_timestamp')::bool")

_RELATION = """SELECT c.xmin FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = :schema AND c.relname = :name"""

# The row that tells, by the kind of object; the table of a part is the first word of its name.
_ROWS = {
    "table": _RELATION,
    "view": _RELATION,
    "materialized view": _RELATION,
    "index": _RELATION,
    "sequence": _RELATION,
    "column": """SELECT a.xmin FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = :schema AND c.relname || '.' || a.attname = :name""",
    "function": """SELECT p.xmin FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
      WHERE n.nspname = :schema
        AND p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' = :name""",
    "trigger": """SELECT t.xmin FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = :schema AND c.relname || ' ' || t.tgname = :name""",
    "policy": """SELECT p.xmin FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = :schema AND c.relname || ' ' || p.polname = :name""",
} | dict.fromkeys(
    ("constraint", "check constraint", "foreign key"),
    """SELECT o.xmin FROM pg_constraint AS o JOIN pg_class AS c ON c.oid = o.conrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = :schema AND c.relname || ' ' || o.conname = :name""",
)


def times_of_change(
    connection: Connection, differences: Sequence[Difference]
) -> Iterator[tuple[str, str]]:
    """Yield an object's label and when it was changed last, of those of which the server tells.

    connection: to the database, in a transaction; a time is in the server's own time zone, to the
    second. What is missing has no row that tells.
    """
    if not connection.scalar(_IS_TRACKED):
        return
    for difference in differences:
        row = _ROWS.get(difference.kind)
        if row is None or difference.change == "missing":
            continue
        question = text(
            f"SELECT to_char(pg_xact_commit_timestamp(xmin), 'YYYY-MM-DD HH24:MI:SS TZ') "  # noqa: S608  # ours
            f"FROM ({row}) AS found"
        )
        try:
            with connection.begin_nested():
                told = connection.scalar(
                    question, {"schema": difference.schema, "name": difference.name}
                )
        except DBAPIError:  # of a transaction that is older than what the server keeps
            continue
        if told is not None:
            yield difference.label, str(told)
