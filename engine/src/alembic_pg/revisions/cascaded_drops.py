"""Return what goes with the objects that a statement drops with CASCADE, as statements of its own.

A statement does not say that: pg_depend has it (PostgreSQL, 5.15 and 51.18).
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from alembic_pg.sql import split
from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.session import Session
    from alembic_pg.sql.cursor import Cursor

# What begins a chain, by what stands after DROP. Of functions with one name, any may be meant.
_RELATION = "SELECT 'pg_class'::regclass::oid, to_regclass({name})::oid, 0"
_TYPE = "SELECT 'pg_type'::regclass::oid, to_regtype({name})::oid, 0"
_ROUTINE = """SELECT 'pg_proc'::regclass::oid, oid, 0 FROM pg_proc
WHERE proname = {last} AND CASE {schema} WHEN '' THEN pg_function_is_visible(oid)
  ELSE {schema} = (SELECT nspname FROM pg_namespace AS n WHERE n.oid = pronamespace) END"""
_SCHEMA = "SELECT 'pg_namespace'::regclass::oid, to_regnamespace({name})::oid, 0"
_STARTS = {
    "MATERIALIZED VIEW": _RELATION,
    "FOREIGN TABLE": _RELATION,
    "VIEW": _RELATION,
    "TABLE": _RELATION,
    "SEQUENCE": _RELATION,
    "INDEX": _RELATION,
    "FUNCTION": _ROUTINE,
    "PROCEDURE": _ROUTINE,
    "AGGREGATE": _ROUTINE,
    "ROUTINE": _ROUTINE,
    "TYPE": _TYPE,
    "DOMAIN": _TYPE,
    "SCHEMA": _SCHEMA,
}
_COLUMN = """SELECT 'pg_class'::regclass::oid, attrelid, attnum::int FROM pg_attribute
WHERE attrelid = to_regclass({name}) AND attname = {last} AND attnum > 0"""
_CONSTRAINT = """SELECT 'pg_constraint'::regclass::oid, oid, 0 FROM pg_constraint
WHERE conrelid = to_regclass({name}) AND conname = {last}"""

# What depends on something goes with it; what is a part of another object takes that along: the
# rule of a view, the expression of a generated column.
_FOLLOWING = """
WITH RECURSIVE goes (classid, objid, objsubid) AS (
  {starts}
  UNION
  SELECT found.* FROM goes JOIN LATERAL (
    SELECT classid, objid, objsubid FROM pg_depend AS d
    WHERE d.refclassid = goes.classid AND d.refobjid = goes.objid
      AND goes.objsubid IN (0, d.refobjsubid)
    UNION ALL
    SELECT refclassid, refobjid, refobjsubid FROM pg_depend AS d
    WHERE d.classid = goes.classid AND d.objid = goes.objid AND d.deptype = 'i'
      AND goes.objsubid IN (0, d.objsubid)
  ) AS found ON true
)
SELECT type, object_names AS names
FROM goes CROSS JOIN LATERAL pg_identify_object_as_address(classid, objid, objsubid)
WHERE objid IS NOT NULL AND type IN ({types}) AND object_names[1] <> 'pg_toast'
  AND NOT (type = 'rule' AND object_names[3] = '_RETURN')
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgisinternal
    AND classid = 'pg_trigger'::regclass AND oid = objid)
ORDER BY 1, 2
"""

_TYPES = {
    "view": "DROP VIEW {name}",
    "view column": "DROP VIEW {name}",
    "materialized view": "DROP MATERIALIZED VIEW {name}",
    "materialized view column": "DROP MATERIALIZED VIEW {name}",
    "table": "DROP TABLE {name}",
    "sequence": "DROP SEQUENCE {name}",
    "index": "DROP INDEX {name}",
    "table column": "ALTER TABLE {name} DROP COLUMN {part}",
    "table constraint": "ALTER TABLE {name} DROP CONSTRAINT {part}",
    "default value": "ALTER TABLE {name} ALTER COLUMN {part} DROP DEFAULT",
    "trigger": "DROP TRIGGER {part} ON {name}",
    "policy": "DROP POLICY {part} ON {name}",
    "rule": "DROP RULE {part} ON {name}",
}


def drops_that_follow(session: Session, sql: str) -> list[str]:
    """Return what would drop by themselves the objects that go with those of a statement.

    None of a statement without CASCADE, and none of routines and types, which nothing asks for.
    """
    cursor = split.first_statement(sql)
    if not any(token.keyword == "CASCADE" for token in cursor.tokens):
        return []
    try:
        starts = list(_starts(cursor))
    except UnrecognizedError:
        return []
    if not starts:
        return []
    number = count()
    values: dict[str, Any] = {}
    parts = []
    for form, names in starts:
        marks = {key: f"{key}_{next(number)}" for key in names}
        values |= {marks[key]: value for key, value in names.items()}
        parts.append(form.format(**{key: f"cast(:{mark} AS text)" for key, mark in marks.items()}))
    types = ", ".join(f"'{one}'" for one in _TYPES)
    query = _FOLLOWING.format(starts=f"({' UNION '.join(parts)})", types=types)
    return list(dict.fromkeys(map(_drop, session.fetch_rows(query, **values))))


def _drop(row: Any) -> str:  # noqa: ANN401  # a row
    form = _TYPES[row.type]
    has_part = "{part}" in form or row.type.endswith("column")
    schema_and_name = row.names[:-1] if has_part else row.names
    return form.format(name=quote_name(*schema_and_name), part=quote_name(row.names[-1]))


def _starts(cursor: Cursor) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield how to find each object that a statement names, and the names for that.

    Raises UnrecognizedError where it is none that drops something.
    """
    if cursor.accept("ALTER", "TABLE"):
        cursor.accept("IF", "EXISTS")
        table = cursor.relation_text()[0]
        for action in cursor.split_commas():
            kind = action.accept_any("DROP CONSTRAINT", "DROP COLUMN", "DROP")
            action.accept("IF", "EXISTS")
            part = action.identifier() if kind else ""
            if part and action.accept("CASCADE"):
                form = _CONSTRAINT if kind == "DROP CONSTRAINT" else _COLUMN
                yield form, {"name": table, "last": part}
        return
    cursor.expect("DROP")
    kind = cursor.accept_any(*_STARTS)
    cursor.accept("IF", "EXISTS")
    for named in cursor.split_commas() if kind else ():
        named.default_schema = ""
        name = named.name_text()
        named.position = 0
        schema, last = named.qualified_name()
        form = _STARTS[kind]
        names = {"name": name, "last": last, "schema": schema}
        yield form, {key: value for key, value in names.items() if f"{{{key}}}" in form}
