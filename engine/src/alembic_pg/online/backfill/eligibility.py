"""Tell what keeps a table from being filled in batches: a rule, a trigger, a publication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run.helper_names import IS_HELPER_TRIGGER
from alembic_pg.refusals import of_batches

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor

# The table with all that are part of it, or inherit of it.
TREE = """
WITH RECURSIVE tree AS (
  SELECT CAST(:table AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
"""

_RULE = "its rule {} may do something else instead"
_TRIGGER = "its trigger {} fires ALWAYS, or on replicas"
_FOREIGN = "its partition {} is on another server"
_PUBLISHED = "the publication {} sends updates, and a table of it has no replica identity"

# A trigger or a rule that session_replication_role does not keep quiet; the replica identity is a
# primary key by default.
BLOCKERS = f"""
{TREE}
SELECT '{_RULE}' AS why, rulename::text AS name FROM pg_rewrite JOIN tree ON tree.oid = ev_class
WHERE ev_type = '2'
UNION ALL
SELECT '{_TRIGGER}', tgname::text FROM pg_trigger AS g JOIN tree ON tree.oid = tgrelid
WHERE NOT tgisinternal AND tgenabled IN ('A', 'R') AND tgtype & 16 > 0
  AND NOT {IS_HELPER_TRIGGER}
UNION ALL
SELECT '{_FOREIGN}', c.relname::text FROM pg_class AS c JOIN tree USING (oid) WHERE relkind = 'f'
UNION ALL
SELECT '{_PUBLISHED}', pubname::text
FROM pg_publication AS p JOIN pg_publication_tables AS s USING (pubname),
  pg_class AS c JOIN tree USING (oid)
WHERE p.pubupdate AND relkind = 'r'
  AND to_regclass(quote_ident(s.schemaname) || '.' || quote_ident(s.tablename))
    IN (c.oid, pg_partition_root(c.oid))
  AND (relreplident = 'n' OR relreplident = 'd' AND NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary))
"""  # noqa: S608  # it is ours

# Triggers of users that an UPDATE of a new column fires.
UPDATE_TRIGGERS = f"""
SELECT tgname FROM pg_trigger
WHERE tgrelid = ANY (SELECT relid FROM pg_partition_tree(:table) UNION SELECT :table)
  AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 16 > 0 AND tgtype & 1 > 0
  AND tgattr = '' AND NOT {IS_HELPER_TRIGGER}
"""  # noqa: S608  # it is ours

_MAY_QUIETEN = "SELECT has_parameter_privilege('session_replication_role', 'SET')"

# Subscribers stop at a column that they do not have.
PUBLICATION = """
SELECT p.pubname FROM pg_publication AS p JOIN pg_publication_tables AS s USING (pubname)
WHERE (s.schemaname, s.tablename) = (:schema, :name)
"""

# Where the role meets a policy, its own table or not. owns: whether FORCE does that.
HIDDEN_ROWS = f"""
{TREE}
SELECT c.oid::regclass::text AS name, current_user AS role,
  pg_has_role(relowner, 'USAGE') AS owns
FROM pg_class AS c JOIN tree USING (oid)
WHERE relkind IN ('r', 'p') AND row_security_active(c.oid) ORDER BY 1 LIMIT 1
"""  # noqa: S608  # it is ours


def refuse_hidden_rows(executor: Executor, table: Relation) -> None:
    """Raise RefusedError where row security may hide rows of a table that is to be filled."""
    for row in executor.fetch_rows(HIDDEN_ROWS, table=table.oid):
        off = "NO FORCE" if row.owns else "DISABLE"
        raise executor.refused_error(of_batches.ROW_SECURITY(row.name, role=row.role, off=off))


def refuse_fired_triggers(executor: Executor, table: Relation) -> None:
    """Raise RefusedError where a trigger sees that a table is filled, and the role cannot help it.

    The trigger is one of the users', who would not expect it to fire for a change of a column.
    """
    triggers = executor.fetch_rows(UPDATE_TRIGGERS, table=table.oid)
    if triggers and not executor.first_value(_MAY_QUIETEN):
        kind = of_batches.FIRES_TRIGGER
        raise executor.refused_error(kind(table.display_name, trigger=triggers[0].tgname))


def backfill_blocker(session: Session, table: Relation) -> str:
    """Return what keeps a table from being filled in batches, as a part of a sentence, or ""."""
    found = session.fetch_rows(BLOCKERS, table=table.oid)
    return found[0].why.format(found[0].name) if found else ""


def find_publication(session: Session, table: Relation) -> str:
    """Return the publication that sends a table to others, "" without."""
    return session.first_value(PUBLICATION, schema=table.schema, name=table.name) or ""
