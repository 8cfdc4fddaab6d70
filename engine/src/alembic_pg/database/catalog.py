"""Read tables, views and indexes from the catalog, with their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# What a name stands for, as a Relation.
FIND_RELATION = """
WITH RECURSIVE tree AS (
  SELECT to_regclass(:name)::oid AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
  c.oid::regclass::text AS display_name, c.relispartition AS is_partition,
  (SELECT sum(pg_total_relation_size(tree.oid)) FROM tree)::bigint AS size,
  c.relpersistence AS persistence,
  EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS has_children
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(:name)
"""

# The server's own have numbers below (PostgreSQL, 67.2.2).
_USER_TABLES = text("""
SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'f') AND oid >= 16384
  AND oid IS DISTINCT FROM to_regclass(:own)
""")


@dataclass(frozen=True)
class Relation:
    """A table, view or index.

    kind: as pg_class.relkind has it.
    display_name: its name as a person calls it.
    is_partition: whether it is a partition of another table.
    has_children: whether other tables inherit from it, as partitions do.
    size: in bytes, with its indexes and partitions.
    persistence: as pg_class.relpersistence has it: t for a temporary table.
    """

    oid: int
    schema: str
    name: str
    kind: str
    display_name: str
    is_partition: bool
    size: int
    persistence: str
    has_children: bool


def user_table_oids(connection: Connection, own: str) -> frozenset[int]:
    """Return the users' tables that are there. own: Alembic's, which is left out."""
    return frozenset(connection.scalars(_USER_TABLES, {"own": own}))
