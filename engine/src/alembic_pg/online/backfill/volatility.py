"""An UPDATE that fills a column: whether batches, one after another, give what one statement does.

What a value is made of is asked of the server, which shows an expression with the functions that
it calls as a tree (PostgreSQL, pg_constraint.conbin).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import probe_table
from alembic_pg.sql.lexer import tokens
from alembic_pg.sql.quoting import literal

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import Change

_TREE = """
SELECT conbin::text FROM pg_constraint
WHERE conrelid = to_regclass('pg_temp.ddl_twin') AND conname = 'ddl_twin_value'
"""

# Functions and operators in a tree; what it has beside them that depends on the moment.
_CALL = re.compile(r":(funcid|opfuncid|resultfuncid) (\d+)")
_MOMENT = re.compile(r"\{(SQLVALUEFUNCTION|NEXTVALUEEXPR|CURRENTOFEXPR)\b")

# Which of them depend on more than the row and the settings of the session.
_OTHERS = """
SELECT count(*) FROM pg_proc WHERE oid = ANY (:calls) AND provolatile <> 'i'
  AND NOT (pronamespace = 'pg_catalog'::regnamespace AND (
    proname = ANY (:harmless) OR oid = ANY (:operators)))
"""

# Each row may have another value, whenever it is asked for.
_FRESH = ["gen_random_uuid", "uuidv4", "uuidv7", "random", "nextval"]

# They depend on the settings of a session or on nothing, and see neither a table nor the clock.
_HARMLESS = [
    *("concat", "concat_ws", "format", "to_char", "to_date", "to_timestamp", "date_trunc"),
    *("date_part", "extract", "timezone", "timestamp", "timestamptz", "date", "age"),
    *("to_json", "to_jsonb", "jsonb_build_object", "json_build_object", "array_to_string"),
]

# Of the usual ones, those that are immutable, and what looks like a call.
_IMMUTABLE = [
    *("abs", "ceil", "floor", "round", "trunc", "mod", "coalesce", "nullif", "greatest", "least"),
    *(
        "lower",
        "upper",
        "initcap",
        "length",
        "left",
        "right",
        "lpad",
        "rpad",
        "substr",
        "substring",
    ),
    *("replace", "regexp_replace", "split_part", "trim", "btrim", "ltrim", "rtrim", "md5", "cast"),
]
_SYNTAX = {"AND", "OR", "NOT", "IN", "THEN", "ELSE", "WHEN", "CASE", "ANY", "ALL", "AS"}
_CLOCK = {
    *("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME"),
    *("CURRENT_USER", "SESSION_USER", "USER", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_CATALOG"),
}

# What notices how many statements there are, and on which part of a table: a trigger for each.
_NOTICES = """
WITH RECURSIVE tree AS (
  SELECT CAST(:table AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT EXISTS (SELECT FROM pg_trigger AS g JOIN tree ON tree.oid = tgrelid
  WHERE NOT tgisinternal AND tgtype & 16 > 0 AND tgtype & 1 = 0)
"""

# The time, which is the same from the beginning of a transaction to its end (9.9.5), as a text
# that every session reads alike.
_NOW = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
_TIMES = {
    "CURRENT_TIMESTAMP": "({}::timestamptz)",
    "CURRENT_DATE": "({}::timestamptz::date)",
    "LOCALTIMESTAMP": "({}::timestamptz::timestamp)",
}
_GENERATED = """
SELECT count(*) FROM pg_attribute
WHERE attrelid = :table AND attgenerated <> '' AND NOT attisdropped
"""
_OURS = "SELECT to_regprocedure('now()') = 'pg_catalog.now()'::regprocedure"


def simple(value: str) -> bool:
    """Return whether a value is harmless as its text shows it: for who cannot ask."""
    found = tokens(value)
    calls = [
        token.identifier
        for token, after in itertools.pairwise(found)
        if after.text == "(" and token.identifier and token.keyword not in _SYNTAX
    ]
    qualified = any(token.text == "." for token in found)
    times = any(token.keyword in _CLOCK for token in found)
    return not qualified and not times and set(calls) <= {*_HARMLESS, *_FRESH, *_IMMUTABLE}


def timed(value: str) -> bool:
    """Return whether a value has the time in it, or who asks."""
    return any(token.keyword in {*_CLOCK, "NOW"} for token in tokens(value))


def possible(runner: Runner, shape: Change, table: Relation) -> bool:
    """Return whether nobody can tell batches from one statement."""
    if runner.one(_NOTICES, table=table.oid):
        return False
    return _harmless(runner, _tree(runner, shape.value, table), [*_HARMLESS, *_FRESH])


def steady(runner: Runner, value: str, table: Relation) -> bool:
    """Return whether a value is the same for every session with the same settings.

    It is asked for in a trigger, too, which does not see what PostgreSQL generates.
    """
    if runner.one(_GENERATED, table=table.oid):
        return False
    return _harmless(runner, _tree(runner, value, table), _HARMLESS)


def immutable(runner: Runner, value: str, type_: str, table: Relation) -> bool:
    """Return whether a value depends on the row alone, as a generated column wants it (5.4)."""
    generated = f"GENERATED ALWAYS AS (({probe_table.named(value, table)})::{type_}) STORED"
    kind = type_.partition(" COLLATE ")[0]
    try:
        with probe_table.of(runner, table, probe_table.ALL):
            runner.execute(
                f"ALTER TABLE {probe_table.NAME} ADD COLUMN ddl_twin_value {kind} {generated}"
            )
            return True
    except DBAPIError as error:
        lock_retry.raise_busy(error)
        return False


def _harmless(runner: Runner, tree: str, harmless: list[str]) -> bool:
    """Return whether all functions of a tree are immutable, or harmless."""
    if not tree or _MOMENT.search(tree):
        return False
    calls = [(kind, int(number)) for kind, number in _CALL.findall(tree)]
    operators = [number for kind, number in calls if kind == "opfuncid"]
    numbers = [number for _, number in calls]
    return not runner.one(_OTHERS, calls=numbers, operators=operators, harmless=harmless)


def moment(runner: Runner) -> str:
    """Return the time of now, for at()."""
    return str(runner.one(_NOW))


def at(runner: Runner, shape: Change, moment: str) -> Change:
    """Return a statement that fills a column, in whose value the time is that of a moment."""
    found, parts, end = tokens(shape.value), [], 0
    for at, token in enumerate(found):
        after = [one.text for one in found[at + 1 : at + 3]]
        before = found[at - 1].text if at else ""
        time, last = _TIMES.get(token.keyword, ""), token.end
        if token.identifier == "now" and after == ["(", ")"]:
            time, last = _TIMES["CURRENT_TIMESTAMP"], found[at + 2].end
        elif after[:1] == ["("]:
            time = ""  # of another precision
        if time and before != ".":
            parts += [shape.value[end : token.start], time.format(literal(moment))]
            end = last
    if not parts or not runner.one(_OURS):
        return shape
    value = "".join([*parts, shape.value[end:]])
    return replace(shape, value=value, body=f"SET {shape.fills} = {value}")


def _tree(runner: Runner, value: str, table: Relation) -> str:
    """Return the tree of a value, "" where it may not stand in a CHECK: with a subquery, say."""
    check = f"CHECK (({probe_table.named(value, table)}) IS NOT NULL)"
    try:
        with probe_table.of(runner, table):
            runner.execute(f"ALTER TABLE {probe_table.NAME} ADD CONSTRAINT ddl_twin_value {check}")
            return str(runner.one(_TREE))
    except DBAPIError as error:
        lock_retry.raise_busy(error)
        return ""
