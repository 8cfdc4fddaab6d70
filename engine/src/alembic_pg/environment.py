"""What env.py calls: the right database for each of Alembic's commands."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy.engine import Engine

from alembic_pg import plugin
from alembic_pg.alembic_command import AlembicCommand
from alembic_pg.console import activation, arguments, gc_pause, interrupts, option_list
from alembic_pg.database.url import DRIVER
from alembic_pg.options import HELP, TARGET, command_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection


def run(
    models: str,
    *,
    options: Iterable[str] = (),
    **configure: Any,  # noqa: ANN401  # Alembic's own options
) -> None:
    """Run the command for which Alembic loaded env.py.

    models: the name of the models' package. options: the names of -x options that env.py has
    itself. configure: options for Alembic's configure().
    Raises UserError for what a user can mend.
    """
    plugin.register()
    task = _make_command(models, configure)
    if task.on_command_line:
        activation.install_once()
    _check_options(task, options)
    with interrupts.handle_signals() if task.on_command_line else nullcontext():
        _dispatch(task)


def _make_command(models: str, configure: dict[str, Any]) -> AlembicCommand:
    # configure() is how Alembic lets go of its EnvironmentContext without a private name.
    context.configure(url=f"{DRIVER}://")
    environment = context.get_context().environment_context
    assert environment is not None  # noqa: S101  # it has just been made
    return AlembicCommand(environment, models, configure)


def _check_options(task: AlembicCommand, own: Iterable[str]) -> None:
    """Refuse what nobody knows, or cannot be read, before anything is done.

    own: the names of env.py's options. Ends the process where -x help asks for the list.
    """
    config = task.environment.config
    names = command_arguments(config.cmd_opts)
    arguments.require_known(names, own, task.command)
    if HELP.name in names:
        config.print_stdout("%s", option_list.screen_text())
        raise SystemExit(0)
    _ = task.settings


def _dispatch(task: AlembicCommand) -> None:
    # Each way imports what it needs: a check that is still clean is mostly imports.
    if task.environment.is_offline_mode():
        from alembic_pg.commands import sql  # noqa: PLC0415

        sql.run(task)
    elif "revision_context" in task.environment.context_opts:
        _compare(task)
    else:
        _migrate(task)


def _compare(task: AlembicCommand) -> None:
    """Compare the models with the revisions."""
    from alembic_pg.autogenerate import clean_check  # noqa: PLC0415

    with (
        gc_pause.pause_collection(ends=task.on_command_line),
        _caller_connection(task) as connection,
    ):
        if task.command == "check" and task.on_command_line and connection is None:
            _report_leftovers(task)
        server = clean_check.server_key(task, connection)
        if not clean_check.is_still_clean(task, server):
            _autogenerate(task, connection, server)


def _report_leftovers(task: AlembicCommand) -> None:
    # Only where a target is named: nobody else waits for the import.
    if os.environ.get(TARGET.variable):
        from alembic_pg.commands import leftovers  # noqa: PLC0415

        leftovers.report_on_target(task)


def _autogenerate(task: AlembicCommand, connection: Connection | None, server: str) -> None:
    # Only this needs the models and alembic-utils: no other command waits for their import.
    from alembic_pg.commands import autogenerate  # noqa: PLC0415

    autogenerate.run(task, connection, server)


def _migrate(task: AlembicCommand) -> None:
    """Run on the given connection, on the database that the user names, or on the embedded one."""
    from alembic_pg.commands import upgrade  # noqa: PLC0415
    from alembic_pg.database import target  # noqa: PLC0415
    from alembic_pg.database.connect import connect  # noqa: PLC0415

    with _caller_connection(task) as connection:
        if connection is not None:
            upgrade.run(task, connection, given=True)
            return
    config = task.environment.config
    place = target.find(
        task.root,
        config.get_main_option("sqlalchemy.url"),
        embedded_database=target.embedded_database(config),
    )
    with connect(place.url, source=place.source) as connection:
        upgrade.run(task, connection, given=False)


@contextmanager
def _caller_connection(task: AlembicCommand) -> Iterator[Connection | None]:
    """Yield the connection that a caller of the Python API handed in, which stays the caller's."""
    handed = task.environment.config.attributes.get("connection")
    if isinstance(handed, Engine):
        with handed.connect() as connection:
            yield connection
    else:
        yield handed
