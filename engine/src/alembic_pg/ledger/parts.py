"""Read the columns, constraints and indexes of tables from the catalog, each as a digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Connection

# Of a table, by its quoted name with its schema: its parts, each with the digest of its definition.
# A part is called as drift calls it: "column note", "index votes_a_idx"; the table itself "table".
Parts = dict[str, dict[str, str]]

# What a revision makes of the parts, None for what it takes away.
PartChanges = dict[str, dict[str, str | None]]

TABLE = "table"

# Hexadecimal digits of a part's digest: it tells a definition from that which somebody made of it.
_DIGITS = 8

_READ = text("""
WITH wanted AS MATERIALIZED (
  SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relkind, c.relpersistence,
    c.relpartbound
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND c.relname <> :version_table
    AND (CAST(:names AS text[]) IS NULL OR c.oid = ANY (ARRAY(
      SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name)))
    AND NOT EXISTS (SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT name, 'table' AS part, concat_ws(' ', relkind, relpersistence, pg_get_partkeydef(oid),
  pg_get_expr(relpartbound, oid)) AS definition
FROM wanted
UNION ALL
SELECT name, 'column ' || attname, concat_ws(' ', format_type(atttypid, atttypmod),
  CASE WHEN attnotnull THEN 'NOT NULL' END, nullif(attidentity, ''), nullif(attgenerated, ''),
  nullif(attcollation, typcollation)::regcollation, pg_get_expr(adbin, adrelid))
FROM wanted JOIN pg_attribute ON attrelid = wanted.oid JOIN pg_type AS t ON t.oid = atttypid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT name, CASE contype WHEN 'c' THEN 'check ' WHEN 'f' THEN 'fk ' ELSE '' END || 'constraint '
  || conname, pg_get_constraintdef(o.oid)
FROM wanted JOIN pg_constraint AS o ON conrelid = wanted.oid
WHERE contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT name, 'index ' || relname,
  pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
FROM wanted JOIN pg_index ON indrelid = wanted.oid JOIN pg_class AS i ON i.oid = indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint
  WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
""")


def read_parts(
    connection: Connection, version_table: str, tables: Collection[str] | None = None
) -> Parts:
    """Return the parts of tables; one that is not there has none.

    connection: in a transaction, of which nothing may be kept: it changes the search_path.
    version_table: the name of Alembic's own, which is left out. tables: quoted names with their
    schemas, None for all.
    """
    # A name in a definition has its schema then, whoever asks.
    connection.execute(text("SET LOCAL search_path = pg_catalog"))
    values = {"version_table": version_table, "names": None if tables is None else list(tables)}
    found: Parts = {}
    for name, part, definition in connection.execute(_READ, values):
        digest = hashlib.sha256(str(definition).encode()).hexdigest()[:_DIGITS]
        found.setdefault(name, {})[part] = digest
    return found


def part_changes(before: Parts, after: Parts) -> PartChanges:
    """Return what leads from some parts to others, in the order of their names."""
    changes: PartChanges = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name, {}), after.get(name, {})
        own = {
            part: new.get(part) for part in sorted({*old, *new}) if old.get(part) != new.get(part)
        }
        if own:
            changes[name] = own
    return changes


def apply_changes(parts: Parts, changes: PartChanges) -> None:
    """Let parts become what a revision makes of them."""
    for name, own in changes.items():
        there = parts.setdefault(name, {})
        for part, digest in own.items():
            if digest is None:
                there.pop(part, None)
            else:
                there[part] = digest
        if not there:
            del parts[name]


def parts_after(
    changes: Mapping[str, PartChanges | None], revisions: Collection[str]
) -> Parts | None:
    """Return the parts that some revisions build together, None where one of them is not known.

    changes: of each revision by its id, those that run first before others.
    """
    if any(changes.get(one) is None for one in revisions):
        return None
    parts: Parts = {}
    for one, own in changes.items():
        if one in revisions and own is not None:
            apply_changes(parts, own)
    return parts
