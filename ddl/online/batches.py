"""Many rows, changed a few at a time: by their place in the table, each batch committed.

A row's place (ctid; PostgreSQL, 5.6) is where it is found without any key. Rows move while others
write, so the table is gone through until nothing is left to be changed, and what a statement has
done it must not find again: that also lets a run which died go on where it was.
"""

from __future__ import annotations

import itertools
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.console.progress import Progress
from ddl.database import reason
from ddl.online import blocking, implied
from ddl.online.lexer import tokens
from ddl.online.names import unquoted
from ddl.online.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner
    from ddl.online.shapes import Change

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

# What decides about the partition of a row, at each level.
_KEYS = """
SELECT pg_get_partkeydef(relid) FROM pg_partition_tree(:table) WHERE NOT isleaf
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


@dataclass(frozen=True)
class Rows:
    """What is done to rows: ``verb table AS alias body WHERE condition``.

    alone: whether the condition names no other table. again: whether a row that was changed may be
    found once more, which then gets what it has.
    """

    verb: str
    alias: str
    body: str
    condition: str
    alone: bool = True
    again: bool = True

    def on(self, table: str, first: int, last: int) -> str:
        """Return the statement for the pages of a table from ``first`` to before ``last``."""
        where = self._where(first, last)
        return f"{self.verb} ONLY {table} AS {self.alias} {self.body} {where}"

    def any_on(self, table: str, first: int, last: int) -> str:
        """Return the question whether there is a row to be changed in such pages."""
        rows = f"SELECT FROM ONLY {table} AS {self.alias} {self._where(first, last)}"
        return f"SELECT EXISTS ({rows})"

    def _where(self, first: int, last: int) -> str:
        place = f"{self.alias}.ctid"
        return (
            f"WHERE {place} >= '({first},0)'::tid AND {place} < '({last},0)'::tid "
            f"AND ({self.condition})"
        )

    @classmethod
    def of(cls, shape: Change) -> Rows:
        """Return what a statement of a revision does."""
        again = shape.verb != "UPDATE"
        return cls(shape.verb, shape.alias, shape.body, shape.condition, shape.alone, again)

    @classmethod
    def filling(cls, shape: Change) -> Rows:
        """Return what fills a column; where its value is NULL, a row stays as it is."""
        condition = f"{shape.condition} AND ({shape.value}) IS DISTINCT FROM NULL"
        return cls(shape.verb, shape.alias, shape.body, condition)

    def counted(self, table: str, first: int, last: int) -> str:
        """Return the statement that tells how many rows it changed, and would change again."""
        return (
            f"WITH ddl_changed AS ({self.on(table, first, last)} RETURNING ({self.condition}) "  # noqa: S608
            "AS again) SELECT count(*), count(*) FILTER (WHERE again) FROM ddl_changed"
        )


def form(
    runner: Runner, shape: Change, table: Relation, *, asked: bool
) -> Callable[[Runner, Change, Relation, str], None] | None:
    """Return how to execute UPDATE or DELETE in batches, None for what stays one statement.

    asked: whether the revision wants it. Else that is done where nobody can tell the difference.
    """
    if table.kind not in {"r", "p"}:
        return None
    moves = _moves(runner, shape, table)
    if asked:
        if moves:
            raise runner.refuse(
                f"in batches, the {shape.verb} of {table.shown} cannot set {moves}, which decides "
                "about the partition: execute it for each partition, or without batches."
            )
        return change
    if moves:
        return None
    remember(runner, shape, table)
    large = blocking.large(table) or runner.resumed(shape.sql)
    return fill if large and implied.possible(runner, shape, table) else None


def remember(runner: Runner, shape: Change, table: Relation) -> None:
    """Remember what fills a column: a NOT NULL may find rows that were added since."""
    rows = Rows.filling(shape)
    runner.fills[table.oid, unquoted(shape.fills)] = partial(run, runner, table, rows, quiet=True)


def _moves(runner: Runner, shape: Change, table: Relation) -> str:
    """Return a column that an UPDATE sets and that decides about the partition, "" without."""
    if table.kind != "p" or shape.verb != "UPDATE":
        return ""
    columns = _set(shape.body)
    for (key,) in runner.rows(_KEYS, table=table.oid):
        for token in tokens(key):
            if token.identifier and token.identifier in columns:
                return token.text
    return ""


def change(runner: Runner, shape: Change, table: Relation, key: str) -> None:
    """Execute UPDATE or DELETE in batches.

    Raises UserError when it has no WHERE, or one that its own work does not end.
    """
    runner.settle()
    if not shape.condition:
        raise runner.refuse(
            f"in batches, the {shape.verb} of {table.shown} needs a WHERE that leaves out "
            "the rows that are done."
        )
    with runner.outside(key):
        run(runner, table, Rows.of(shape))


def _set(body: str) -> set[str]:
    """Return the columns that ``SET a = 1, (b, c) = …`` names."""
    columns, listed = set(), False
    for before, token in itertools.pairwise(tokens(body)):
        if before.keyword == "SET" or (before.text == "," and not before.depth):
            listed = token.text == "("
            columns.add(token.identifier)
        elif listed:
            columns.add(token.identifier)
            listed = token.text != ")"
    return columns


def fill(runner: Runner, shape: Change, table: Relation, key: str) -> None:
    """Execute an UPDATE that fills a column in batches, for which nobody asked."""
    runner.settle()
    with runner.outside(key):
        run(runner, table, Rows.filling(shape), quiet=True)


def run(
    runner: Runner, table: Relation, rows: Rows, *, unseen: bool = False, quiet: bool = False
) -> None:
    """Change the rows of a table and its partitions until none is left.

    unseen: whether no trigger of the users' may notice, as when PostgreSQL writes a table anew.
    quiet: whether to end, too, when a second look changes as many rows as the first: a value may
    be NULL. Else that raises UserError.
    """
    prepare = _prepare(runner, table, unseen=unseen)
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


def _prepare(runner: Runner, table: Relation, *, unseen: bool) -> Callable[[], None]:
    settings = [
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
