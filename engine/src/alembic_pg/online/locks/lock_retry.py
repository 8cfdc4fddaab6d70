"""Retry a statement that did not get its lock, within a time budget, and say who holds the lock."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg import events
from alembic_pg.database import errors
from alembic_pg.errors import UserError
from alembic_pg.sql.lexer import short_line, tokenize
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row
    from sqlalchemy.exc import DBAPIError

# lock_not_available, deadlock_detected, and serialization_failure where a role's transactions are
# REPEATABLE READ: another try may have more luck (Appendix A).
RETRYABLE_SQLSTATES = {
    errors.SqlState.LOCK_NOT_AVAILABLE,
    errors.SqlState.DEADLOCK_DETECTED,
    errors.SqlState.SERIALIZATION_FAILURE,
}

# Seconds: the first pause, and the longest one.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

# What describe_session() takes of pg_stat_activity AS activity.
SESSION_COLUMNS = """
  activity.pid, activity.application_name, activity.usename, activity.state, activity.backend_type,
  activity.query
"""

# The locks, with who has them: a session, or a transaction that was prepared and has none.
LOCKS = """
pg_locks AS lock LEFT JOIN pg_stat_activity AS activity USING (pid)
  LEFT JOIN (SELECT x.virtualtransaction, p.gid, p.prepared FROM pg_prepared_xacts AS p
    JOIN pg_locks AS x ON x.locktype = 'transactionid' AND x.transactionid = p.transaction
      AND x.pid IS NULL AND x.granted) AS prepared USING (virtualtransaction)
"""
BEGAN = "coalesce(activity.xact_start, prepared.prepared)"
ACTIVITY_COLUMNS = f"""
  {SESSION_COLUMNS}, prepared.gid,
  extract(epoch FROM clock_timestamp() - {BEGAN})::bigint AS seconds
"""

_LOCK_HOLDER = text(f"""
SELECT lock.relation::regclass::text AS relation, {ACTIVITY_COLUMNS}
FROM {LOCKS}
WHERE lock.granted AND lock.locktype = 'relation'
  AND lock.pid IS DISTINCT FROM pg_backend_pid()
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND lock.relation = ANY (
    SELECT to_regclass(name)::oid FROM unnest(CAST(:names AS text[])) AS name
    UNION SELECT indrelid FROM pg_index
      WHERE indexrelid = ANY (SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name)
  )
ORDER BY {BEGAN} NULLS LAST LIMIT 1
""")  # noqa: S608  # it is ours


@dataclass
class RetryBudget:
    """The tries of one statement.

    label: what is tried, as the subject of a message.
    seconds: how long the tries may last, 0 without an end.
    started: when the first one began, by time.monotonic().
    tries: how many there were.
    holder_reported: whether a person was told who is waited for.
    """

    label: str
    seconds: float
    started: float = field(default_factory=time.monotonic)
    tries: int = 0
    holder_reported: bool = False

    def seconds_left(self) -> float:
        """Return how many seconds are left."""
        return (
            max(self.seconds - (time.monotonic() - self.started), 0) if self.seconds else math.inf
        )

    def report_holder(self, who: str) -> None:
        """Say once who is waited for."""
        if not self.holder_reported:
            events.tell(events.WAITING, f"Waiting for a lock: {who} …")
        self.holder_reported = True

    def pause_or_give_up(self, connection: Connection, sql: str, path_setting: str = "") -> None:
        """Pause before the next try, longer each time and never quite the same.

        connection: without a transaction, and given back without one. sql: what waits.
        path_setting: the statement that has set its search_path, if one has.
        Raises UserError when there was enough of it.
        """
        passed = time.monotonic() - self.started
        if not self.tries or (self.seconds and passed > self.seconds):
            who = describe_lock_holder(connection, sql, path_setting)
            if self.tries:
                raise UserError(
                    f"{self.label} could not get its lock in {passed:.0f} s: {who}.\n"
                    "Run the same command again, or with more patience: -x lock_patience=30min"
                )
            self.report_holder(who)
        self.tries += 1
        pause = min(_FIRST_PAUSE * 1.5**self.tries, _LONGEST_PAUSE)
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # no secret


def is_retryable(error: BaseException) -> bool:
    """Return whether a statement failed because somebody else holds a lock."""
    return errors.sqlstate(error) in RETRYABLE_SQLSTATES


def reraise_if_no_answer(error: DBAPIError) -> None:
    """Raise an error again that is no answer: of a lock, of a server that is gone, of a limit."""
    is_ended = errors.sqlstate(error)[:2] in errors.ENDED_CLASSES
    if is_retryable(error) or error.connection_invalidated or is_ended:
        raise error


def describe_lock_holder(connection: Connection, sql: str, path_setting: str = "") -> str:
    """Return who holds a lock on what a statement names, as a part of a sentence.

    path_setting: as pause_or_give_up() has it.
    """
    with connection.begin() as transaction:
        if path_setting:
            connection.exec_driver_sql(path_setting, execution_options={"no_parameters": True})
        row = connection.execute(_LOCK_HOLDER, {"names": _possible_names(sql)}).first()
        transaction.rollback()
    if row is None:
        return "its holder is gone"
    return describe_lock_use(row)


def describe_lock_use(row: Row[Any]) -> str:
    """Return who holds a lock, and on what, of a row of ACTIVITY with its relation."""
    return f"{describe_session(row)} uses {row.relation}"


def describe_session(row: Row[Any]) -> str:
    """Return who somebody is and what they do, of a row of ACTIVITY."""
    if row.gid is not None:
        return f"the prepared transaction {quote_literal(row.gid)} (for {row.seconds} s)"
    if row.pid is None:
        return "a session that has just ended"
    # Of other roles' sessions PostgreSQL shows no more, but to members of pg_read_all_stats.
    if row.backend_type is None:
        return f"process {row.pid} ({row.application_name or 'unnamed'}, of role {row.usename})"
    who = row.application_name or row.backend_type or "unnamed"
    since = f" for {row.seconds} s" if row.seconds is not None else ""
    query = short_line(row.query or "")
    said = f": {query}" if query else ""
    return f"process {row.pid} ({who}, {row.state or 'active'}{since}{said})"


def _possible_names(sql: str) -> list[str]:
    """Return all that may be the name of a table or index in a statement."""
    found = tokenize(sql)
    names = set()
    for index, token in enumerate(found):
        if not token.identifier:
            continue
        names.add(token.text)
        if index + 2 < len(found) and found[index + 1].text == "." and found[index + 2].identifier:
            names.add(f"{token.text}.{found[index + 2].text}")
    return sorted(names)
