"""Estimate how many bytes an index takes for each row of a table, from what its columns hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.sql import parser
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_literal
from alembic_pg.sql.statements import AddConstraint, CreateIndex

if TYPE_CHECKING:
    from alembic_pg.preflight.count import Counter

# Of a column of which nothing is known, and of an expression.
_UNKNOWN = 8

# Of an entry: its head and the pointer to it; of a row with a value that is there already, its
# place (PostgreSQL's btree README: deduplication); of how many rows one entry tells at most.
_HEAD, _PLACE, _TOLD = 12, 6, 200

# Of a page that is filled, by default; the rest waits for new entries.
_FILLED = 0.9

# An average of what the role may read in the statistics, else the length of the type.
_WIDTHS = """
SELECT a.attname, coalesce(max(avg_width * (1 - null_frac)), max(nullif(typlen, -1)), {unknown})
  AS width, coalesce(max(CASE WHEN n_distinct < 0 THEN -n_distinct * reltuples
    ELSE nullif(n_distinct, 0) END), 0) AS different
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid JOIN pg_type AS t ON t.oid = atttypid
  JOIN pg_namespace AS n ON n.oid = relnamespace
  LEFT JOIN pg_stats AS s
    ON (s.schemaname, s.tablename, s.attname) = (nspname, relname, a.attname)
WHERE attrelid = to_regclass({table}) AND attnum > 0 AND NOT attisdropped
GROUP BY a.attname
"""


def bytes_for_each_row(counter: Counter, table: str, sql: str, rows: float) -> float | None:
    """Return how many bytes the index of a statement takes for each row; None where unknown.

    table: its name, as SQL has it. sql: what makes the index, or the constraint that has one.
    """
    columns, is_unique = _columns_of(sql)
    if not columns:
        return None
    try:
        found = counter.read_all(_WIDTHS.format(unknown=_UNKNOWN, table=quote_literal(table)))
    except DBAPIError:
        return None
    widths = {row.attname: (float(row.width), float(row.different)) for row in found}
    known = [widths.get(name, (_UNKNOWN, 0.0)) for name in columns]
    width = -(-sum(one for one, _ in known) // 8) * 8  # aligned
    different = known[0][1] if len(known) == 1 else 0.0
    equal = 1.0 if is_unique or not different else max(rows / different, 1.0)
    if equal < 2:  # noqa: PLR2004  # else rows share an entry
        return (_HEAD + width) / _FILLED
    return (_PLACE + (_HEAD + width) / min(equal, _TOLD)) / _FILLED


def _columns_of(sql: str) -> tuple[list[str], bool]:
    """Return the columns of a btree index, "" for an expression, and whether it is unique."""
    statement = parser.parse(sql)
    if isinstance(statement, CreateIndex):
        cursor = Cursor(statement.rest)
        if cursor.accept("USING") and not cursor.accept("BTREE"):
            return [], False
        is_unique = statement.unique
    elif isinstance(statement, AddConstraint) and statement.kind in {"UNIQUE", "PRIMARY"}:
        cursor = Cursor(statement.body)
        is_unique = True
    else:
        return [], False
    while cursor.current is not None and cursor.current.text != "(":
        cursor.position += 1
    return [_column(part) for part in cursor.split_commas()], is_unique


def _column(part: Cursor) -> str:
    """Return the name of a column of an index, "" for an expression."""
    name = part.identifier()
    return "" if part.current is not None and part.current.text == "(" else name
