"""Refuse ALTER DOMAIN where it would scan a large table under a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables
from alembic_pg.refusals import of_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import AlterDomain

# The tables of a domain, and of the domains that are made of it; a partition's is the whole one.
_DOMAIN_TABLES = """
WITH RECURSIVE made AS (
  SELECT to_regtype(:name)::oid AS oid
  UNION SELECT t.oid FROM pg_type AS t JOIN made ON typbasetype = made.oid WHERE typtype = 'd')
SELECT DISTINCT c.oid, coalesce(pg_partition_root(c.oid), c.oid)::regclass::text AS name
FROM pg_class AS c JOIN pg_attribute ON attrelid = c.oid JOIN made ON made.oid = atttypid
WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND NOT attisdropped ORDER BY 2
"""


def tables_of_domain(runner: Runner, domain: str) -> Iterator[Relation]:
    """Yield the tables with a domain that were there before. domain: as a statement names it."""
    known = {
        row.name
        for row in runner.fetch_rows(_DOMAIN_TABLES, name=domain)
        if row.oid in runner.existing_tables
    }
    for name in sorted(known):
        table = runner.find_relation(name)
        assert table is not None, "the catalog has just named it"  # noqa: S101
        yield table


def refuse_large_tables(runner: Runner, statement: AlterDomain) -> None:
    """Raise RefusedError when it would stop those who write a large table.

    All of its tables are locked in SHARE mode while they are read, one after the other, by
    VALIDATE CONSTRAINT too.
    """
    for table in tables_of_domain(runner, statement.table):
        large_tables.refuse_if_large(
            runner,
            table,
            of_statements.ALTER_DOMAIN,
            domain=statement.table,
            action=statement.action,
        )
