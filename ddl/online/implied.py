"""An UPDATE that fills a column: whether batches, one after another, give what one statement does.

What a value is made of is asked of the server, which shows an expression with the functions that
it calls as a tree (PostgreSQL, pg_constraint.conbin).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.online import twin, waiting

if TYPE_CHECKING:
    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner
    from ddl.online.shapes import Change

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

# They depend on the time zone or on nothing, and see neither a table nor the clock.
_HARMLESS = [
    *("gen_random_uuid", "uuidv4", "uuidv7", "random", "nextval"),
    *("concat", "concat_ws", "format", "to_char", "to_date", "to_timestamp", "date_trunc"),
    *("date_part", "extract", "timezone", "timestamp", "timestamptz", "date", "age"),
    *("to_json", "to_jsonb", "jsonb_build_object", "json_build_object", "array_to_string"),
]

# What notices how many statements there are: triggers for each of them, and rules.
_NOTICES = """
SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = :table AND NOT tgisinternal
    AND tgtype & 16 > 0 AND tgtype & 1 = 0)
  OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = :table AND ev_type = '2')
"""


def possible(runner: Runner, shape: Change, table: Relation) -> bool:
    """Return whether nobody can tell batches from one statement."""
    if runner.one(_NOTICES, table=table.oid):
        return False
    tree = _tree(runner, shape, table)
    if not tree or _MOMENT.search(tree):
        return False
    calls = [(kind, int(number)) for kind, number in _CALL.findall(tree)]
    operators = [number for kind, number in calls if kind == "opfuncid"]
    others = runner.one(
        _OTHERS,
        calls=[number for _, number in calls],
        operators=operators,
        harmless=_HARMLESS,
    )
    return not others


def _tree(runner: Runner, shape: Change, table: Relation) -> str:
    """Return the tree of the value, "" where it may not stand in a CHECK: with a subquery, say."""
    check = f"CHECK (({shape.value}) IS NOT NULL)"
    try:
        with twin.of(runner, table):
            runner.execute(f"ALTER TABLE {twin.NAME} ADD CONSTRAINT ddl_twin_value {check}")
            return str(runner.one(_TREE))
    except DBAPIError as error:
        waiting.raise_busy(error)
        return ""
