"""Find the columns of which the value of a new one comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import probe_table

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session

# Of a whole row, the number is 0; of the system's own columns, it is less.
_COLUMNS = """
SELECT coalesce(array_agg(quote_ident(attname)) FILTER (WHERE key > 0), '{}') AS names,
  coalesce(bool_and(key > 0), false) AS all_known
FROM pg_constraint, unnest(conkey) AS key
  LEFT JOIN pg_attribute ON attrelid = to_regclass('pg_temp.ddl_probe') AND attnum = key
WHERE conrelid = to_regclass('pg_temp.ddl_probe') AND conname = 'ddl_probe_value'
"""


def source_columns(session: Session, value: str, table: Relation) -> tuple[str, ...]:
    """Return the columns, quoted, of which alone a value comes; none where that is not known."""
    try:
        with probe_table.checked_value(session, value, table):
            found = session.fetch_rows(_COLUMNS)[0]
    except DBAPIError as error:
        lock_retry.reraise_if_no_answer(error)
        return ()
    return tuple(found.names) if found.all_known else ()
