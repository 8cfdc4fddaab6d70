"""List what an interrupted run has left: INVALID indexes, NOT VALID constraints, helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.online.run import journal
from alembic_pg.online.run.helper_names import (
    IS_HELPER_CONSTRAINT,
    IS_HELPER_TRIGGER,
    IS_SHADOW_COLUMN,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

# Of extensions, nothing is ours; a partitioned index is invalid until all parts are there. To name
# each relation of a large database takes long: NOT MATERIALIZED names those that are told.
_LEFTOVERS = text(f"""
WITH every AS (
  SELECT c.oid FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = relnamespace
  WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' AND NOT EXISTS (
    SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
      AND deptype = 'e')),
mine AS NOT MATERIALIZED (SELECT oid, oid::regclass::text AS name FROM every)
SELECT 'index ' || mine.name || ' is INVALID' AS line FROM mine
  JOIN pg_index ON indexrelid = mine.oid WHERE NOT indisvalid AND NOT EXISTS (
    SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid)
UNION ALL
SELECT 'constraint ' || quote_ident(conname) || ' of ' || mine.name || ' is NOT VALID' FROM mine
  JOIN pg_constraint ON conrelid = mine.oid WHERE NOT convalidated AND conparentid = 0
    AND (to_jsonb(pg_constraint) ->> 'conenforced') IS DISTINCT FROM 'false'
UNION ALL
SELECT 'index ' || mine.name || ' is a helper of a run' FROM mine
  JOIN pg_index ON indexrelid = mine.oid JOIN pg_class AS c ON c.oid = mine.oid
  WHERE indisvalid AND relname ~ '_ddl_(new|old)$'
UNION ALL
SELECT 'constraint ' || quote_ident(conname) || ' of ' || mine.name || ' is a helper of a run'
  FROM mine JOIN pg_constraint ON conrelid = mine.oid
  WHERE convalidated AND {IS_HELPER_CONSTRAINT}
UNION ALL
SELECT 'column ' || mine.name || '.' || quote_ident(attname) || ' is half filled' FROM mine
  JOIN pg_attribute AS a ON attrelid = mine.oid
  JOIN pg_class AS r ON r.oid = mine.oid AND r.relkind IN ('r', 'p')
  WHERE {IS_SHADOW_COLUMN}
UNION ALL
SELECT 'trigger ' || quote_ident(tgname) || ' of ' || mine.name || ' fills a column' FROM mine
  JOIN pg_trigger ON tgrelid = mine.oid WHERE {IS_HELPER_TRIGGER}
ORDER BY 1
""")  # noqa: S608  # it is ours


def leftover_lines(connection: Connection, table: str) -> Iterator[str]:
    """Yield a line for each thing that is unfinished.

    table: Alembic's own, as a statement names it.
    """
    note = journal.read_note(connection, table)
    if note is not None:
        count = len(note.done)
        done = "1 statement is done" if count == 1 else f"{count} statements are done"
        yield f"the {note.direction} of revision {note.revision} is half done: {done}"
    yield from connection.scalars(_LEFTOVERS)
