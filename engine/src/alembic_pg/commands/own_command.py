"""Load env.py for a command that is not Alembic's own, and run it on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_pg.alembic_command import COMMAND_OPTION
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config

    from alembic_pg.alembic_command import AlembicCommand


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
    with EnvironmentContext(config, script, fn=refuse, **options):
        script.run_env()
