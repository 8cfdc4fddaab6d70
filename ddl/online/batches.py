"""Many rows, changed a few at a time: by their place in the table, each batch committed.

Rows move while others write, so the table is gone through until nothing is left to be changed. What
a statement has done it must not find again: that also lets a run which died go on where it was.
"""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.console.progress import Progress
from ddl.database import reason
from ddl.online.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ddl.online.catalog import Relation
    from ddl.online.rows import Rows
    from ddl.online.runner import Runner

# Seconds between two looks at the replicas.
_LOOK = 1.0

_PAGES = """
SELECT pg_relation_size(oid) / current_setting('block_size')::int AS pages,
  CASE WHEN reltuples > 0 THEN reltuples / greatest(relpages, 1) ELSE 200 END
    AS density
FROM pg_class WHERE oid = to_regclass(:table)
"""

_LEAVES = """
WITH RECURSIVE tree AS (
  SELECT CAST(:table AS oid) AS oid
  UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
SELECT oid::regclass::text FROM tree JOIN pg_class USING (oid) WHERE relkind = 'r' ORDER BY 1
"""

_LAG = """
SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float FROM pg_stat_replication
"""

# Triggers of users that an UPDATE of a new column fires.
_TRIGGERS = """
SELECT tgname FROM pg_trigger
WHERE tgrelid = ANY (SELECT relid FROM pg_partition_tree(:table) UNION SELECT :table)
  AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 16 > 0 AND tgtype & 1 > 0
  AND tgattr = '' AND NOT (tgname ~ '^zzz_.*_ddl_keep$'
    AND (SELECT proname FROM pg_proc WHERE oid = tgfoid) ~ '_ddl_keep$')
"""

_INSUFFICIENT_PRIVILEGE = "42501"


def run(  # noqa: PLR0913  # the last three are rare
    runner: Runner,
    table: Relation,
    rows: Rows,
    *,
    unseen: bool = False,
    quiet: bool = False,
    settings: Sequence[str] = (),
) -> None:
    """Change the rows of a table and its partitions until none is left.

    unseen: whether no trigger of the users' may notice, as when PostgreSQL writes a table anew.
    quiet: whether to end, too, when a second look changes as many rows as the first: a value may
    be NULL. Else that raises UserError. settings: of each batch.
    """
    prepare = _prepare(runner, table, settings, unseen=unseen)
    for (name,) in runner.rows(_LEAVES, table=table.oid):
        before = None
        while changed := _once(runner, name, rows, prepare):
            if before is not None and changed >= before:
                if quiet:
                    break
                raise runner.stop(
                    f"{rows.verb} of {table.shown} still finds {changed} rows when all are done: "
                    "its WHERE must leave out what it has changed."
                )
            before = changed


def _prepare(
    runner: Runner, table: Relation, settings: Sequence[str], *, unseen: bool
) -> Callable[[], None]:
    settings = [
        *settings,
        "statement_timeout = 0",
        # An error, not rows that are left out.
        "row_security = off",
        # A batch that a crash takes back is found again.
        "synchronous_commit = off",
    ]
    if unseen and (triggers := runner.rows(_TRIGGERS, table=table.oid)):
        settings.append("session_replication_role = replica")
        try:
            with runner.connection.begin():
                runner.execute("SET LOCAL session_replication_role = replica")
        except DBAPIError as error:
            if reason.sqlstate(error) != _INSUFFICIENT_PRIVILEGE:
                raise
            raise runner.stop(
                f"filling {table.shown} would fire its trigger {triggers[0].tgname} on every row: "
                "let a superuser GRANT SET ON PARAMETER session_replication_role to this role."
            ) from error

    def prepare() -> None:
        for setting in settings:
            runner.execute(f"SET LOCAL {setting}")

    return prepare


def _once(runner: Runner, name: str, rows: Rows, prepare: Callable[[], None]) -> int:
    """Go through a table once; return how many rows were changed."""
    found = runner.rows(_PAGES, table=name)[0]
    pages, pace = int(found.pages), Pace(runner.settings.batch / 1000, float(found.density))
    first = changed = 0
    idle = False
    looked = time.monotonic()
    with closing(Progress(name, pages)) as progress:
        while first < pages:
            if idle and rows.alone:
                question = rows.any_on(name, first, first + pace.gap)
                if not runner.attempt(partial(_ask, runner, prepare, question), question):
                    first += pace.gap
                    pace.skip(found=False)
                    continue
            pace.skip(found=True)
            last = min(first + pace.pages, pages)
            began = time.monotonic()
            if rows.again:
                statement = rows.on(name, first, last)
                work = partial(_execute, runner, prepare, statement)
            else:
                statement = rows.counted(name, first, last)
                work = partial(_execute_once, runner, prepare, statement, name)
            done = runner.attempt(work, statement)
            took = time.monotonic() - began
            pace.learn(last - first, done, took)
            first, changed, idle = last, changed + done, not done
            progress.show(first, changed)
            if took > 4 * pace.aim:
                time.sleep(took)  # the server is busy with others
            if time.monotonic() - looked > _LOOK:
                _let_replicas_follow(runner, progress)
                looked = time.monotonic()
    return changed


def _execute(runner: Runner, prepare: Callable[[], None], statement: str) -> int:
    prepare()
    return runner.execute(statement)


def _execute_once(runner: Runner, prepare: Callable[[], None], statement: str, name: str) -> int:
    """Execute a statement; raise UserError, which takes it back, where it would go on for ever."""
    prepare()
    done, again = tuple(runner.row(statement))
    if again:
        raise runner.refuse(
            f"the UPDATE of {name} would find {again} of {done} rows again that it has changed: "
            "its WHERE must leave them out."
        )
    return int(done)


def _ask(runner: Runner, prepare: Callable[[], None], question: str) -> bool:
    prepare()
    return bool(runner.value(question))


def _let_replicas_follow(runner: Runner, progress: Progress) -> None:
    """Pause until the slowest replica is near."""
    while runner.one(_LAG) * 1000 > runner.settings.replication_lag:
        progress.note("waiting for a replica")
        time.sleep(_LOOK)
