"""Return what goes with the objects that a statement drops with CASCADE, as statements of its own.

A statement does not say that: pg_depend has it (PostgreSQL, 5.15 and 51.18).
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.sql import plpgsql, session_statements, split
from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Row

    from alembic_pg.database.session import Session
    from alembic_pg.sql.cursor import Cursor

# What begins a chain, by what stands after DROP: how it is found by the values in braces.
_RELATION = "SELECT 'pg_class'::regclass::oid, to_regclass({name})::oid, 0"
_TYPE = "SELECT 'pg_type'::regclass::oid, to_regtype({name})::oid, 0"
_COLLATION = "SELECT 'pg_collation'::regclass::oid, to_regcollation({name})::oid, 0"
_SCHEMA = "SELECT 'pg_namespace'::regclass::oid, to_regnamespace({name})::oid, 0"
_EXTENSION = "SELECT 'pg_extension'::regclass::oid, oid, 0 FROM pg_extension WHERE extname = {last}"
_SERVER = """SELECT 'pg_foreign_server'::regclass::oid, oid, 0 FROM pg_foreign_server
WHERE srvname = {last}"""
_ROUTINE = ""  # by its name and the types of its arguments
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
    "COLLATION": _COLLATION,
    "SCHEMA": _SCHEMA,
    "EXTENSION": _EXTENSION,
    "SERVER": _SERVER,
}
_COLUMN = """SELECT 'pg_class'::regclass::oid, attrelid, attnum::int FROM pg_attribute
WHERE attrelid = to_regclass({name}) AND attname = {last} AND attnum > 0"""
_CONSTRAINT = """SELECT 'pg_constraint'::regclass::oid, oid, 0 FROM pg_constraint
WHERE conrelid = to_regclass({name}) AND conname = {last}"""
_BY_OID = "SELECT 'pg_proc'::regclass::oid, {oid}::oid, 0"

# The only routine of a name, where its arguments have names or are not written.
_ONLY_ROUTINE = """
SELECT min(oid::bigint) FROM pg_proc WHERE proname = :last AND CASE :schema
  WHEN '' THEN pg_function_is_visible(oid)
  ELSE :schema = (SELECT nspname FROM pg_namespace AS n WHERE n.oid = pronamespace) END
HAVING count(*) = 1
"""

# What depends on something goes with it; what is a part of another object takes that along: the
# rule of a view, the expression of a generated column. A column goes from the partitions, too.
_FOLLOWING = """
WITH RECURSIVE goes (classid, objid, objsubid) AS (
  ({starts})
  UNION
  SELECT found.* FROM goes JOIN LATERAL (
    SELECT classid, objid, objsubid FROM pg_depend AS d
    WHERE d.refclassid = goes.classid AND d.refobjid = goes.objid
      AND goes.objsubid IN (0, d.refobjsubid)
    UNION ALL
    SELECT refclassid, refobjid, refobjsubid FROM pg_depend AS d
    WHERE d.classid = goes.classid AND d.objid = goes.objid AND d.deptype = 'i'
      AND goes.objsubid IN (0, d.objsubid)
    UNION ALL
    SELECT goes.classid, inhrelid, child.attnum::int
    FROM pg_inherits JOIN pg_attribute AS child ON child.attrelid = inhrelid
      JOIN pg_attribute AS own ON own.attrelid = inhparent AND own.attname = child.attname
    WHERE goes.classid = 'pg_class'::regclass AND goes.objsubid > 0 AND inhparent = goes.objid
      AND own.attnum = goes.objsubid AND child.attinhcount = 1 AND NOT child.attislocal
  ) AS found ON true
)
SELECT type, object_names AS names, object_args AS arguments
FROM goes CROSS JOIN LATERAL pg_identify_object_as_address(classid, objid, objsubid)
WHERE objid IS NOT NULL AND type IN ({types}) AND object_names[1] <> 'pg_toast'
  AND NOT (type = 'rule' AND object_names[3] = '_RETURN')
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgisinternal
    AND classid = 'pg_trigger'::regclass AND oid = objid)
ORDER BY 1, 2
"""

_OF_RELATION = {
    "table column": "ALTER TABLE {name} DROP COLUMN {part}",
    "foreign table column": "ALTER FOREIGN TABLE {name} DROP COLUMN {part}",
    "table constraint": "ALTER TABLE {name} DROP CONSTRAINT {part}",
    "default value": "ALTER TABLE {name} ALTER COLUMN {part} DROP DEFAULT",
    "trigger": "DROP TRIGGER {part} ON {name}",
    "policy": "DROP POLICY {part} ON {name}",
    "rule": "DROP RULE {part} ON {name}",
    "view column": "DROP VIEW {name}",
    "materialized view column": "DROP MATERIALIZED VIEW {name}",
}
_RELATIONS = ("view", "materialized view", "table", "foreign table")
_WHOLE = (*_RELATIONS, "sequence", "index", "function", "procedure", "aggregate")
_PUBLISHED = "publication relation"

# More names than anybody writes; each is a part of one question.
_MOST_NAMES = 500


def drops_that_follow(session: Session, sql: str) -> list[str]:
    """Return what would drop by themselves the objects that go with those of a text's statements.

    None of a statement without CASCADE. What belongs to a table or view that goes is left out, and
    so are types.
    """
    starts = [
        start
        for one in plpgsql.all_statements(sql)
        if session_statements.drops_with_cascade(one)
        for start in _starts(session, split.first_statement(one))
    ]
    if not 0 < len(starts) <= _MOST_NAMES:
        return []
    values: dict[str, Any] = {}
    number, parts = count(), []
    for form, found in starts:
        marks = {key: f"{key}_{next(number)}" for key in found}
        values |= {marks[key]: value for key, value in found.items()}
        parts.append(form.format(**{key: f"cast(:{mark} AS text)" for key, mark in marks.items()}))
    types = ", ".join(f"'{one}'" for one in (*_WHOLE, *_OF_RELATION, _PUBLISHED))
    query = _FOLLOWING.format(starts=" UNION ".join(parts), types=types)
    return list(dict.fromkeys(_drops(session.fetch_rows(query, **values))))


def _drops(rows: Iterable[Row[Any]]) -> Iterator[str]:
    """Yield what drops each of some objects, but for what belongs to one of them."""
    found = list(rows)
    gone = {tuple(row.names) for row in found if row.type in _RELATIONS}
    for row in found:
        whole = tuple(row.names) if row.type in (*_WHOLE, _PUBLISHED) else tuple(row.names[:-1])
        name = quote_name(*whole)
        if row.type in _WHOLE:
            yield f"DROP {row.type.upper()} {name}"
        elif whole in gone:
            continue
        elif row.type == _PUBLISHED:
            yield f"ALTER PUBLICATION {quote_name(*row.arguments)} DROP TABLE {name}"
        else:
            yield _OF_RELATION[row.type].format(name=name, part=quote_name(row.names[-1]))


def _starts(session: Session, cursor: Cursor) -> list[tuple[str, dict[str, str]]]:
    """Return how to find each object that a statement names, and the values for that.

    None of what drops nothing, or cannot be read.
    """
    try:
        if cursor.accept("ALTER", "TABLE"):
            return [*_starts_in_table(cursor)]
        return [*_dropped_objects(session, cursor)] if cursor.accept("DROP") else []
    except UnrecognizedError:
        return []


def _starts_in_table(cursor: Cursor) -> Iterator[tuple[str, dict[str, str]]]:
    cursor.accept("IF", "EXISTS")
    table = cursor.relation_text()[0]
    for action in cursor.split_commas():
        kind = action.accept_any("DROP CONSTRAINT", "DROP COLUMN", "DROP")
        action.accept("IF", "EXISTS")
        part = action.identifier() if kind else ""
        if part and action.accept("CASCADE"):
            form = _CONSTRAINT if kind == "DROP CONSTRAINT" else _COLUMN
            yield form, {"name": table, "last": part}


def _dropped_objects(session: Session, cursor: Cursor) -> Iterator[tuple[str, dict[str, str]]]:
    kind = cursor.accept_any(*_STARTS)
    cursor.accept("IF", "EXISTS")
    for named in cursor.split_commas() if kind else ():
        named.default_schema = ""
        name = named.name_text()
        named.position = 0
        schema, last = named.qualified_name()
        form = _STARTS[kind]
        if form == _ROUTINE:
            oid = _routine(session, named, (schema, last))
            form, values = _BY_OID, {"oid": str(oid)}
            if oid is None:
                continue
        else:
            values = {"name": name, "last": last, "schema": schema}
        yield form, {key: value for key, value in values.items() if f"{{{key}}}" in form}


def _routine(session: Session, named: Cursor, name: tuple[str, str]) -> int | None:
    """Return which routine a statement names, None where that is not certain.

    named: stands after the name.
    """
    start = named.position
    named.skip_brackets()
    if named.position > start:
        signature = named.sql[named.tokens[0].start : named.tokens[named.position - 1].end]
        try:
            with session.undone_at_end():
                found = session.first_value("SELECT to_regprocedure(:f)::oid::bigint", f=signature)
                return None if found is None else int(found)
        except DBAPIError:
            pass  # its arguments have names, say
    found = session.first_value(_ONLY_ROUTINE, schema=name[0], last=name[1])
    return None if found is None else int(found)
