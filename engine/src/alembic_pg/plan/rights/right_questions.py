"""Ask the server by one query each whether the role lacks a right."""

from __future__ import annotations

from alembic_pg.refusals import of_rights
from alembic_pg.sql.required_rights import RightKind


def _owner(column: str) -> str:
    """Return the owner's name; pg_database_owner is nobody who logs in, but stands for one."""
    return f"""quote_ident(pg_get_userbyid(CASE {column} WHEN 'pg_database_owner'::regrole
    THEN (SELECT datdba FROM pg_database WHERE datname = current_database()) ELSE {column} END))
  AS owner, quote_ident(current_user) AS role"""  # noqa: S608  # ours


# One row where the role lacks the right.
_NOT_OWNER = f"""
SELECT c.oid::regclass::text AS name, {_owner("relowner")}
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE c.oid = to_regclass(:name) AND NOT pg_has_role(relowner, 'USAGE')
"""  # noqa: S608  # ours
_NO_PRIVILEGE = f"""
SELECT c.oid::regclass::text AS name, {_owner("relowner")}
FROM pg_class AS c
WHERE oid = to_regclass(:name) AND NOT has_table_privilege(oid, :privilege)
  AND NOT CASE WHEN :privilege IN ('INSERT', 'UPDATE')
    THEN has_any_column_privilege(oid, :privilege) ELSE false END
"""  # noqa: S608  # ours
_NO_CREATE = f"""
SELECT quote_ident(nspname) AS name, {_owner("nspowner")}
FROM pg_namespace, parse_ident(:name) AS parts
WHERE nspname = CASE array_length(parts, 1) WHEN 2 THEN parts[1] ELSE current_schema() END
  AND NOT has_schema_privilege(oid, 'CREATE')
"""  # noqa: S608  # ours
_NOT_OWNER_OF_EXTENSION = f"""
SELECT 'extension ' || quote_ident(extname) AS name, {_owner("extowner")}
FROM pg_extension, parse_ident(:name) AS parts
WHERE extname = parts[1] AND NOT pg_has_role(extowner, 'USAGE')
"""  # noqa: S608  # ours
_NOT_OWNER_OF_SCHEMA = f"""
SELECT 'schema ' || quote_ident(nspname) AS name, {_owner("nspowner")}
FROM pg_namespace, parse_ident(:name) AS parts
WHERE nspname = parts[1] AND NOT pg_has_role(nspowner, 'USAGE')
"""  # noqa: S608  # ours
_NOT_OWNER_OF_TYPE = f"""
SELECT 'type ' || t.oid::regtype::text AS name, {_owner("typowner")}
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace
WHERE t.oid = to_regtype(:name) AND NOT pg_has_role(typowner, 'USAGE')
"""  # noqa: S608  # ours
_NOT_OWNER_OF_ROUTINE = f"""
SELECT 'function ' || p.oid::regprocedure::text AS name, {_owner("proowner")}
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
WHERE p.oid = CASE WHEN :name LIKE '%(%' THEN to_regprocedure(:name) ELSE to_regproc(:name) END
  AND NOT pg_has_role(proowner, 'USAGE')
"""  # noqa: S608  # ours
_NOR_OF_ITS_SCHEMA = " AND NOT pg_has_role(nspowner, 'USAGE')"

# One row where the role seems to lack it; the server may know better, as that of a provider does.
_NO_CREATEROLE = """
SELECT quote_ident(rolname) AS role FROM pg_roles
WHERE rolname = current_user AND NOT (rolsuper OR rolcreaterole)
"""
_NO_EXTENSION = """
SELECT quote_ident(current_user) AS role FROM pg_available_extension_versions AS e
WHERE name = :name AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = name)
  AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)
GROUP BY name
HAVING NOT bool_or(NOT superuser
  OR trusted AND has_database_privilege(current_database(), 'CREATE'))
"""
_NO_CREATE_SCHEMA = """
SELECT quote_ident(current_user) AS role
WHERE NOT has_database_privilege(current_database(), 'CREATE')
"""

ROLE_EXISTS = "SELECT rolname AS role FROM pg_roles WHERE rolname = :name"

# The query, and the refusal of what it finds.
QUESTIONS = {
    RightKind.OWNER: (_NOT_OWNER, of_rights.NOT_OWNER),
    RightKind.DROP: (_NOT_OWNER + _NOR_OF_ITS_SCHEMA, of_rights.NOT_OWNER),
    RightKind.PRIVILEGE: (_NO_PRIVILEGE, of_rights.NO_PRIVILEGE),
    RightKind.CREATE: (_NO_CREATE, of_rights.NO_CREATE),
    RightKind.EXTENSION_OWNER: (_NOT_OWNER_OF_EXTENSION, of_rights.NOT_OWNER),
    RightKind.SCHEMA_OWNER: (_NOT_OWNER_OF_SCHEMA, of_rights.NOT_OWNER),
    RightKind.TYPE_OWNER: (_NOT_OWNER_OF_TYPE, of_rights.NOT_OWNER),
    RightKind.TYPE_DROP: (_NOT_OWNER_OF_TYPE + _NOR_OF_ITS_SCHEMA, of_rights.NOT_OWNER),
    RightKind.ROUTINE_OWNER: (_NOT_OWNER_OF_ROUTINE, of_rights.NOT_OWNER),
    RightKind.ROUTINE_DROP: (_NOT_OWNER_OF_ROUTINE + _NOR_OF_ITS_SCHEMA, of_rights.NOT_OWNER),
    RightKind.ROLE: (_NO_CREATEROLE, of_rights.NO_CREATEROLE),
    RightKind.EXTENSION: (_NO_EXTENSION, of_rights.NO_EXTENSION),
    RightKind.SCHEMA: (_NO_CREATE_SCHEMA, of_rights.NO_CREATE_SCHEMA),
}

# Of these, the server is asked by the statement itself, too.
OF_SERVER = {RightKind.ROLE, RightKind.EXTENSION, RightKind.SCHEMA}
