"""What env.py calls: the right database for each of Alembic's commands."""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy.engine import Engine

from ddl import migrate, offline
from ddl.console import arguments, interrupt
from ddl.database import target
from ddl.database.connect import connect
from ddl.database.url import DRIVER
from ddl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Run:
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
        """The folder of alembic.ini."""
        name = self.environment.config.config_file_name
        return Path(name).resolve().parent if name else Path.cwd()

    @property
    def command(self) -> str:
        """The name of the function in alembic.command, or of the caller of its like."""
        names = re.findall(r"(\w+)\.<locals>", self.environment.context_opts["fn"].__qualname__)
        return names[-1] if names else ""

    @property
    def on_command_line(self) -> bool:
        """Whether a person typed the command."""
        return self.environment.config.cmd_opts is not None and arguments.is_alembic()


def run(models: str, **configure: Any) -> None:  # noqa: ANN401  # Alembic's own options
    """Run the command for which Alembic loaded env.py.

    models: the name of the models' package. configure: options for Alembic's configure().
    Raises UserError for what a user can mend.
    """
    task = _task(models, configure)
    with interrupt.obeyed() if task.on_command_line else nullcontext():
        _run(task)


def _task(models: str, configure: dict[str, Any]) -> Run:
    # configure() is how Alembic lets go of its EnvironmentContext without a private name.
    context.configure(url=f"{DRIVER}://")
    environment = context.get_context().environment_context
    assert environment is not None  # noqa: S101  # it has just been made
    return Run(environment, models, configure)


def _run(task: Run) -> None:
    if task.environment.is_offline_mode():
        offline.run(task)
    elif "revision_context" in task.environment.context_opts:
        _compare(task)
    else:
        _migrate(task)


def _compare(task: Run) -> None:
    """Compare the models with the revisions."""
    # Only this needs the models, alembic-utils and pg_dump's reader: no other command waits for
    # their import, and production does without.
    try:
        from ddl import autogenerate  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("ddl."):
            raise
        raise UserError(
            f"Comparing needs the module {error.name}: install the development dependencies."
        ) from error
    with _given(task) as connection:
        autogenerate.run(task, connection)


def _migrate(task: Run) -> None:
    """Run on the given connection, on the database that the user names, or on the embedded one."""
    with _given(task) as connection:
        if connection is not None:
            migrate.run(task, connection, given=True)
            return
    place = target.find(task.root, task.environment.config.get_main_option("sqlalchemy.url"))
    with connect(place.url, source=place.source) as connection:
        migrate.run(task, connection, given=False)


@contextmanager
def _given(task: Run) -> Iterator[Connection | None]:
    """Yield the connection that a caller of the Python API handed in, which stays the caller's."""
    handed = task.environment.config.attributes.get("connection")
    if isinstance(handed, Engine):
        with handed.connect() as connection:
            yield connection
    else:
        yield handed
