"""What env.py calls: the right database for each of Alembic's commands."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy.engine import Engine

from ddl import collection, left, migrate, offline
from ddl.console import interrupt
from ddl.database import target
from ddl.database.connect import connect
from ddl.database.url import DRIVER
from ddl.errors import UserError
from ddl.task import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection


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
    with collection.paused(), _given(task) as connection:
        if task.command == "check" and task.on_command_line and connection is None:
            left.say(task)
        _autogenerate(task, connection)


def _autogenerate(task: Run, connection: Connection | None) -> None:
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
