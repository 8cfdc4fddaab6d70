"""Tell whether an UPDATE that fills a column gives the same values in batches as in one statement.

The server is asked for the functions that a value calls: it shows an expression as a tree
(PostgreSQL, pg_constraint.conbin).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.run import probe_table
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor
    from alembic_pg.sql.statements import UpdateOrDelete

# Of a whole row, the number of the column is 0.
_EXPRESSION = """
SELECT conbin::text AS tree, EXISTS (
  SELECT FROM unnest(conkey) AS key
    LEFT JOIN pg_attribute AS p ON p.attrelid = conrelid AND p.attnum = key
    JOIN pg_attribute AS a ON a.attrelid = :table AND NOT a.attisdropped
      AND (a.attname = p.attname OR key = 0)
  WHERE a.attgenerated <> '') AS reads_generated
FROM pg_constraint
WHERE conrelid = to_regclass('pg_temp.ddl_probe') AND conname = 'ddl_probe_value'
"""

# Functions and operators in a tree; what it has beside them that depends on the moment.
_FUNCTION_CALL = re.compile(r":(funcid|opfuncid|resultfuncid) (\d+)")
_CONTEXT_NODE = re.compile(r"\{(SQLVALUEFUNCTION|NEXTVALUEEXPR|CURRENTOFEXPR)\b")

# Which of them depend on more than the row and the settings of the session.
_VOLATILE_COUNT = """
SELECT count(*) FROM pg_proc WHERE oid = ANY (:calls) AND provolatile <> 'i'
  AND NOT (pronamespace = 'pg_catalog'::regnamespace AND (
    proname = ANY (:harmless) OR oid = ANY (:operators)))
"""

# Each row may have another value, whenever it is asked for.
_PER_ROW_FUNCTIONS = ["gen_random_uuid", "uuidv4", "uuidv7", "random", "nextval"]

# They depend on the settings of a session or on nothing, and see neither a table nor the clock.
_STABLE_FUNCTIONS = [
    *("concat", "concat_ws", "format", "to_char", "to_date", "to_timestamp", "date_trunc"),
    *("date_part", "extract", "timezone", "timestamp", "timestamptz", "date", "age"),
    *("to_json", "to_jsonb", "jsonb_build_object", "json_build_object", "array_to_string"),
]

# Of the usual ones, those that are immutable, and what looks like a call.
_IMMUTABLE_FUNCTIONS = [
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
_NOT_FUNCTIONS = {"AND", "OR", "NOT", "IN", "THEN", "ELSE", "WHEN", "CASE", "ANY", "ALL", "AS"}
_CLOCK_KEYWORDS = {
    *("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME"),
    *("CURRENT_USER", "SESSION_USER", "USER", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_CATALOG"),
}

# What notices how many statements there are, and on which part of a table: a trigger for each.
STATEMENT_TRIGGERS = """
WITH RECURSIVE tree AS (
  SELECT CAST(:table AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT EXISTS (SELECT FROM pg_trigger AS g JOIN tree ON tree.oid = tgrelid
  WHERE NOT tgisinternal AND tgtype & 16 > 0 AND tgtype & 1 = 0)
"""

# The time, which is the same from the beginning of a transaction to its end (9.9.5), as a text
# that every session reads alike.
_CURRENT_TIME = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
_FIXED_TIMES = {
    "CURRENT_TIMESTAMP": "({}::timestamptz)",
    "CURRENT_DATE": "({}::timestamptz::date)",
    "LOCALTIMESTAMP": "({}::timestamptz::timestamp)",
}
_NOW_IS_BUILTIN = "SELECT to_regprocedure('now()') = 'pg_catalog.now()'::regprocedure"


@dataclass(frozen=True)
class _Expression:
    """What PostgreSQL makes of a value.

    tree: "" where it may not be asked. reads_generated: whether one of its columns is generated.
    """

    tree: str
    reads_generated: bool


def looks_batch_safe(value: str) -> bool:
    """Return whether a value is harmless as its text shows it: for who cannot ask."""
    found = tokenize(value)
    calls = [
        token.identifier
        for token, after in itertools.pairwise(found)
        if after.text == "(" and token.identifier and token.keyword not in _NOT_FUNCTIONS
    ]
    qualified = any(token.text == "." for token in found)
    times = any(token.keyword in _CLOCK_KEYWORDS for token in found)
    return (
        not qualified
        and not times
        and set(calls) <= {*_STABLE_FUNCTIONS, *_PER_ROW_FUNCTIONS, *_IMMUTABLE_FUNCTIONS}
    )


def depends_on_time(value: str) -> bool:
    """Return whether a value has the time in it, or who asks."""
    return any(token.keyword in {*_CLOCK_KEYWORDS, "NOW"} for token in tokenize(value))


def is_batch_safe(session: Executor, statement: UpdateOrDelete, table: Relation) -> bool:
    """Return whether nobody can tell batches from one statement."""
    if session.first_value(STATEMENT_TRIGGERS, table=table.oid):
        return False
    return _has_only_safe_calls(
        session,
        _expression(session, statement.backfill_value, table).tree,
        [*_STABLE_FUNCTIONS, *_PER_ROW_FUNCTIONS],
    )


def is_session_independent(session: Executor, value: str, table: Relation) -> bool:
    """Return whether a value is the same for every session with the same settings.

    It is asked for in a trigger, too, which does not see what PostgreSQL generates.
    """
    found = _expression(session, value, table)
    return not found.reads_generated and _has_only_safe_calls(
        session, found.tree, _STABLE_FUNCTIONS
    )


def is_immutable(session: Executor, value: str, type_: str, table: Relation) -> bool:
    """Return whether a value depends on the row alone, as a generated column wants it (5.4)."""
    generated = (
        f"GENERATED ALWAYS AS (({probe_table.columns_of_probe(value, table)})::{type_}) STORED"
    )
    kind = type_.partition(" COLLATE ")[0]
    try:
        with probe_table.empty_copy(session, table, probe_table.INCLUDING_ALL):
            session.execute(
                f"ALTER TABLE {probe_table.PROBE_TABLE} ADD COLUMN ddl_probe_value {kind} "
                f"{generated}"
            )
            return True
    except DBAPIError as error:
        probe_table.raise_if_untold(session, table, error)
        return False


def _has_only_safe_calls(session: Session, tree: str, harmless: list[str]) -> bool:
    """Return whether all functions of a tree are immutable, or harmless."""
    if not tree or _CONTEXT_NODE.search(tree):
        return False
    calls = [(kind, int(number)) for kind, number in _FUNCTION_CALL.findall(tree)]
    operators = [number for kind, number in calls if kind == "opfuncid"]
    numbers = [number for _, number in calls]
    return not session.first_value(
        _VOLATILE_COUNT, calls=numbers, operators=operators, harmless=harmless
    )


def current_time(session: Session) -> str:
    """Return the time of now, for with_fixed_time()."""
    return str(session.first_value(_CURRENT_TIME))


def with_fixed_time(session: Session, statement: UpdateOrDelete, moment: str) -> UpdateOrDelete:
    """Return a statement that fills a column, in whose value the time is that of a moment."""
    found, parts, end = tokenize(statement.backfill_value), [], 0
    for at, token in enumerate(found):
        after = [one.text for one in found[at + 1 : at + 3]]
        before = found[at - 1].text if at else ""
        time, last = _FIXED_TIMES.get(token.keyword, ""), token.end
        if token.identifier == "now" and after == ["(", ")"]:
            time, last = _FIXED_TIMES["CURRENT_TIMESTAMP"], found[at + 2].end
        elif after[:1] == ["("]:
            time = ""  # of another precision
        if time and before != ".":
            parts += [
                statement.backfill_value[end : token.start],
                time.format(quote_literal(moment)),
            ]
            end = last
    if not parts or not session.first_value(_NOW_IS_BUILTIN):
        return statement
    value = "".join([*parts, statement.backfill_value[end:]])
    return replace(
        statement, backfill_value=value, body=f"SET {statement.backfill_column} = {value}"
    )


def _expression(session: Executor, value: str, table: Relation) -> _Expression:
    """Return what a value is made of, without a tree where it may not stand in a CHECK.

    With a subquery, say.
    """
    try:
        with probe_table.checked_value(session, value, table):
            found = session.fetch_rows(_EXPRESSION, table=table.oid)[0]
            return _Expression(found.tree, found.reads_generated)
    except DBAPIError as error:
        probe_table.raise_if_untold(session, table, error)
        return _Expression("", reads_generated=False)
