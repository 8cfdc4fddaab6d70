"""Make an empty temporary copy of a table, which shows whether a statement scans or rewrites."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.errors import UserError
from alembic_pg.online.locks import lock_retry
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor


PROBE_TABLE = "pg_temp.ddl_probe"

# All that a change may have to look at.
INCLUDING_ALL = "INCLUDING ALL EXCLUDING COMMENTS EXCLUDING STATISTICS"

# The files of the copy and its indexes, others after it was written anew; how often it was read
# from end to end.
_TRACES = """
SELECT array_agg(pg_relation_filenode(oid) ORDER BY oid) AS files,
  pg_stat_get_xact_numscans(to_regclass('pg_temp.ddl_probe')) AS scans
FROM (
  SELECT to_regclass('pg_temp.ddl_probe')::oid AS oid UNION
  SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass('pg_temp.ddl_probe')) AS relations
"""

# Event triggers are about what others have: not about a copy, which was never there. A role that
# may not say so is under them.
NO_EVENT_TRIGGERS = """
SELECT set_config(name, 'off', true) FROM pg_settings
WHERE name = 'event_triggers' AND has_parameter_privilege(name, 'SET')
"""


# The indexes of a copy, and their constraints, have names of their own at first.
NAME_INDEXES = """
DO $$ DECLARE one record; BEGIN
FOR one IN
  WITH found AS (
    SELECT indrelid, indexrelid, substring(pg_get_indexdef(indexrelid), ' USING .*') AS definition,
      row_number() OVER (
        PARTITION BY indrelid, substring(pg_get_indexdef(indexrelid), ' USING .*')
        ORDER BY indexrelid) AS number
    FROM pg_index WHERE indrelid IN ({table}, to_regclass('pg_temp.ddl_probe')))
  SELECT copy.indexrelid::regclass AS copy, relname
  FROM found AS copy JOIN found AS its USING (definition, number)
    JOIN pg_class ON oid = its.indexrelid
  WHERE its.indrelid = {table} AND copy.indrelid <> {table}
LOOP EXECUTE format('ALTER INDEX %s RENAME TO %I', one.copy, one.relname); END LOOP; END $$
"""


@dataclass(frozen=True)
class ProbeEffect:
    """What an action of ALTER TABLE does to all rows of a table, or to an index of it.

    rewrites: whether it writes a file anew. scans: whether it reads all rows, for a new index too.
    """

    rewrites: bool
    scans: bool


def effect_of(session: Session, action: str) -> ProbeEffect:
    """Return what ALTER TABLE does, inside a block of empty_copy().

    action: what follows the name of the table. Raises DBAPIError where it fails.
    """
    before = session.one_row(_TRACES)
    after = session.row_after([f"ALTER TABLE {PROBE_TABLE} {action}"], _TRACES)
    adds = set(after.files) > set(before.files)
    return ProbeEffect(
        after.files != before.files and not adds, after.scans != before.scans or adds
    )


def adding_rewrites(session: Session, table: Relation, type_: str) -> bool:
    """Return whether an empty column of a type cannot be added without writing all rows.

    So it is with a domain that has constraints.
    """
    with empty_copy(session, table):
        return effect_of(session, f"ADD COLUMN ddl_probe_new {type_}").rewrites


@contextmanager
def checked_value(session: Session, value: str, table: Relation) -> Iterator[None]:
    """Let an empty copy of a table have a CHECK ddl_probe_value that asks for a value of its rows.

    The catalog then shows what the value is made of. value: an expression of the table's columns.
    Raises DBAPIError where it may not stand in a CHECK: with a subquery, say.
    """
    check = f"CHECK (({columns_of_probe(value, table)}) IS NOT NULL)"
    with empty_copy(session, table):
        session.execute(f"ALTER TABLE {PROBE_TABLE} ADD CONSTRAINT ddl_probe_value {check}")
        yield


def raise_if_untold(executor: Executor, table: Relation, error: DBAPIError) -> None:
    """Raise what says nothing of a table: no answer, or an empty copy that is forbidden.

    executor: without a transaction that the error has ended. error: of what was tried on the copy.
    """
    from alembic_pg.online.run import refusing_event_trigger  # noqa: PLC0415  # rare

    lock_retry.reraise_if_no_answer(error)
    refusing_event_trigger.refuse_if_of_copy(executor, table, error)


def columns_of_probe(sql: str, table: Relation) -> str:
    """Return a part of a statement in which the columns of a table are those of the copy."""
    found, parts, end = tokenize(sql), [], 0
    for at, token in enumerate(found):
        texts = [one.text for one in found[at + 1 : at + 4]]
        qualified = at and found[at - 1].text == "."
        if (
            token.identifier == table.name
            and not qualified
            and texts[:1] == ["."]
            and texts[2:3] != ["("]
        ):
            parts += [sql[end : token.start], "ddl_probe"]
            end = token.end
    return "".join([*parts, sql[end:]])


@contextmanager
def empty_copy(
    session: Session, table: Relation, including: str = "", *, partitioned: str = ""
) -> Iterator[None]:
    """Let PROBE_TABLE be an empty temporary table like another; at the end it was never there.

    including: what it has beside the columns, as CREATE TABLE … LIKE says it. partitioned: by
    what, as PARTITION BY says it.
    """
    with session.undone_at_end():
        by = f" PARTITION BY {partitioned}" if partitioned else ""
        _create_copy(session, quote_name(*session.name_before(table)), including, by)
        session.alter_copy(table)
        yield


def oid_of_copy(session: Session) -> int:
    """Return the oid of the copy that is there."""
    return int(session.scalar(f"SELECT '{PROBE_TABLE}'::regclass::oid::int8"))


def _create_copy(session: Session, like: str, including: str, by: str) -> None:
    try:
        create = f"CREATE TEMPORARY TABLE ddl_probe (LIKE {like} {including}){by}"
        session.execute_all([NO_EVENT_TRIGGERS, create])
    except DBAPIError as error:
        if errors.sqlstate(error) != errors.SqlState.INSUFFICIENT_PRIVILEGE:
            raise
        raise UserError(
            f"What a statement would do to {like} is tried on an empty copy "
            f"({errors.describe_error(error)}): "
            "GRANT TEMPORARY ON DATABASE and SELECT on the table to the role."
        ) from error
