"""Name what is never compared and yet was changed: the database as a whole, Alembic's own table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

# Their values may be secrets.
_SETTINGS = text("""
SELECT split_part(setting, '=', 1) ||
  CASE WHEN setrole = 0 THEN '' ELSE ' of ' || quote_ident(pg_get_userbyid(setrole)) END
FROM pg_db_role_setting, unnest(setconfig) AS setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1
""")

# PUBLIC has the first two of its own accord.
_OF_DATABASE = text("""
WITH own AS (SELECT * FROM pg_database WHERE datname = current_database())
SELECT 'its comment' FROM own WHERE shobj_description(oid, 'pg_database') IS NOT NULL
  AND shobj_description(oid, 'pg_database') <> 'default administrative connection database'
UNION ALL
SELECT format('%s to %s', string_agg(privilege_type, ', ' ORDER BY privilege_type),
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM own, aclexplode(datacl) WHERE grantee <> datdba
  AND NOT (grantee = 0 AND privilege_type IN ('CONNECT', 'TEMPORARY')) GROUP BY grantee
UNION ALL
SELECT format('%s from PUBLIC', string_agg(privilege, ', '))
FROM own, unnest(ARRAY['CONNECT', 'TEMPORARY']) AS privilege
WHERE NOT EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
  WHERE grantee = 0 AND privilege_type = privilege) HAVING count(*) > 0
""")

# Who only reads it may be whoever looks for drift.
_OF_VERSION_TABLE = text("""
WITH own AS (SELECT * FROM pg_class WHERE oid = to_regclass(:version_table))
SELECT 'column ' || quote_ident(attname) FROM own JOIN pg_attribute ON attrelid = own.oid
WHERE attnum > 0 AND NOT attisdropped AND attname <> 'version_num'
UNION ALL
SELECT 'constraint ' || quote_ident(conname) FROM own JOIN pg_constraint ON conrelid = own.oid
WHERE contype NOT IN ('p', 'n')
UNION ALL
SELECT 'index ' || i.indexrelid::regclass FROM own JOIN pg_index AS i ON i.indrelid = own.oid
WHERE NOT indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND conrelid = own.oid)
UNION ALL
SELECT 'trigger ' || quote_ident(tgname) FROM own JOIN pg_trigger ON tgrelid = own.oid
WHERE NOT tgisinternal
UNION ALL
SELECT 'row level security' FROM own WHERE relrowsecurity
UNION ALL
SELECT format('%s to %s', string_agg(privilege_type, ', ' ORDER BY privilege_type),
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM own, aclexplode(relacl)
WHERE grantee <> relowner AND privilege_type <> 'SELECT' GROUP BY grantee
""")


def not_compared(connection: Connection, version_table: str) -> Iterator[str]:
    """Yield a sentence for each kind of thing that was changed and is not compared.

    connection: in a transaction. version_table: Alembic's own, as a statement names it.
    """
    if settings := ", ".join(connection.scalars(_SETTINGS)):
        yield f"Not compared: settings of the database ({settings})."
    if notes := ", ".join(connection.scalars(_OF_DATABASE)):
        yield f"Not compared: what is by hand on the database itself ({notes})."
    own = connection.scalars(_OF_VERSION_TABLE, {"version_table": version_table})
    if changes := ", ".join(own):
        yield f"Not compared: what is by hand on {version_table} ({changes})."
