"""Run the command for which Alembic loaded env.py, on the database that the command is about."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic import context

from alembic_pg import comparator_names, events, plugin
from alembic_pg.alembic_command import (
    COMMAND_OPTION,
    SERVE_OPTION,
    AlembicCommand,
    refuse_translated_schemas,
)
from alembic_pg.console import activation, arguments, gc_pause, interrupts, option_list
from alembic_pg.database.url import DRIVER
from alembic_pg.errors import UserError, refuse_exit
from alembic_pg.options import HELP, command_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic.runtime.environment import EnvironmentContext
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import MetadataSource

__all__ = ["AUTOGENERATE_PLUGINS", "configure", "run"]

# For configure(autogenerate_plugins=…), where a project adds one of its own.
AUTOGENERATE_PLUGINS = comparator_names.COMPARATORS


def run(
    metadata: MetadataSource | None = None,
    *,
    entities: Sequence[ReplaceableEntity] | None = None,
    options: Iterable[str] = (),
    **configure: Any,  # noqa: ANN401  # Alembic's own options
) -> None:
    """Run the command for which Alembic loaded env.py.

    metadata: a MetaData, a list of them, or the name of the package or module whose modules have
    them; a name is imported only where something is compared, and is the faster one therefore.
    entities: those of alembic-utils; without them, those that the package's modules hold, and
    those that are registered. options: the names of -x options that env.py has itself.
    configure: options for Alembic's configure(); target_metadata is another word for metadata.
    Raises UserError for what a user can mend.
    """
    if "url" in configure:
        raise UserError(
            "environment.run() takes no url: set sqlalchemy.url in alembic.ini, or DATABASE_URL."
        )
    if "connection" in configure:
        raise UserError(
            "environment.run() makes its connection itself: with one of your own, call "
            "environment.configure(connection=…), then context.run_migrations()."
        )
    if "target_metadata" in configure:
        if metadata is not None:
            raise UserError(
                "env.py hands the models over twice: leave metadata or target_metadata out."
            )
        metadata = configure.pop("target_metadata")
    plugin.register()
    task = AlembicCommand(_environment(configure), metadata, configure, entities)
    with _on_console(task):
        _check_options(task, options)
        _dispatch(task)


def configure(
    *,
    connection: Connection | None = None,
    target_metadata: MetadataSource | None = None,
    entities: Sequence[ReplaceableEntity] | None = None,
    options: Iterable[str] = (),
    **configure: Any,  # noqa: ANN401  # Alembic's own options
) -> None:
    """Do what context.configure() does, in an env.py that keeps its own way to the database.

    After it, context.run_migrations() does what `run` does. The revisions run on the connection,
    or on another one to the same database where it has not psycopg2 as its driver. Revisions run
    as Alembic's own do, where the connection is in a transaction of the caller, and everything
    does where it is no connection to PostgreSQL.
    target_metadata, entities, options: see `run`. configure: Alembic's own.
    """
    plugin.register()
    if connection is not None and connection.dialect.name != "postgresql":
        context.configure(
            connection=connection,
            target_metadata=target_metadata,  # type: ignore[arg-type]  # Alembic's word on it
            **configure,
        )
        return
    refuse_translated_schemas(connection)
    # begin_transaction() then leaves the transactions to run_migrations().
    first = {"transaction_per_migration": True, "dont_mutate": True, **configure}
    if connection is None:
        first = {"url": f"{DRIVER}://", **first}
    context.configure(connection=connection, **first)
    environment = _context_of_env()
    configure.pop("url", None)
    task = AlembicCommand(environment, target_metadata, configure, entities)
    environment.run_migrations = partial(  # type: ignore[method-assign]  # of this one command
        _run_configured, task, connection, options
    )


def _run_configured(
    task: AlembicCommand,
    connection: Connection | None,
    options: Iterable[str],
    **given: Any,  # noqa: ANN401  # to the revisions
) -> None:
    """Run the command on the connection that env.py has made, if the command needs one."""
    del task.environment.run_migrations  # Alembic's own from now on
    if given:
        from alembic_pg.revisions import history_database  # noqa: PLC0415  # of few projects

        task = replace(task, arguments=given)
        task.environment.context_opts[history_database.ARGUMENTS_OPTION] = given
    with _serve_interrupts(), _on_console(task, connection), task.steps_kept():
        _check_options(task, options)
        _dispatch(task, connection)


def _environment(configure: dict[str, Any]) -> EnvironmentContext:
    # configure() is how Alembic lets go of its EnvironmentContext without a private name; the
    # options of its own table, and what is left out, are asked for before it is configured again.
    early = {
        name: configure[name] for name in configure if name.startswith(("version_table", "include"))
    }
    context.configure(url=f"{DRIVER}://", **early)
    return _context_of_env()


def _context_of_env() -> EnvironmentContext:
    environment = context.get_context().environment_context
    assert environment is not None  # noqa: S101  # it has just been made
    return environment


@contextmanager
def _on_console(task: AlembicCommand, connection: Connection | None = None) -> Iterator[None]:
    """Give a command that a person typed its sentences and its way to end at a signal."""
    if not task.on_command_line:
        with task.failure_told():
            yield
        return
    activation.install_once()
    raw = None if connection is None else connection.connection.dbapi_connection
    line = activation.status_line(task.environment.config, quiet=task.is_quiet)
    with interrupts.handle_signals(raw), line:
        yield


@contextmanager
def _serve_interrupts() -> Iterator[None]:
    """Let Ctrl-C act at once in asyncio.run(), which keeps it until the next await.

    That would be after the last revision.
    """
    kept = signal.getsignal(signal.SIGINT)
    name = getattr(getattr(kept, "func", None), "__qualname__", "")
    if name != "Runner._on_sigint":
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, kept)


def _check_options(task: AlembicCommand, own: Iterable[str]) -> None:
    """Refuse what nobody knows, or cannot be read, before anything is done.

    own: the names of env.py's options. Ends the process where -x help asks for the list.
    """
    config = task.environment.config
    names = command_arguments(config.cmd_opts)
    own_names = [own] if isinstance(own, str) else [str(name) for name in own]
    arguments.require_known(names, own_names, task.command)
    arguments.require_known_variables(os.environ)
    if HELP.name in names:
        config.print_stdout("%s", option_list.screen_text())
        raise SystemExit(0)
    events.choose_form(as_json=task.settings.json)


@refuse_exit()
def _dispatch(task: AlembicCommand, connection: Connection | None = None) -> None:
    # Each way imports what it needs: a check that is still clean is mostly imports.
    own = task.environment.context_opts.get(COMMAND_OPTION)
    if own and not own.on_target:
        own.run(task, None)
    elif own:
        from alembic_pg.commands.runs import on_target  # noqa: PLC0415

        on_target.run_on_target(task, connection, lambda found, _: own.run(task, found))
    elif serve := task.environment.context_opts.get(SERVE_OPTION):
        serve(task.environment)
    elif task.environment.is_offline_mode():
        from alembic_pg.commands import sql  # noqa: PLC0415

        sql.run(task)
    elif revision := task.environment.context_opts.get("revision_context"):
        if task.command == "revision" and not task.on_command_line:
            from alembic_pg.commands import ledger  # noqa: PLC0415

            ledger.watch_new_revisions(task.environment.config, task.environment.script)
        if revision.command_args["autogenerate"]:
            _compare(task)
        else:
            _write_empty_revision(task)
    else:
        _migrate(task, connection)


def _write_empty_revision(task: AlembicCommand) -> None:
    """Give env.py's options to a revision without operations; no database is needed.

    Alembic asks for it where revision_environment is set.
    """
    models = None if isinstance(task.metadata, str) else task.metadata
    task.environment.configure(
        **{"url": f"{DRIVER}://", "target_metadata": models, **task.configure}
    )
    task.environment.context_opts["fn"]((), task.environment.get_context())


def _compare(task: AlembicCommand) -> None:
    """Compare the models with the revisions."""
    from alembic_pg.autogenerate import clean_check  # noqa: PLC0415

    if task.command == "check":
        from alembic_pg.commands.lint import single_head  # noqa: PLC0415

        single_head.require_joined(task.environment.script)
    with (
        gc_pause.pause_collection(ends=task.on_command_line),
        _silence_runs(),
        task.caller_connection() as connection,
    ):
        if task.command == "check" and task.on_command_line and connection is None:
            _report_leftovers(task)
        server = clean_check.check_server_key(task, connection)
        if clean_check.is_still_clean(task, server):
            return
        if task.command == "check":
            from alembic_pg.commands import ledger  # noqa: PLC0415

            ledger.require_right(task)
        _autogenerate(task, connection, server)


@contextmanager
def _silence_runs() -> Iterator[None]:
    """Log no revision that runs in a scratch database as one that runs."""
    log = logging.getLogger("alembic.runtime.migration")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)


def _report_leftovers(task: AlembicCommand) -> None:
    # Only where a target is named: nobody else waits for the import.
    if task.names_target:
        from alembic_pg.commands.runs import leftovers  # noqa: PLC0415

        leftovers.report_on_target(task)


def _autogenerate(task: AlembicCommand, connection: Connection | None, server: str) -> None:
    # Only this needs the models and alembic-utils: no other command waits for their import.
    from alembic_pg.commands import autogenerate  # noqa: PLC0415

    autogenerate.run(task, connection, server)


def _migrate(task: AlembicCommand, own: Connection | None = None) -> None:
    from alembic_pg.commands.runs import on_target, resume, upgrade  # noqa: PLC0415

    def run(connection: Connection, given: bool) -> None:  # noqa: FBT001  # a callback
        upgrade.run(task, connection, given=given)

    on_target.run_on_target(task, own, run, on_place=partial(resume.run, task))
