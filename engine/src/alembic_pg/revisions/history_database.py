"""Build what the revisions build, base to heads, and keep it as a template database."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import alembic
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from alembic_pg import history_start
from alembic_pg.console import status
from alembic_pg.database import errors, missing_features
from alembic_pg.database.connect import connect
from alembic_pg.database.digest import cache_digest
from alembic_pg.database.project_files import (
    DRIFT_IGNORE_FILE,
    LEDGER_FILE,
    LEDGER_PARTS_FILE,
)
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.revisions import stand_ins
from alembic_pg.revisions.current_revision import RunState, checked_steps, track_steps
from alembic_pg.revisions.trial import process_wide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.script.base import Script
    from sqlalchemy.engine import URL

    from alembic_pg.database.digest import Digest
    from alembic_pg.database.scratch import ScratchServer

# What is shown while revisions run in a scratch database.
RUNNING = "Running the revisions in a scratch database"

# More would only be met again after a walk through many branches.
TEMPLATES_KEPT = 8

# The files beside the revisions that none of them reads.
_NOT_READ = ("env.py", "script.py.mako", LEDGER_FILE, LEDGER_PARTS_FILE, DRIFT_IGNORE_FILE)

_BUILT_HERE = "The revisions run in this process, whatever it has imported"

# The option of configure() that carries what env.py gives to run_migrations(), for the revisions.
ARGUMENTS_OPTION = "alembic_pg_arguments"


class NotLoadedError(UserError):
    """Say why env.py cannot be loaded in a process of its own."""


def ensure_template(
    databases: ScratchServer,
    environment: EnvironmentContext,
    upgrade: Callable[[EnvironmentContext, URL, str], None] | None = None,
) -> str:
    """Return the name of a template database at the heads of the revisions.

    It is made once: its name is the digest of the revisions, the engine, and the versions of the
    server and Alembic. A
    new revision starts from the newest template that is an ancestor of it.
    upgrade: what upgrades a database to a revision, in a process that has not imported the models;
    None for this one. Raises UserError when a revision fails.
    """
    # What this process has imported may change what revisions build.
    changes = process_wide.changes_digest() if upgrade is None else ""
    names = _template_names(databases, environment, "heads", changes)
    existing = databases.templates()
    if names[-1] in existing:
        return names[-1]
    name = _copy_of_ancestor(databases, environment, names, existing)
    place = databases.database_url(name)
    try:
        (upgrade or upgrade_database)(environment, place, "heads")
    except NotLoadedError as error:
        # What this program has imported may be at work in it: it serves this once.
        sys.stderr.write(f"{_BUILT_HERE}: env.py cannot be loaded in one of its own: {error}\n")
        upgrade_database(environment, place, "heads")
        return name
    databases.keep_as_template(name, names[-1])
    for old in existing[: -TEMPLATES_KEPT + 1]:
        databases.drop_template(old)
    return names[-1]


def create_at_revisions(
    databases: ScratchServer,
    environment: EnvironmentContext,
    revisions: tuple[str, ...],
    upgrade: Callable[[EnvironmentContext, URL, str], None] | None = None,
) -> str:
    """Return the name of a new scratch database at some revisions, at none as the history begins.

    upgrade: see `ensure_template`. Raises UserError when a revision fails.
    """
    if not revisions:
        return create_at_start(databases, environment)
    changes = process_wide.changes_digest() if upgrade is None else ""
    names = _template_names(databases, environment, revisions, changes)
    name = _copy_of_ancestor(databases, environment, names, databases.templates())
    for revision in revisions:
        (upgrade or upgrade_database)(environment, databases.database_url(name), revision)
    return name


def create_at_start(databases: ScratchServer, environment: EnvironmentContext) -> str:
    """Return the name of a new scratch database before the first revision.

    It is empty, unless the history begins with a file. Raises UserError when that is refused.
    """
    name = databases.create()
    history_start.load_start(environment, databases.database_url(name))
    return name


def _copy_of_ancestor(
    databases: ScratchServer,
    environment: EnvironmentContext,
    names: list[str],
    existing: list[str],
) -> str:
    """Return the name of a copy of the newest template that is there, of the start without one."""
    ancestor = next((name for name in reversed(names) if name in existing), None)
    if ancestor is None:
        return create_at_start(databases, environment)
    return databases.create(ancestor)


def upgrade_database(
    environment: EnvironmentContext,
    url: URL,
    revision: str,
    enough: Callable[[Script], bool] = lambda _: False,
) -> None:
    """Upgrade a scratch database to a revision.

    enough: asked after each revision is committed, with that revision; True ends the upgrade.
    Raises UserError naming the revision that fails, with PostgreSQL's message.
    """
    script: ScriptDirectory = environment.script

    def steps(heads: Any, _: object) -> Iterator[Any]:  # noqa: ANN401  # as Alembic types them
        listed = script._upgrade_revs(revision, heads)  # noqa: SLF001  # as Alembic's upgrade
        for number, step in enumerate(listed, 1):
            status.reached("revision", number, len(listed))
            yield step
            if enough(step.revision):
                return

    _run_steps(environment, url, steps)


def downgrade_database(environment: EnvironmentContext, url: URL, revision: str) -> None:
    """Downgrade a scratch database to a revision, which stays.

    Raises UserError naming the revision that fails, with PostgreSQL's message.
    """
    script: ScriptDirectory = environment.script

    def steps(heads: Any, _: object) -> Iterator[Any]:  # noqa: ANN401  # as Alembic types them
        yield from script._downgrade_revs(revision, heads)  # noqa: SLF001  # as Alembic's downgrade

    _run_steps(environment, url, steps)


def _run_steps(
    environment: EnvironmentContext, url: URL, steps: Callable[[Any, object], Iterator[Any]]
) -> None:
    """Run revisions in a scratch database. steps: takes where it is, and yields Alembic's steps."""
    running = RunState()
    with connect(url, source=SCRATCH_SOURCE) as connection:
        if schema := environment.context_opts.get("version_table_schema"):
            # Alembic expects it to be there before the first revision.
            with connection.begin():
                connection.execute(CreateSchema(schema, if_not_exists=True))
        stand_ins.make_for_revisions(connection, environment.context_opts)
        context = MigrationContext.configure(
            connection=connection,
            environment_context=environment,
            opts={
                **version_table_options(environment),
                "fn": track_steps(checked_steps(steps), running),
                "script": environment.script,
                "transaction_per_migration": True,
            },
        )
        try:
            with (
                _current_context(environment, context),
                Operations.context(context),
                status.doing(RUNNING),
                context.begin_transaction(),
            ):
                context.run_migrations(**environment.context_opts.get(ARGUMENTS_OPTION, {}))
        except SQLAlchemyError as error:
            known = isinstance(error, DBAPIError)
            helps = missing_features.other_server_hint(error) if known else ""
            start = history_start.start_hint(environment, running.step, error)
            raise UserError(
                f"{running.label} fails on an empty database: {errors.describe_error(error)}"
                + (f": {helps}" if helps else "")
                + (f"\n{start}" if start else "")
            ) from error


@contextmanager
def _current_context(environment: EnvironmentContext, context: MigrationContext) -> Iterator[None]:
    """Let ``alembic.context`` be of the scratch database meanwhile: a revision may ask its bind."""
    before = environment._migration_context  # noqa: SLF001  # what get_context() returns
    environment._migration_context = context  # noqa: SLF001
    try:
        yield
    finally:
        environment._migration_context = before  # noqa: SLF001


def version_table_options(environment: EnvironmentContext) -> dict[str, Any]:
    """Return the options by which env.py names Alembic's own table."""
    names = ("version_table", "version_table_schema", "version_table_pk")
    return {
        name: environment.context_opts[name] for name in names if name in environment.context_opts
    }


def version_table_name(environment: EnvironmentContext) -> str:
    """Return the name of Alembic's own table, with its schema before a dot when it has one."""
    options = version_table_options(environment)
    name = options.get("version_table", "alembic_version")
    schema = options.get("version_table_schema")
    return f"{schema}.{name}" if schema else name


def _template_names(
    databases: ScratchServer,
    environment: EnvironmentContext,
    head: str | tuple[str, ...],
    changes: str,
) -> list[str]:
    """Return the names of the templates of all revisions up to some, each with those before it.

    changes: what tells the process that makes them from one that has imported no models.
    """
    script = environment.script
    everything = list(script.walk_revisions())[::-1]
    revisions = list(script.walk_revisions(head=head))[::-1]  # type: ignore[arg-type]  # Alembic's own takes several
    arguments = repr(environment.context_opts.get(ARGUMENTS_OPTION))
    table = version_table_name(environment)
    digest = cache_digest(alembic.__version__, str(databases.version), table, arguments, changes)
    for file in history_start.start_files(environment.config, script):
        digest.add_file(history_start.SETTING, file)
    add_other_files(digest, script, everything)
    if any(environment.context_opts.get(name) for name in stand_ins.FILTERS):
        # It says for which tables stand-ins are made.
        digest.add_file("env.py", Path(script.dir, "env.py"))
    return [f"{databases.prefix}_history_{value}" for value in _history_digests(digest, revisions)]


def _history_digests(digest: Digest, revisions: list[Script]) -> list[str]:
    """Return a digest for the empty history, then one for each revision with all before it."""
    digests = [digest.value[:20]]
    for revision in revisions:
        digest.add_file(revision.revision, revision.path)
        digests.append(digest.value[:20])
    return digests


def add_other_files(digest: Digest, script: ScriptDirectory, revisions: list[Script]) -> None:
    """Add the files beside the revisions, which one of them may read."""
    known = {Path(revision.path).resolve() for revision in revisions}
    known |= {Path(script.dir, name).resolve() for name in _NOT_READ}
    folders = {Path(script.dir).resolve(), *map(Path.resolve, script._version_locations)}  # noqa: SLF001  # where Alembic looks
    for folder in sorted(folders):
        for path in sorted(folder.rglob("*")):
            if path.suffix != ".pyc" and path.is_file() and path not in known:
                digest.add_file(str(path.relative_to(folder)), path)
