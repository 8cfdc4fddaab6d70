"""What a plan says of each statement as data, and what the run of the same revisions then does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.script import ScriptDirectory
from alembic_pg.commands import plan as plan_command
from alembic_pg.errors import UserError
from alembic_pg.online.alembic_impl import OnlineImpl
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.online.strategies.strategy import METADATA_ONLY, REWRITE, SCAN
from alembic_pg.plan.planner import REFUSED
from alembic_pg.refusals.refusal import Basis
from alembic_pg.revisions.statements import function_statements
from alembic_pg.sql import lock_modes
from alembic_pg.sql.cursor import Cursor
from sqlalchemy.exc import DBAPIError
from tests.online.watching import Step, blocking_scans, is_blocking, strength, watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.plan.revision_plan import RevisionPlan, StatementPlan
    from tests.online.site import Site

_FILES = """
SELECT c.oid AS number, c.relname AS name, pg_relation_filenode(c.oid) AS file FROM pg_class AS c
WHERE relkind IN ('r', 'p', 'm') AND relnamespace IN (
  SELECT oid FROM pg_namespace WHERE nspname IN ('public', 's'))
"""


# What decides these refusals, only a run knows.
ONLY_IN_RUN = {Basis.ROWS, Basis.MEANWHILE, Basis.ASKED}

# They may read what an index finds.
_OF_ROWS = {"update", "delete", "merge"}

_PARTS = """
WITH RECURSIVE tree AS (SELECT oid AS root, oid FROM pg_class WHERE relkind IN ('r', 'p', 'm')
  UNION SELECT root, inhrelid FROM tree JOIN pg_inherits ON inhparent = tree.oid)
SELECT t.relname AS name, p.relname AS part FROM tree
JOIN pg_class AS t ON t.oid = root JOIN pg_class AS p ON p.oid = tree.oid
WHERE t.oid >= 16384
"""


@dataclass
class KeptPlan:
    """Keeps each revision as data: a form of the plan."""

    revisions: list[RevisionPlan] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Take a sentence."""
        del refused
        self.remarks.append(text)

    def add(self, plan: RevisionPlan) -> None:
        """Take a revision."""
        self.revisions.append(plan)

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Take nothing."""


@dataclass
class Observed:
    """What a run did.

    strategies: by statement, what its strategy does each time, "" where it ran as it is. error:
    what ended it. steps: what it sent. rewritten: the tables that have another file. there: those
    that are there at the end. names: those that a table had, by each of them. parts: the tables
    and their partitions.
    """

    strategies: dict[str, set[str]] = field(default_factory=dict)
    error: BaseException | None = None
    steps: list[Step] = field(default_factory=list)
    rewritten: set[str] = field(default_factory=set)
    there: set[str] = field(default_factory=set)
    names: dict[str, set[str]] = field(default_factory=dict)
    parts: dict[str, set[str]] = field(default_factory=dict)

    @property
    def refusal(self) -> RefusedError | None:
        """The refusal that ended it, if one did."""
        error: BaseException | None = self.error
        while error is not None and not isinstance(error, RefusedError):
            error = error.__cause__
        return error

    def lock(self, table: str) -> str:
        """Return the strongest lock that it had on a table, "" without one."""
        names = {table}.union(*(self.names.get(one, {one}) for one in self.parts.get(table, ())))
        found = [step.locks[name] for step in self.steps for name in names & step.locks.keys()]
        # What ends its transaction has no lock any more when it is done.
        for step in self.steps:
            mode, about = lock_modes.strongest_lock(step.sql)
            if mode and not step.locks:
                found += [as_shown(mode) for _, name in about if name in names]
        return max(found, key=strength, default="")


def as_shown(mode: str) -> str:
    """Return a lock's mode as pg_locks names it."""
    return mode.title().replace(" ", "") + "Lock"


def plan_of(site: Site) -> list[RevisionPlan]:
    """Return the plan of an upgrade to head."""
    kept = KeptPlan()
    plan_command.upgrade(site.config({"plan": ""}), "head", kept)
    return kept.revisions


def statements_of(site: Site, revision: str) -> list[str]:
    """Return the statements of a revision."""
    module = ScriptDirectory.from_config(site.config()).get_revision(revision).module
    return [one.sql for one in function_statements(module.upgrade)]


def run_of(site: Site) -> Observed:
    """Upgrade to head; return what that did."""
    found = Observed()
    for row in site.rows(_PARTS):
        found.parts.setdefault(row.name, set()).add(row.part)
    files: dict[int, Any] = {row.number: row for row in site.rows(_FILES)}
    with _choices(found.strategies), watched() as steps:
        try:
            site.upgrade()
        except (UserError, DBAPIError) as error:
            found.error = error
    found.steps = steps
    for row in site.rows(_FILES):
        found.there.add(row.name)
        before = files.get(row.number, row)
        both = {before.name, row.name}
        for name in both:
            found.names.setdefault(name, set()).update(both)
        if before.file != row.file:
            found.rewritten.add(before.name)
    return found


@contextmanager
def _choices(into: dict[str, set[str]]) -> Iterator[None]:
    choose = OnlineImpl._choose_strategy  # noqa: SLF001  # where every run asks

    def watch(impl: Any, sql: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        work = choose(impl, sql, *arguments, **options)
        into.setdefault(sql, set()).add(work.summary.steps if work is not None else "")
        return work

    OnlineImpl._choose_strategy = watch  # type: ignore[method-assign, assignment]  # noqa: SLF001
    try:
        yield
    finally:
        OnlineImpl._choose_strategy = choose  # type: ignore[method-assign]  # noqa: SLF001


def differences(site: Site) -> list[str]:
    """Plan the revisions that are pending, run them, and return where both differ."""
    planned = plan_of(site)
    seen = run_of(site)
    return list(_differences(site, planned, seen))


def _differences(site: Site, planned: list[RevisionPlan], seen: Observed) -> Iterator[str]:
    if any(plan.unreadable for plan in planned):
        return
    pairs = [
        (sql, statement)
        for plan in planned
        for sql, statement in zip(statements_of(site, plan.revision), plan.statements, strict=True)
    ]
    refusals = [text for plan in planned for text in plan.refusals]
    # What the revision makes, such as an index, is the first page that an empty table has.
    if all(statement.size != 0 for _, statement in pairs):
        yield from _differing_refusals(refusals, seen)
        yield from _differing_strategies(pairs, seen)
    if seen.error is None:
        attaches = any("ATTACH PARTITION" in sql for sql, _ in pairs)
        yield from _differing_effects([one for _, one in pairs], seen, attaches=attaches)


def _differing_strategies(pairs: list[tuple[str, StatementPlan]], seen: Observed) -> Iterator[str]:
    for sql in dict.fromkeys(sql for sql, _ in pairs):
        # A revision may have it more than once.
        ways = {statement.summary for one, statement in pairs if one == sql}
        done = seen.strategies.get(sql)
        if done is None or any(how.effect == REFUSED for how in ways):
            continue
        if done != {how.steps for how in ways}:
            yield f"{sql}: planned {ways}, done {done}"


def _differing_refusals(refusals: list[str], seen: Observed) -> Iterator[str]:
    refused = seen.refusal
    if refused is None:
        if refusals and seen.error is None:
            yield f"planned to be refused, and done: {refusals}"
    elif refused.refusal.kind.basis not in ONLY_IN_RUN and refused.text not in refusals:
        yield f"refused only by the run: {refused.text}, not one of {refusals}"


def _differing_effects(
    statements: list[StatementPlan], seen: Observed, *, attaches: bool
) -> Iterator[str]:
    """Yield what differs. attaches: whether a lock is one of a partition, not of its table."""
    if not attaches:
        yield from _stronger_locks(statements, seen)
    for table in sorted({_plain_name(one) for one in statements if one.table and one.size}):
        names = seen.names.get(table, {table})
        of_table = [one for one in statements if one.table and _plain_name(one) in names]
        if not attaches:
            yield from _differing_lock(table, statements, of_table, seen)
        effects = {one.summary.effect for one in of_table}
        emptied = any(one.operation == "truncate" for one in of_table)
        if not effects & {SCAN, REWRITE}:
            if found := blocking_scans(seen.steps, table):
                yield f"{table}: planned {effects}, read under a lock by {found}"
            if table in seen.rewritten and not emptied:
                yield f"{table}: planned {effects}, and written anew"
        parts = set().union(*(seen.parts.get(one, {one}) for one in names))
        elsewhere = {one.sql for one in statements if one.table and _plain_name(one) not in names}
        scans = [
            step.sql
            for step in seen.steps
            if any(step.scans.get(one) for one in parts) and step.sql not in elsewhere
        ]
        if effects <= {METADATA_ONLY, ""} and scans:
            yield f"{table}: planned {effects}, read by {scans}"
        alters = {one.summary.effect for one in of_table if one.operation not in _OF_ROWS}
        if REWRITE in alters and not parts & seen.rewritten:
            yield f"{table}: planned {alters}, and not written anew"


def _stronger_locks(statements: list[StatementPlan], seen: Observed) -> Iterator[str]:
    """Yield the tables that were locked as no statement was planned to lock any."""
    said = strongest(one.summary.lock for one in statements)
    for table in sorted(seen.parts.keys() & seen.there):
        held = seen.lock(table)
        if is_blocking(held) and not (said and strength(held) <= strength(said)):
            yield f"{table}: held {held}, planned nothing but {said or 'no lock'}"


def _differing_lock(
    table: str, statements: list[StatementPlan], of_table: list[StatementPlan], seen: Observed
) -> Iterator[str]:
    if table not in seen.there:
        return  # nobody can tell its locks
    said = strongest(one.summary.lock for one in of_table)
    # Not told are the table of an index that is dropped, and the other table of a foreign key.
    other = strongest(
        one.summary.lock
        for one in statements
        if not one.table or any(lock_modes.dropped_keys(one.sql))
    )
    held = seen.lock(table)
    if held != said and (held != other or not other):
        yield f"{table}: planned lock {said}, held {held}"


def _plain_name(planned: StatementPlan) -> str:
    return Cursor(planned.table).qualified_name()[1]


def strongest(modes: Iterable[str]) -> str:
    """Return the strongest of some locks, as pg_locks names it, "" without one."""
    return max((as_shown(mode) for mode in modes if mode), key=strength, default="")
