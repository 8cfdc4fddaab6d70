"""Lock several tables before the statements that need them, without a queue behind two of them.

Who writes two busy tables in the other order than a statement locks them would have one and wait
for the other, for which the statement waits in turn: until one of them gives up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql import lock_modes
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.database.session import Session

# Those that are there, and that the role may lock.
_TABLES = """
SELECT c.oid::regclass::text AS name, format('%I.%I', nspname, relname) AS full_name, said
FROM unnest(CAST(:names AS text[])) AS said
  JOIN pg_class AS c ON c.oid = to_regclass(said) JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE') ORDER BY said
"""

# Tries in which nobody queues behind, each a few milliseconds after the other.
TRIES, TRY_SLEEP = 150, "pg_sleep(0.003 + random() * 0.004)"

_TRY_BOTH = f"""
DO $lock$ BEGIN
FOR tries IN 1..{TRIES} LOOP
  BEGIN
    {{locks}}
    EXIT;
  EXCEPTION WHEN lock_not_available THEN
    PERFORM {TRY_SLEEP};
  END;
END LOOP;
END $lock$
"""

# Milliseconds in which whoever has the second table is to end; the first has a queue meanwhile.
SECOND_TIMEOUT = 20

_KEEP = "SELECT set_config('ddl.lock_timeout', current_setting('lock_timeout'), true)"
_RESTORE = "SELECT set_config('lock_timeout', current_setting('ddl.lock_timeout'), true)"


def lock_statements(session: Session, statements: Sequence[str]) -> list[str]:
    """Return what locks the tables of statements at the start, nothing where they are not two."""
    modes = lock_modes.blocking_locks(statements)
    if len(modes) < 2:  # noqa: PLR2004  # the others of the sentence
        return []
    tables = {
        row.full_name: modes[row.said] for row in session.fetch_rows(_TABLES, names=sorted(modes))
    }
    locks = [f"LOCK TABLE ONLY {name} IN {mode} MODE" for name, mode in tables.items()]
    if len(locks) < 2:  # noqa: PLR2004
        return []
    first, *others = locks
    body = " ".join(f"EXECUTE {quote_literal(f'{lock} NOWAIT')};" for lock in locks)
    second = [f"SET LOCAL lock_timeout = {SECOND_TIMEOUT}", *others]
    return [_KEEP, _TRY_BOTH.format(locks=body).strip(), first, *second, _RESTORE]
