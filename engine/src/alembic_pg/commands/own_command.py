"""Load env.py for a command that is not Alembic's own, and run it on the target."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_pg.alembic_command import COMMAND_OPTION
from alembic_pg.console import excepthook
from alembic_pg.errors import UserError, refuse_exit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alembic.config import Config

    from alembic_pg.alembic_command import AlembicCommand

# The exit codes of a command that looks for something.
NOTHING, FOUND, COULD_NOT_TELL = 0, 1, 2


@dataclass(frozen=True)
class OwnCommand:
    """Hold a command of ours.

    name: what a person types. run: takes env.py's wiring, and a connection to the target; None
    where the command is not about the target. on_target: whether it is.
    """

    name: str
    run: Callable[[AlembicCommand, Any], None]
    on_target: bool = True


def load_environment(config: Config, command: OwnCommand) -> None:
    """Load env.py, which runs the command.

    Raises UserError where env.py leaves nothing to the engine.
    """

    def refuse(heads: Any, context: Any) -> NoReturn:  # noqa: ANN401  # Alembic's
        del heads, context
        raise UserError(
            f"alembic-pg {command.name} needs an env.py that uses alembic_pg: this project's "
            "runs the revisions itself. Nothing was done."
        )

    script = ScriptDirectory.from_config(config)
    options: dict[str, Any] = {COMMAND_OPTION: command, "dont_mutate": True}
    with EnvironmentContext(config, script, fn=refuse, **options), refuse_exit():
        script.run_env()


def print_json(json_format: int, found: Mapping[str, object]) -> None:
    """Print what a command found, for a program. json_format: the version of its form."""
    sys.stdout.write(f"{json.dumps({'format': json_format, **found}, indent=2)}\n")


def report_failure(error: Exception, json_format: int | None = None) -> int:
    """Print why a command could not tell, as a sentence or as JSON, and return its exit code.

    json_format: the version of the form of the command's JSON, None for a person.
    """
    if json_format is None:
        excepthook.print_failure(type(error), error, error.__traceback__)
    else:
        print_json(json_format, {"error": excepthook.failure_message(error)})
    return COULD_NOT_TELL
