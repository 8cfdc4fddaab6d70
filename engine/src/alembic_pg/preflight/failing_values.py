"""Count the rows for which an expression fails: each is computed by itself, in a block of code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.preflight.row_query import PLACE, TABLE_OF_ROW
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from alembic_pg.database.session import Session
    from alembic_pg.preflight.demand import Demand

# The answer of the block, as settings of its transaction.
_ANSWER = "alembic_pg.answer"

# A value is assigned to a variable as it is to a column (PostgreSQL, 41.5.1): nothing is cut off.
_BLOCK = """
DO {body}
"""

_BODY = """
DECLARE
  ddl_at record;
  ddl_value {type};
  ddl_count bigint := 0;
  ddl_first text := '';
  ddl_until timestamptz := clock_timestamp() + {limit} * interval '1 second';
BEGIN
  FOR ddl_at IN {places} LOOP
    BEGIN
      SELECT {expression} INTO ddl_value FROM ({rows}) AS {alias}
        WHERE {alias}.{place} = ddl_at.{place} AND {alias}.{table} = ddl_at.{table};
      IF FOUND AND {wrong} THEN
        RAISE data_exception;
      END IF;
    EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
      ddl_count := ddl_count + 1;
      ddl_first := coalesce(nullif(ddl_first, ''), ddl_at.{table} || ' ' || ddl_at.{place});
    END;
    IF clock_timestamp() > ddl_until THEN
      ddl_count := -ddl_count - 1;
      EXIT;
    END IF;
  END LOOP;
  PERFORM set_config('{answer}', ddl_count || ' ' || ddl_first, true);
END
"""

# Of the seconds that a question may take, so that the answer comes before they are over.
_PART = 0.8


def count(  # noqa: PLR0913, PLR0917  # what is computed, and for how long
    session: Session,
    demand: Demand,
    expression: str,
    as_type: str,
    wrong_value: str,
    limit: float,
) -> tuple[int, bool, str]:
    """Return how many rows fail, whether there may be more, and the condition that finds one.

    session: to the target, in a transaction. wrong_value: a value that is refused, too, "" for
    none. limit: seconds, after which it ends.
    """
    rows, alias = demand.rows.sql, demand.alias
    where = demand.where or "true"
    body = _BODY.format(
        type=as_type,
        limit=limit * _PART,
        places=f"SELECT {PLACE}, {TABLE_OF_ROW} FROM ({rows}) AS {alias} WHERE {where}",  # noqa: S608  # parts of revisions
        expression=expression,
        rows=rows,
        alias=alias,
        place=PLACE,
        table=TABLE_OF_ROW,
        wrong=f"ddl_value IS NOT DISTINCT FROM {wrong_value}" if wrong_value else "false",
        answer=_ANSWER,
    )
    session.execute(_BLOCK.format(body=quote_literal(body)))
    answer = str(session.scalar(f"SELECT current_setting('{_ANSWER}')"))
    number, _, first = answer.partition(" ")
    ended = int(number) < 0
    counted = -int(number) - 1 if ended else int(number)
    table, _, place = first.partition(" ")
    condition = f"({TABLE_OF_ROW}, {PLACE}) = ({table or 0}::oid, '{place or '(0,0)'}'::tid)"
    return counted, ended, condition
