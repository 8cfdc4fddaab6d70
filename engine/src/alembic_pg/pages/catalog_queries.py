"""Hold the questions to the catalog, one for each kind of object, whatever the number of tables.

What belongs to an extension is left out, and what PostgreSQL has itself.
"""

from __future__ import annotations

_OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"


def _no_extension(catalog: str, oid: str) -> str:
    return (
        f"NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.classid = '{catalog}'::regclass "  # ours
        f"AND e.objid = {oid} AND e.deptype = 'e')"
    )


# Definitions are printed with the schema of a name only where that is another one.
PREPARE = "SET LOCAL search_path TO public; SET LOCAL quote_all_identifiers TO off"

SERVER = "SELECT current_setting('server_version_num')::int AS version, current_user::text AS role"

RELATIONS = f"""
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
  coalesce(obj_description(c.oid, 'pg_class'), '') AS comment, r.rolname AS owner,
  c.relpersistence::text AS persistence, c.relrowsecurity AS guarded,
  c.relforcerowsecurity AS forced, c.reloptions AS options, c.reltuples::bigint AS rows,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) ELSE '' END AS definition,
  CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) ELSE '' END AS partitioned_by,
  CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid END AS root,
  coalesce(pg_get_expr(c.relpartbound, c.oid), '') AS bound,
  ARRAY(SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid ORDER BY inhseqno) AS parents,
  CASE WHEN :live AND c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid) END AS bytes
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_roles AS r ON r.oid = c.relowner
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_OURS} AND {_no_extension("pg_class", "c.oid")}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""  # noqa: S608  # ours

COLUMNS = f"""
SELECT a.attrelid AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AS not_null, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS default,
  a.attidentity::text AS identity, a.attgenerated::text AS generated,
  CASE WHEN a.attcollation <> t.typcollation THEN l.collname ELSE '' END AS collation,
  coalesce(col_description(a.attrelid, a.attnum), '') AS comment,
  coalesce(nullif(t.typelem, 0), t.oid) AS element
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition AND a.attnum > 0
  AND NOT a.attisdropped AND {_OURS}
ORDER BY a.attrelid, a.attnum
"""  # noqa: S608

CONSTRAINTS = f"""
SELECT o.conrelid AS oid, o.conname AS name, o.contype::text AS kind,
  pg_get_constraintdef(o.oid) AS definition, nullif(o.confrelid, 0) AS refers_to,
  o.convalidated AS valid, coalesce(obj_description(o.oid, 'pg_constraint'), '') AS comment,
  ARRAY(SELECT attname::text FROM unnest(o.conkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute ON attrelid = o.conrelid AND attnum = number ORDER BY place) AS columns,
  ARRAY(SELECT attname::text FROM unnest(o.confkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute ON attrelid = o.confrelid AND attnum = number ORDER BY place) AS to_columns
FROM pg_constraint AS o JOIN pg_class AS c ON c.oid = o.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE o.contype IN ('p', 'u', 'f', 'c', 'x') AND NOT c.relispartition AND o.conparentid = 0
  AND {_OURS}
ORDER BY position(o.contype::text IN 'pufxc'), o.conname COLLATE "C"
"""  # noqa: S608

INDEXES = f"""
SELECT i.indrelid AS oid, x.relname AS name, pg_get_indexdef(x.oid, 0, true) AS definition,
  i.indisvalid AS valid, coalesce(obj_description(x.oid, 'pg_class'), '') AS comment
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
  JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT c.relispartition AND {_OURS}
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.oid AND contype IN ('p', 'u', 'x'))
ORDER BY x.relname COLLATE "C"
"""  # noqa: S608

TRIGGERS = f"""
SELECT t.tgrelid AS oid, t.tgname AS name, pg_get_triggerdef(t.oid, true) AS definition,
  t.tgenabled::text AS enabled, t.tgfoid AS function,
  coalesce(obj_description(t.oid, 'pg_trigger'), '') AS comment
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND NOT c.relispartition AND {_OURS}
ORDER BY t.tgname COLLATE "C"
"""  # noqa: S608

POLICIES = f"""
SELECT p.polrelid AS oid, p.polname AS name, p.polpermissive AS permissive,
  p.polcmd::text AS command, coalesce(pg_get_expr(p.polqual, p.polrelid), '') AS using,
  coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') AS checks,
  coalesce(obj_description(p.oid, 'pg_policy'), '') AS comment,
  ARRAY(SELECT coalesce(r.rolname::text, 'PUBLIC') FROM unnest(p.polroles) AS u (role)
    LEFT JOIN pg_roles AS r ON r.oid = u.role ORDER BY 1) AS roles
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_OURS}
ORDER BY p.polname COLLATE "C"
"""  # noqa: S608

# What an owner may do is left out. column: "" for all.
GRANTS = """
SELECT a.catalog, a.oid, a.column, coalesce(g.rolname::text, 'PUBLIC') AS role,
  string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
    ', ' ORDER BY x.privilege_type) AS privileges
FROM (
  SELECT 'relation' AS catalog, oid, '' AS column, relowner AS owner, relacl AS acl FROM pg_class
  UNION ALL SELECT 'relation', attrelid, attname, c.relowner, attacl
    FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
  UNION ALL SELECT 'function', oid, '', proowner, proacl FROM pg_proc
  UNION ALL SELECT 'namespace', oid, '', nspowner, nspacl FROM pg_namespace
) AS a, aclexplode(a.acl) AS x LEFT JOIN pg_roles AS g ON g.oid = x.grantee
WHERE (a.oid >= 16384 OR a.catalog = 'namespace') AND x.grantee <> a.owner
GROUP BY a.catalog, a.oid, a.column, g.rolname
ORDER BY a.catalog, a.oid, a.column COLLATE "C", coalesce(g.rolname::text, 'PUBLIC') COLLATE "C"
"""

FUNCTIONS = f"""
SELECT p.oid, n.nspname AS schema, p.proname AS name, p.prokind::text AS kind,
  pg_get_function_identity_arguments(p.oid) AS arguments,
  coalesce(pg_get_function_result(p.oid), '') AS result, l.lanname AS language,
  coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment, r.rolname AS owner,
  CASE WHEN p.prokind = 'a' THEN '' ELSE pg_get_functiondef(p.oid) END AS definition,
  p.prosrc AS body
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_language AS l ON l.oid = p.prolang JOIN pg_roles AS r ON r.oid = p.proowner
WHERE {_OURS} AND {_no_extension("pg_proc", "p.oid")}
  AND NOT EXISTS (SELECT FROM pg_depend AS d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C",
  pg_get_function_identity_arguments(p.oid) COLLATE "C"
"""  # noqa: S608

# Who uses what: a view, a function's body, a default, a check, an index, a policy, a trigger.
DEPENDENCIES = """
SELECT DISTINCT user_kind, user_oid, CASE refclassid WHEN 'pg_class'::regclass THEN 'relation'
  WHEN 'pg_proc'::regclass THEN 'function' ELSE 'type' END AS kind, refobjid AS oid
FROM pg_depend AS d CROSS JOIN LATERAL (
  SELECT 'relation' AS user_kind, ev_class AS user_oid FROM pg_rewrite
    WHERE d.classid = 'pg_rewrite'::regclass AND oid = d.objid
  UNION ALL SELECT 'function', d.objid WHERE d.classid = 'pg_proc'::regclass
  UNION ALL SELECT 'relation', adrelid FROM pg_attrdef
    WHERE d.classid = 'pg_attrdef'::regclass AND oid = d.objid
  UNION ALL SELECT 'relation', conrelid FROM pg_constraint
    WHERE d.classid = 'pg_constraint'::regclass AND oid = d.objid AND contype = 'c'
  UNION ALL SELECT 'relation', indrelid FROM pg_index
    WHERE d.classid = 'pg_class'::regclass AND indexrelid = d.objid
  UNION ALL SELECT 'relation', polrelid FROM pg_policy
    WHERE d.classid = 'pg_policy'::regclass AND oid = d.objid
  UNION ALL SELECT 'relation', tgrelid FROM pg_trigger
    WHERE d.classid = 'pg_trigger'::regclass AND oid = d.objid AND NOT tgisinternal
  UNION ALL SELECT 'relation', d.objid WHERE d.classid = 'pg_class'::regclass
) AS who
WHERE d.deptype IN ('n', 'a') AND d.refobjid >= 16384 AND d.refobjid <> user_oid
  AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
"""

TYPES = f"""
SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, t.typnotnull,
  coalesce(obj_description(t.oid, 'pg_type'), '') AS comment, t.typarray AS array_type,
  CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE '' END AS base,
  coalesce(t.typdefault, '') AS default,
  ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
    AS labels,
  ARRAY(SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contypid = t.oid AND contype = 'c' ORDER BY conname COLLATE "C") AS checks,
  ARRAY(SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = nullif(t.typrelid, 0) AND attnum > 0 AND NOT attisdropped ORDER BY attnum)
    AS fields,
  (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid) AS range_of
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
  LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE {_OURS} AND {_no_extension("pg_type", "t.oid")}
  AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"
"""  # noqa: S608

SEQUENCES = f"""
SELECT n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type,
  s.seqstart AS start, s.seqincrement AS increment, s.seqcycle AS cycle,
  coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
FROM pg_sequence AS s JOIN pg_class AS c ON c.oid = s.seqrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_OURS} AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
  AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""  # noqa: S608

EXTENSIONS = """
SELECT e.extname AS name, n.nspname AS schema, e.extversion AS version,
  coalesce(obj_description(e.oid, 'pg_extension'), '') AS comment
FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY e.extname COLLATE "C"
"""

NAMESPACES = f"""
SELECT n.oid, n.nspname AS name, r.rolname AS owner,
  coalesce(obj_description(n.oid, 'pg_namespace'), '') AS comment
FROM pg_namespace AS n JOIN pg_roles AS r ON r.oid = n.nspowner
WHERE {_OURS} AND {_no_extension("pg_namespace", "n.oid")}
ORDER BY n.nspname COLLATE "C"
"""  # noqa: S608

# What has no page and no question of its own, as PostgreSQL names it. Options of servers and user
# mappings may be passwords: they are not asked for.
OTHERS = """
WITH found (catalog, oid, details) AS (
  SELECT 'pg_rewrite'::regclass, oid, pg_get_ruledef(oid, true)
  FROM pg_rewrite WHERE rulename <> '_RETURN'
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, pg_get_statisticsobjdef(oid)
  FROM pg_statistic_ext
  UNION ALL SELECT 'pg_event_trigger'::regclass, oid, concat_ws(' ', 'on', evtevent,
    '(' || array_to_string(evttags, ', ') || ')', 'calls', evtfoid::regproc || '()')
  FROM pg_event_trigger
  UNION ALL SELECT 'pg_publication'::regclass, p.oid, concat_ws(', ',
    CASE WHEN puballtables THEN 'all tables' END,
    (SELECT string_agg(prrelid::regclass::text, ', ' ORDER BY prrelid::regclass::text COLLATE "C")
     FROM pg_publication_rel WHERE prpubid = p.oid),
    (SELECT string_agg(format('all tables of the schema %s', nspname), ', ' ORDER BY nspname)
     FROM pg_publication_namespace JOIN pg_namespace AS n ON n.oid = pnnspid
     WHERE pnpubid = p.oid)) || ': ' || concat_ws(', ',
    CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
    CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END)
  FROM pg_publication AS p
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, '' FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'pg_foreign_server'::regclass, s.oid, 'by ' || fdwname
  FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = srvfdw
  UNION ALL SELECT 'pg_user_mapping'::regclass, umid, '' FROM pg_user_mappings
  UNION ALL SELECT 'pg_collation'::regclass, oid, concat_ws(' ',
    CASE collprovider WHEN 'i' THEN 'ICU' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'built in' END,
    coalesce(j ->> 'collcollate', j ->> 'colllocale', j ->> 'colliculocale'))
  FROM pg_collation AS c, to_jsonb(c) AS j
  UNION ALL SELECT 'pg_conversion'::regclass, oid, format('from %s to %s',
    pg_encoding_to_char(conforencoding), pg_encoding_to_char(contoencoding)) FROM pg_conversion
  UNION ALL SELECT 'pg_ts_config'::regclass, c.oid, 'parser ' || prsname
  FROM pg_ts_config AS c JOIN pg_ts_parser AS p ON p.oid = cfgparser
  UNION ALL SELECT 'pg_ts_dict'::regclass, d.oid, concat_ws(', ', tmplname, dictinitoption)
  FROM pg_ts_dict AS d JOIN pg_ts_template AS t ON t.oid = dicttemplate
  UNION ALL SELECT 'pg_ts_parser'::regclass, oid, '' FROM pg_ts_parser
  UNION ALL SELECT 'pg_ts_template'::regclass, oid, '' FROM pg_ts_template
  UNION ALL SELECT 'pg_operator'::regclass, oid, 'calls ' || oprcode FROM pg_operator
  UNION ALL SELECT 'pg_opclass'::regclass, oid, 'for ' || opcintype::regtype FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, '' FROM pg_opfamily
  UNION ALL SELECT 'pg_cast'::regclass, oid,
    CASE WHEN castfunc <> 0 THEN 'calls ' || castfunc::regproc ELSE '' END FROM pg_cast
  UNION ALL SELECT 'pg_transform'::regclass, oid, '' FROM pg_transform
  UNION ALL SELECT 'pg_language'::regclass, oid, '' FROM pg_language
  UNION ALL SELECT 'pg_am'::regclass, oid, '' FROM pg_am
  UNION ALL SELECT 'pg_default_acl'::regclass, oid, (SELECT string_agg(format('%s to %s',
    privilege_type, coalesce(r.rolname, 'PUBLIC')), ', ' ORDER BY r.rolname, privilege_type)
    FROM aclexplode(defaclacl) AS g LEFT JOIN pg_roles AS r ON r.oid = g.grantee
    WHERE g.grantee <> defaclrole)
  FROM pg_default_acl)
SELECT i.type AS kind, i.identity AS name, coalesce(details, '') AS details,
  coalesce(obj_description(oid, catalog::text), '') AS comment
FROM found, pg_identify_object(catalog, oid, 0) AS i
WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend AS e
  WHERE e.classid = catalog AND e.objid = oid AND e.deptype = 'e')
ORDER BY i.type COLLATE "C", i.identity COLLATE "C"
"""

ROLES = """
SELECT r.rolname AS name, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolcanlogin,
  r.rolbypassrls, r.rolreplication,
  ARRAY(SELECT g.rolname::text FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid
    WHERE m.member = r.oid AND g.rolname = ANY (:names) ORDER BY 1) AS member_of
FROM pg_roles AS r WHERE r.rolname = ANY (:names) ORDER BY r.rolname COLLATE "C"
"""
