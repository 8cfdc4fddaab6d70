"""Tell before a run which rows refuse it, what is in the way, and how long it lasts."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_pg.alembic_command import PLAN_STEPS_OPTION
from alembic_pg.commands import own_command, plan
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.console import status
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database import run_lock, target
from alembic_pg.database import url as urls
from alembic_pg.database.connect import connect
from alembic_pg.database.target import EMBEDDED_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.online.run import journal
from alembic_pg.plan import command as plan_command
from alembic_pg.preflight import json_form, report
from alembic_pg.preflight.ask import find_refusing_rows
from alembic_pg.preflight.cost.estimate import Speed, estimate
from alembic_pg.preflight.cost.free_space import free_space
from alembic_pg.preflight.count import Counter
from alembic_pg.preflight.hindrances import find_hindrances
from alembic_pg.preflight.result import Result, RevisionResult
from alembic_pg.revisions.current_revision import place_name, revision_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.plan.revision_plan import RevisionPlan
    from alembic_pg.preflight.demand import Finding
    from alembic_pg.preflight.hindrances import Hindrance
    from alembic_pg.revisions.current_revision import RunState

# Its rows are neither those of before nor those of after it.
_HALF_DONE = (
    "The {direction} of revision {revision} is half done: no row was asked. Run it to its end, or "
    "take it back, and look again."
)

# Seconds between two looks at what is in the way.
_PAUSE = 1.0


@dataclass(frozen=True)
class Asked:
    """What a person asks for.

    limit: seconds that a question may take. values: whether values of rows are shown. replica: the
    URL of the database where rows are counted, "" for the target. wait: seconds to wait until the
    way is free, 0 for not at all.
    """

    limit: float = 30.0
    values: bool = False
    replica: str = ""
    wait: float = 0.0


_NOTHING_SPECIAL = Asked()


@dataclass
class _PlanForm:
    """Gather the plan of each revision."""

    plans: list[RevisionPlan] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Take a sentence about the run as a whole."""
        (self.refusals if refused else self.remarks).append(text)

    def add(self, found: RevisionPlan) -> None:
        """Take the next revision."""
        self.plans.append(found)

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Take the end."""


def run(  # noqa: PLR0913  # what was typed
    revision: str,
    options: Sequence[str],
    configs: Sequence[str],
    name: str,
    asked: Asked,
    *,
    as_json: bool,
) -> int:
    """Print what was found; return the exit code: 0 nothing, 1 found, 2 could not tell.

    revision: to which an upgrade would go. options, configs, name: those of -x, -c and -n.
    as_json: for a program.
    """
    try:
        config = plan.configuration(revision, options, configs, name)
        found = look(config, revision, asked)
    except Exception as error:  # noqa: BLE001  # whatever it is, nobody can tell
        return own_command.report_failure(error, json_form.JSON_FORMAT if as_json else None)
    if as_json:
        own_command.print_json(json_form.JSON_FORMAT, json_form.as_object(found))
    else:
        sys.stdout.write(f"{report.as_text(found)}\n")
    return FOUND if found.found_something else NOTHING


def look(config: Config, revision: str = "head", asked: Asked = _NOTHING_SPECIAL) -> Result:
    """Return what stands against an upgrade of a project's target, which is only read.

    config: Alembic's. revision: to which an upgrade would go. Raises UserError where nobody can
    tell.
    """
    said = list(getattr(config.cmd_opts, "x", None) or ())
    planning = copy(config)
    planning.cmd_opts = Namespace(x=[*said, *(["plan"] if "plan" not in said else [])])
    form, results = _PlanForm(), []

    def look_at(
        task: AlembicCommand, context: MigrationContext, connection: Connection, running: RunState
    ) -> None:
        results.append(_look(task, context, connection, running, asked, form))

    plan.upgrade(planning, revision, form, look_at)
    if not results:
        raise UserError("Nothing could be looked at: env.py ran no command on the target.")
    return results[0]


def _look(  # noqa: PLR0913, PLR0917  # where, and what is asked
    task: AlembicCommand,
    context: MigrationContext,
    connection: Connection,
    running: RunState,
    asked: Asked,
    form: _PlanForm,
) -> Result:
    run_lock.refuse_beside_run(connection)
    connection.rollback()
    with connection.begin():
        note = journal.read_note(connection, journal.version_table_name(context))
    if note is not None:
        raise UserError(_HALF_DONE.format(direction=note.direction, revision=note.revision))
    hindrances = _wait_for_way(connection, asked.wait)
    no_plan = ""
    try:
        plan_command.print_plan(task, context, connection, running)
    except UserError as error:
        no_plan = str(error)  # on a replica, say, or without the right to copy a table
    connection.rollback()
    opts = task.environment.context_opts
    steps = list(opts[PLAN_STEPS_OPTION](running.heads, context))
    with ExitStack() as stack:
        rows, replica = connection, ""
        if asked.replica:
            url = urls.parse(asked.replica, source="--replica")
            rows = stack.enter_context(connect(url, source="--replica"))
            replica = urls.server_address(url)
        counter = Counter(rows, asked.limit, asked.values)
        databases = stack.enter_context(open_scratch_server(task.root))
        stack.enter_context(status.doing("Counting rows that refuse"))
        asked_for = find_refusing_rows(task.environment, databases, counter, running.heads, steps)
        found: dict[str, list[Finding]] = {}
        for number, (name, findings) in enumerate(asked_for, 1):
            status.reached("revision", number, len(steps))
            found[name] = findings
        speed = Speed(counter)
        plans = {one.revision: one for one in form.plans}
        revisions = tuple(
            _revision_result(step.revision, plans, found[step.revision.revision], speed)
            for step in steps
        )
    script = task.environment.script
    with connection.begin():
        role = connection.exec_driver_sql("SELECT current_user").scalar()
        host = target.describe_server(connection, "" if task.names_target else EMBEDDED_SOURCE)
        embedded = target.is_embedded(task.root, connection.engine.url)
        free = free_space(connection, task.root if embedded else None)
    return Result(
        database=str(connection.engine.url.database),
        host=host,
        role=str(role),
        at=" and ".join(revision_label(script.get_revision(one)) for one in running.heads)
        or place_name(()),
        revisions=revisions,
        hindrances=tuple(hindrances),
        replica=replica,
        no_plan=no_plan,
        remarks=tuple(form.remarks),
        refusals=tuple(form.refusals),
        space_needed=max((one.space for each in revisions for one in each.estimates), default=0),
        space_free=free,
    )


def _revision_result(
    revision: Any,  # noqa: ANN401  # Alembic's
    plans: dict[str, RevisionPlan],
    findings: list[Finding],
    speed: Speed,
) -> RevisionResult:
    planned = plans.get(revision.revision)
    statements = planned.statements if planned else ()
    estimates = tuple(
        estimate(one, [found for found in findings if found.number == number], speed)
        for number, one in enumerate(statements)
    )
    label = revision_label(revision)
    return RevisionResult(revision.revision, label, planned, tuple(findings), estimates)


def _wait_for_way(connection: Connection, wait: float) -> list[Hindrance]:
    """Return what is in the way, after it was free or the time is over."""
    began, told = time.monotonic(), ""
    while True:
        found = find_hindrances(connection)
        blocking = [one for one in found if one.blocks]
        if not blocking or time.monotonic() - began >= wait:
            return found
        if blocking[0].name != told:
            told = blocking[0].name
            sys.stderr.write(f"Waiting: {blocking[0].text}\n")
            sys.stderr.flush()
        time.sleep(_PAUSE)
