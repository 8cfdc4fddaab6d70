"""One command of Alembic's, and what it runs on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_pg import options
from alembic_pg.console import arguments

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    from alembic_pg.options import Settings


def project_folder(config: Config) -> Path:
    """Return the folder of the configuration file that exists, else the current one."""
    for name in (config.config_file_name, config.toml_file_name):
        if name and Path(name).is_file():
            return Path(name).resolve().parent
    return Path.cwd()


@dataclass(frozen=True)
class AlembicCommand:
    """One command of Alembic's in this project.

    models: the package whose import makes the metadata complete, and which holds it as
    ``Base.metadata``; it is imported only where something is compared.
    configure: options for Alembic's configure(), from env.py.
    """

    environment: EnvironmentContext
    models: str
    configure: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder of alembic.ini or pyproject.toml."""
        return project_folder(self.environment.config)

    @property
    def command(self) -> str:
        """The name of the function in alembic.command, or of the caller of its like."""
        names = re.findall(r"(\w+)\.<locals>", self.environment.context_opts["fn"].__qualname__)
        return names[-1] if names else ""

    @property
    def settings(self) -> Settings:
        """What its -x options and the environment say; UserError where that cannot be read."""
        return options.command_settings(self.environment.config)

    @property
    def on_command_line(self) -> bool:
        """Whether a person typed the command."""
        return self.environment.config.cmd_opts is not None and arguments.is_alembic_command()
