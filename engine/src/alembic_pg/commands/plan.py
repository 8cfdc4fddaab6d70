"""Show what an upgrade would do, and do nothing: ``alembic-pg plan [REVISION]``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from alembic.config import CommandLine, Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_pg.alembic_command import PLAN_FORM_OPTION, PLAN_LOOK_OPTION, PLAN_STEPS_OPTION
from alembic_pg.console import arguments
from alembic_pg.errors import UserError, refuse_exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.plan.revision_plan import PlanForm
    from alembic_pg.revisions.current_revision import RunState

    Look = Callable[[AlembicCommand, MigrationContext, Connection, RunState], None]


def run(
    revision: str,
    options: Sequence[str],
    configs: Sequence[str],
    name: str,
    form: PlanForm | None = None,
) -> None:
    """Do what ``alembic -x plan upgrade REVISION`` does.

    options: the others that are said with -x. configs, name: those of -c and -n. form: how the
    plan is printed; None for text.
    Raises UserError where env.py leaves nothing to the engine: it would run the revisions itself.
    """
    upgrade(configuration(revision, options, configs, name), revision, form)


def configuration(
    revision: str, options: Sequence[str], configs: Sequence[str], name: str
) -> Config:
    """Return the configuration of the command that `run` does; the arguments are the same.

    Raises UserError where they are wrong.
    """
    typed = [
        *(word for config in configs for word in ("-c", config)),
        *("-n", name),
        *(word for option in ("plan", *options) for word in ("-x", option)),
        *("upgrade", "--", revision),
    ]
    sys.argv = ["alembic", *typed]  # what a person may also type, and every other part looks at
    parsed = CommandLine(prog="alembic").parser.parse_args(typed)
    config = arguments.configuration_of(parsed)
    arguments.check(parsed, config)
    return config


def upgrade(
    config: Config, revision: str, form: PlanForm | None = None, look: Look | None = None
) -> None:
    """Load env.py for an upgrade, of which only the plan can be had.

    form: how it is printed, None for text. look: what is done in place of printing it, if anything.

    The function has the name of Alembic's, by which the engine knows the command.
    """
    script = ScriptDirectory.from_config(config)

    def steps(heads: Any, context: Any) -> Iterable[Any]:  # noqa: ANN401  # Alembic's
        del context
        return script._upgrade_revs(revision, heads)  # noqa: SLF001  # as alembic.command has it

    def refuse(heads: Any, context: Any) -> NoReturn:  # noqa: ANN401  # Alembic's
        del heads, context
        raise UserError(
            "There is no plan: this project's env.py runs the revisions itself, without "
            "alembic_pg. Nothing was done."
        )

    options = {
        PLAN_STEPS_OPTION: steps,
        PLAN_FORM_OPTION: form,
        PLAN_LOOK_OPTION: look,
        "destination_rev": revision,
        "dont_mutate": True,
    }
    with EnvironmentContext(config, script, fn=refuse, **options), refuse_exit():
        script.run_env()
