"""Read the parts of a database from its catalog, and who owns what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.ledger.parts import GRANTS, OWNER, PUBLIC_SCHEMA, part_digest

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

    from alembic_pg.ledger.parts import Parts

# Each object by its key, without those of an extension and what PostgreSQL makes by itself. "kind"
# and "name" are pg_dump's.
_WANTED = """
WITH RECURSIVE own AS (
  SELECT oid, nspname, nspowner FROM pg_namespace
  WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'),
found AS (
  SELECT c.tableoid AS class, c.oid, format('%I.%I', nspname, relname) AS key, nspname AS schema,
    relname::text AS name, relowner AS owner, CASE relkind WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
      ELSE 'TABLE' END AS kind
  FROM pg_class AS c JOIN own ON own.oid = relnamespace
  WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND relpersistence <> 't'
    AND relname <> :version_table
    AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i'))
  UNION ALL
  SELECT t.tableoid, t.oid, format('type %I.%I', nspname, typname), nspname, typname, typowner,
    CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END
  FROM pg_type AS t JOIN own ON own.oid = typnamespace LEFT JOIN pg_class AS c ON c.oid = typrelid
  WHERE typtype IN ('e', 'd', 'r') OR typtype = 'c' AND relkind = 'c'
  UNION ALL
  SELECT p.tableoid, p.oid,
    format('function %I.%I(%s)', nspname, proname, oidvectortypes(proargtypes)),
    nspname, format('%s(%s)', proname, oidvectortypes(proargtypes)), proowner,
    CASE prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END
  FROM pg_proc AS p JOIN own ON own.oid = pronamespace
  UNION ALL
  SELECT 'pg_namespace'::regclass, oid, format('schema %I', nspname), '', nspname, nspowner,
    'SCHEMA' FROM own WHERE nspname <> 'public'
  UNION ALL
  SELECT tableoid, oid, format('extension %I', extname), '', extname, extowner, 'EXTENSION'
  FROM pg_extension WHERE extname <> 'plpgsql'),
wanted AS MATERIALIZED (
  SELECT * FROM found
  WHERE (CAST(:keys AS text[]) IS NULL OR key = ANY (CAST(:keys AS text[])))
    AND NOT EXISTS (SELECT FROM pg_depend AS d
      WHERE d.classid = found.class AND d.objid = found.oid AND d.deptype = 'e'))
"""

_PARTS = text(f"""{_WANTED}
SELECT key, lower(kind) AS part, concat_ws(' ', relkind, relpersistence, pg_get_partkeydef(c.oid),
  pg_get_expr(relpartbound, c.oid)) AS definition
FROM wanted JOIN pg_class AS c ON c.oid = wanted.oid AND kind IN ('TABLE', 'FOREIGN TABLE')
UNION ALL
SELECT key, lower(kind), concat_ws(' ', pg_get_viewdef(c.oid), c.reloptions::text)
FROM wanted JOIN pg_class AS c ON c.oid = wanted.oid AND kind IN ('VIEW', 'MATERIALIZED VIEW')
UNION ALL
SELECT key, 'sequence', concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin,
  seqmax, seqcache, seqcycle)
FROM wanted JOIN pg_sequence ON seqrelid = wanted.oid AND kind = 'SEQUENCE'
UNION ALL
SELECT key, 'column ' || attname, concat_ws(' ', format_type(atttypid, atttypmod),
  CASE WHEN attnotnull THEN 'NOT NULL' END, nullif(attidentity, ''), nullif(attgenerated, ''),
  nullif(attcollation, typcollation)::regcollation, pg_get_expr(adbin, adrelid))
FROM wanted JOIN pg_attribute ON attrelid = wanted.oid AND kind IN ('TABLE', 'FOREIGN TABLE')
  JOIN pg_type AS t ON t.oid = atttypid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT key, CASE contype WHEN 'c' THEN 'check constraint ' WHEN 'f' THEN 'foreign key '
  WHEN 'p' THEN 'primary key ' WHEN 'u' THEN 'unique constraint '
  ELSE 'exclusion constraint ' END || conname, pg_get_constraintdef(o.oid)
FROM wanted JOIN pg_constraint AS o ON conrelid = wanted.oid AND kind IN ('TABLE', 'FOREIGN TABLE')
WHERE contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT key, 'index ' || relname,
  pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
FROM wanted JOIN pg_index ON indrelid = wanted.oid AND kind IN ('TABLE', 'MATERIALIZED VIEW')
  JOIN pg_class AS i ON i.oid = indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint
  WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
UNION ALL
SELECT key, 'trigger ' || tgname, concat_ws(' ', pg_get_triggerdef(g.oid), tgenabled)
FROM wanted JOIN pg_trigger AS g ON tgrelid = wanted.oid AND class = 'pg_class'::regclass
WHERE NOT tgisinternal AND tgparentid = 0
UNION ALL
SELECT key, 'policy ' || polname, concat_ws(' ', polcmd, polpermissive,
  (SELECT string_agg(member::regrole::text, ',' ORDER BY member::regrole::text)
    FROM unnest(polroles) AS member WHERE member <> 0),
  pg_get_expr(polqual, polrelid), '/', pg_get_expr(polwithcheck, polrelid))
FROM wanted JOIN pg_policy ON polrelid = wanted.oid AND class = 'pg_class'::regclass
UNION ALL
SELECT key, 'rule ' || rulename, concat_ws(' ', pg_get_ruledef(r.oid), ev_enabled)
FROM wanted JOIN pg_rewrite AS r ON ev_class = wanted.oid AND class = 'pg_class'::regclass
WHERE rulename <> '_RETURN'
UNION ALL
SELECT key, CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'type' END,
  concat_ws(' ',
    (SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum
      WHERE enumtypid = t.oid),
    CASE WHEN typtype = 'd' THEN concat_ws(' ', format_type(typbasetype, typtypmod), typnotnull,
      typcollation::regcollation, typdefault) END,
    (SELECT string_agg(conname || ' ' || pg_get_constraintdef(o.oid), ',' ORDER BY conname)
      FROM pg_constraint AS o WHERE contypid = t.oid),
    (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum)
      FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped),
    (SELECT rngsubtype::regtype::text FROM pg_range WHERE rngtypid = t.oid))
FROM wanted JOIN pg_type AS t ON t.oid = wanted.oid AND class = 'pg_type'::regclass
UNION ALL
SELECT key, lower(kind), CASE WHEN prokind = 'a' THEN '' ELSE pg_get_functiondef(p.oid) END
FROM wanted JOIN pg_proc AS p ON p.oid = wanted.oid AND class = 'pg_proc'::regclass
UNION ALL
SELECT key, lower(kind), '' FROM wanted WHERE kind IN ('SCHEMA', 'EXTENSION')
""")  # noqa: S608  # ours

# What goes with its table is its table's owner's.
_OWNERS = text(f"""{_WANTED}
SELECT key, kind, schema, name, pg_get_userbyid(owner) AS owner,
  format('ALTER %s %s OWNER TO %I', kind, regexp_replace(key, '^(type|function|schema) ', ''),
    pg_get_userbyid(owner)) AS statement
FROM wanted
WHERE NOT (kind = 'SEQUENCE' AND EXISTS (SELECT FROM pg_depend AS d
    WHERE d.classid = class AND d.objid = wanted.oid AND d.deptype = 'a'))
  AND kind <> 'EXTENSION'
""")  # noqa: S608  # ours

_VERSION_OWNER = text("""
SELECT pg_get_userbyid(relowner) FROM pg_class
WHERE relname = :version_table AND relkind IN ('r', 'p') ORDER BY pg_table_is_visible(oid) DESC
""")

_PUBLIC = text("""
SELECT DISTINCT format('GRANT %s ON SCHEMA public TO %s%s', privilege_type,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
WHERE nspname = 'public' AND grantee <> nspowner ORDER BY 1
""")

# What initdb leaves, which no revision has made.
PUBLIC_AT_FIRST = ("GRANT USAGE ON SCHEMA public TO PUBLIC",)


@dataclass(frozen=True)
class Owned:
    """Hold an object and its owner.

    kind, schema, name: as pg_dump has them. statement: what gives the object to this owner.
    """

    kind: str
    schema: str
    name: str
    owner: str
    statement: str


@dataclass(frozen=True)
class Rights:
    """Hold who owns the objects of a database, and who may do what in its schema public.

    owners: by the key of the object. public: a statement for each privilege of others.
    ordinary: the owner of most objects, of Alembic's own table where two have as many.
    """

    owners: dict[str, Owned]
    public: tuple[str, ...]
    ordinary: str


def read_parts(
    connection: Connection, version_table: str, keys: Collection[str] | None = None
) -> Parts:
    """Return the parts of objects; one that is not there has none.

    connection: in a transaction, of which nothing may be kept: it changes the search_path.
    version_table: the name of Alembic's own, which is left out. keys: of the objects, None for all.
    """
    found: Parts = {}
    for key, part, definition in connection.execute(
        _PARTS, _begin(connection, version_table, keys)
    ):
        found.setdefault(key, {})[part] = part_digest(str(definition))
    return found


def read_rights(connection: Connection, version_table: str) -> Rights:
    """Return who owns what. connection, version_table: as of `read_parts`."""
    version_owner = connection.scalar(_VERSION_OWNER, {"version_table": version_table})
    rows = connection.execute(_OWNERS, _begin(connection, version_table, None))
    owners = {row.key: Owned(*row[1:]) for row in rows}
    count = Counter(one.owner for one in owners.values())
    most = [owner for owner, number in count.items() if number == max(count.values())]
    ordinary = version_owner if version_owner in most or not most else min(most)
    return Rights(owners, tuple(connection.scalars(_PUBLIC)), str(ordinary or ""))


def with_rights(parts: Parts, rights: Rights) -> Parts:
    """Return parts with what revisions say of owners and of the schema public."""
    both = {key: dict(own) for key, own in parts.items()}
    for key, one in rights.owners.items():
        if one.owner != rights.ordinary and key in both:
            both[key][OWNER] = part_digest(one.owner)
    if rights.public != PUBLIC_AT_FIRST:
        both[PUBLIC_SCHEMA] = {GRANTS: part_digest("\n".join(rights.public))}
    return both


def _begin(
    connection: Connection, version_table: str, keys: Collection[str] | None
) -> dict[str, object]:
    """Let a name in a definition have its schema, whoever asks; return the question's values."""
    connection.execute(text("SET LOCAL search_path = pg_catalog"))
    return {"version_table": version_table, "keys": None if keys is None else list(keys)}
