"""Ask PostgreSQL which objects use which columns; pg_dump only says which use the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

# The keys of what uses a column, by the key of its table and the column's name without quotes.
ColumnUsers = dict[tuple[str, str], set[str]]

# A column of a child is its parents', too: ALTER TABLE reaches it from there.
_COLUMN_USERS = """
WITH RECURSIVE family (relation, ancestor) AS (
  SELECT inhrelid, inhparent FROM pg_inherits
  UNION
  SELECT relation, inhparent FROM family JOIN pg_inherits ON inhrelid = ancestor
),
relations AS (
  SELECT c.oid, nspname, relname, relkind
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
),
users (classid, objid, key) AS (
  SELECT 'pg_rewrite'::regclass, w.oid, CASE
    WHEN rulename <> '_RETURN' THEN format('RULE %s.%s %s', nspname, relname, rulename)
    WHEN relkind = 'm' THEN format('MATERIALIZED VIEW %s.%s', nspname, relname)
    ELSE format('VIEW %s.%s', nspname, relname) END
  FROM pg_rewrite AS w JOIN relations AS r ON r.oid = ev_class
  UNION ALL
  SELECT 'pg_trigger'::regclass, t.oid, format('TRIGGER %s.%s %s', nspname, relname, tgname)
  FROM pg_trigger AS t JOIN relations AS r ON r.oid = tgrelid
  UNION ALL
  SELECT 'pg_policy'::regclass, p.oid, format('POLICY %s.%s %s', nspname, relname, polname)
  FROM pg_policy AS p JOIN relations AS r ON r.oid = polrelid
  UNION ALL
  SELECT 'pg_constraint'::regclass, c.oid, format('%s %s.%s %s', CASE contype
    WHEN 'f' THEN 'FK CONSTRAINT' WHEN 'c' THEN 'CHECK CONSTRAINT' ELSE 'CONSTRAINT' END,
    nspname, relname, conname)
  FROM pg_constraint AS c JOIN relations AS r ON r.oid = conrelid
  UNION ALL
  SELECT 'pg_class'::regclass, oid, format('INDEX %s.%s', nspname, relname)
  FROM relations WHERE relkind IN ('i', 'I')
  UNION ALL
  SELECT 'pg_statistic_ext'::regclass, s.oid, format('STATISTICS %s.%s', nspname, stxname)
  FROM pg_statistic_ext AS s JOIN pg_namespace AS n ON n.oid = stxnamespace
  UNION ALL
  SELECT 'pg_proc'::regclass, p.oid, format('%s %s.%s(%s)',
    CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, nspname, proname,
    (SELECT string_agg(format_type(argument, NULL), ', ' ORDER BY place)
     FROM unnest(proargtypes) WITH ORDINALITY AS arguments (argument, place)))
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
  WHERE prosqlbody IS NOT NULL
  UNION ALL
  SELECT 'pg_publication_rel'::regclass, m.oid,
    format('PUBLICATION TABLE %s.%s %s', nspname, pubname, relname)
  FROM pg_publication_rel AS m JOIN pg_publication AS p ON p.oid = prpubid
  JOIN relations AS r ON r.oid = prrelid
)
SELECT DISTINCT format('TABLE %s.%s', nspname, relname), attname, key
FROM pg_depend AS d
JOIN users AS u ON (u.classid, u.objid) = (d.classid, d.objid)
JOIN pg_attribute ON (attrelid, attnum) = (refobjid, refobjsubid)
JOIN (SELECT * FROM family UNION ALL SELECT oid, oid FROM pg_class) AS f ON relation = attrelid
JOIN relations AS r ON r.oid = ancestor
WHERE refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND nspname <> 'pg_catalog'
"""


def read_column_users(url: URL) -> ColumnUsers:
    """Return what uses each column of a database."""
    users: ColumnUsers = {}
    with connect(url, source=SCRATCH_SOURCE) as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL search_path = ''")  # types as pg_dump prints them
        for table, column, key in connection.execute(text(_COLUMN_USERS)):
            users.setdefault((table, column), set()).add(key)
    return users
