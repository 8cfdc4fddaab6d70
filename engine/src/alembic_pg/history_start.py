"""Load what a history begins with: a schema file, where its first revision expects tables.

``history_begins_with = schema.sql`` says it, in ``[alembic]`` of alembic.ini or ``[tool.alembic]``
of pyproject.toml, as a path from there; or the first revision says it of itself, as a variable of
its module, as a path from its file. The file may hold Alembic's own table with a revision: then the
history goes on after that one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.alembic_command import project_folder
from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import URL, Connection

SETTING = "history_begins_with"

# What psql says before a server's error, with the number of the line.
_PROGRAM_PREFIX = re.compile(r"^psql fails on database \S+: psql:.*?(?=:\d+: ERROR: ):")

# Tables that are neither PostgreSQL's nor an extension's nor Alembic's own.
_HAS_TABLES = text("""
    SELECT EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p')
          AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          AND c.relname <> :version_table
          AND c.relpersistence <> 't'
          AND NOT EXISTS (
              SELECT FROM pg_depend AS d
              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          )
    )
""")


def start_files(config: Config, script: ScriptDirectory) -> list[Path]:
    """Return the files that an empty database needs before the first revision, in their order.

    Raises UserError for one that is not there.
    """
    named = configured_file(config)
    if named is not None:
        return [_existing(named, f"{SETTING} of the configuration", config)]
    found = []
    for base in script.get_bases():
        revision = script.get_revision(base)
        if said := getattr(revision.module, SETTING, None):
            file = Path(revision.path).parent / str(said)
            found.append(_existing(file, f"{SETTING} of revision {base}", config))
    return found


def start_hint(environment: EnvironmentContext, step: Any, error: BaseException) -> str:  # noqa: ANN401  # Alembic's, or None
    """Return what to do where a history's first revision misses a table, "" for anything else.

    step: the step that failed. error: what it failed with.
    """
    config, script = environment.config, environment.script
    revision, state = getattr(step, "revision", None), errors.sqlstate(error)
    if state != SqlState.UNDEFINED_TABLE or revision is None or not step.is_upgrade:
        return ""
    version_table = str(environment.context_opts.get("version_table") or "alembic_version")
    schema = environment.context_opts.get("version_table_schema") or "public"
    said = errors.describe_error(error)
    if any(f'"{name}"' in said for name in (version_table, f"{schema}.{version_table}")):
        return (
            f"{version_table}, Alembic's own table, is dropped, or is not on the search_path that "
            "the revision has set: set that back before its end."
        )
    if revision.down_revision or revision.dependencies or start_files(config, script):
        return ""
    file = config.config_file_name
    section = f"[alembic] of {Path(file).name}" if file else "[tool.alembic] of pyproject.toml"
    return (
        "The first revision needs tables of before: put them into schema.sql (pg_dump --no-owner "
        f"--schema-only), and {SETTING} = schema.sql into {section}."
    )


def configured_file(config: Config) -> Path | None:
    """Return the file that the configuration names, be it there or not."""
    named = str(config.get_alembic_option(SETTING) or "")
    return project_folder(config) / named if named else None


def load_start(environment: EnvironmentContext, url: URL) -> None:
    """Load what the history begins with into an empty database; nothing where it is nothing.

    Raises UserError when a file is missing or refused.
    """
    from alembic_pg.database import postgres_programs  # noqa: PLC0415  # most begin with no file

    for file in start_files(environment.config, environment.script):
        try:
            postgres_programs.run_script(url, file, single_transaction=True)
        except UserError as error:
            said = _PROGRAM_PREFIX.sub("", str(error)).partition(" LINE 1: ")[0]
            path = readable_path(file, environment.config)
            raise UserError(
                f"The history begins with {path}, which an empty database refuses: {said}"
            ) from error


def readable_path(file: Path, config: Config) -> str:
    """Return the path of a file from the project's folder, where it is below that."""
    try:
        return str(file.resolve().relative_to(project_folder(config)))
    except ValueError:
        return str(file)


def has_tables(connection: Connection, version_table: str) -> bool:
    """Return whether a database has tables beside Alembic's own and those of extensions."""
    return bool(connection.scalar(_HAS_TABLES, {"version_table": version_table}))


def _existing(file: Path, source: str, config: Config) -> Path:
    if not file.is_file():
        path = readable_path(file, config)
        raise UserError(f"{source} names {path}, which is not there: correct it.")
    return file
