"""One command of Alembic's, and what it runs on."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from sqlalchemy.engine import Engine

from alembic_pg import events, options
from alembic_pg.console import arguments
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection

    from alembic_pg.options import Settings

# A MetaData, several, or the name of the package or module that has them.
MetadataSource: TypeAlias = Union[str, "MetaData", Sequence["MetaData"]]

# The option of configure() that lets env.py end in a call of its value, and not in its command.
SERVE_OPTION = "alembic_pg_serve"

# The option of an EnvironmentContext that carries a command of ours to env.py.
COMMAND_OPTION = "alembic_pg_command"

# The option of an EnvironmentContext that has the steps where nothing but a plan may come of them.
PLAN_STEPS_OPTION = "plan_steps"

# The option of an EnvironmentContext that has the form of a plan; without it a plan is text.
PLAN_FORM_OPTION = "alembic_pg_plan_form"

# The option of an EnvironmentContext that has what is done in place of printing a plan.
PLAN_LOOK_OPTION = "alembic_pg_plan_look"


def project_folder(config: Config) -> Path:
    """Return the folder of the configuration file that exists, else the current one."""
    for name in (config.config_file_name, config.toml_file_name):
        if name and Path(name).is_file():
            return Path(name).resolve().parent
    return Path.cwd()


def configured_url(config: Config) -> str | None:
    """Return the sqlalchemy.url of a configuration, None without."""
    # Alembic's get_main_option() fails where pyproject.toml is the only file.
    return config.get_section(config.config_ini_section, {}).get("sqlalchemy.url")


def refuse_translated_schemas(connection: Connection | None) -> None:
    """Raise UserError for a connection that puts tables into other schemas than are named.

    SQLAlchemy translates only some of Alembic's statements, and none that is a text: a revision
    would end half in the one and half in the other schema.
    """
    if connection is None:
        return
    default = connection.dialect.default_schema_name
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    for named, meant in translated.items():
        if (named or default) != (meant or default):
            tables = f"tables of the schema {named}" if named else "tables without a schema"
            raise UserError(
                f"The connection has a schema_translate_map, which puts {tables} into "
                f"{meant or 'the default schema'}; revisions cannot follow it. Name the schema in "
                "the models, or set search_path, and hand over a connection without that map."
            )


@dataclass(frozen=True)
class AlembicCommand:
    """One command of Alembic's in this project.

    metadata: a MetaData, several, or the name of the package whose modules have them, which is
    imported only where something is compared; None where only revisions are run.
    configure: options for Alembic's configure(), from env.py.
    entities: those of alembic-utils; None for those that are found.
    arguments: what env.py gives to run_migrations(), which each revision's functions take.
    """

    environment: EnvironmentContext
    metadata: MetadataSource | None
    configure: dict[str, Any] = field(default_factory=dict)
    entities: Sequence[ReplaceableEntity] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder of alembic.ini or pyproject.toml."""
        return project_folder(self.environment.config)

    @property
    def configured_url(self) -> str | None:
        """The sqlalchemy.url of the configuration, which goes before DATABASE_URL."""
        return configured_url(self.environment.config)

    @property
    def names_target(self) -> bool:
        """Whether a setting names the database of upgrade and its like."""
        return bool(self.configured_url or os.environ.get("DATABASE_URL"))

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

    @property
    def is_quiet(self) -> bool:
        """Whether a person typed -q."""
        return bool(getattr(self.environment.config.cmd_opts, "quiet", False))

    def failure_told(self) -> AbstractContextManager[None]:
        """Return what tells a collector of a run that fails in a caller's program.

        A command that a person types tells it with its sentence.
        """
        options = self.environment.context_opts
        typed = COMMAND_OPTION in options or PLAN_FORM_OPTION in options
        return nullcontext() if typed else events.failure_told()

    @contextmanager
    def steps_kept(self) -> Iterator[None]:
        """Give the command its own steps back after the block, which tells of them and tracks them.

        env.py may configure it again, for another database.
        """
        options = self.environment.context_opts
        steps = options["fn"]
        try:
            yield
        finally:
            options["fn"] = steps

    @contextmanager
    def caller_connection(self) -> Iterator[Connection | None]:
        """Yield the connection that a caller of the Python API handed in, which stays theirs."""
        handed = self.environment.config.attributes.get("connection")
        opened = handed.connect() if isinstance(handed, Engine) else nullcontext(handed)
        with opened as connection:
            refuse_translated_schemas(connection)
            yield connection
