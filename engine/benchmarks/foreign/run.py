"""Try the engine on a project of others, in an environment that has both.

    python -m benchmarks.foreign.run NAME

Its models become a project of their own, beside one with stock Alembic. Printed and kept is what
each step ended with; the seconds are those of the command's processes, without the server's.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.postgres_programs import run_program, run_script
from alembic_pg.embedded import server
from benchmarks.foreign import edits, page
from benchmarks.foreign.projects import PROJECTS, RUCIO_CONFIG
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from benchmarks.foreign.projects import Project
    from sqlalchemy.engine import URL

# The variable that names the clone of a project that is no distribution.
CLONE = "FOREIGN_CLONE"

ENGINE = Path(__file__).resolve().parents[2]

MODELS = "from benchmarks.foreign.edits import edit\n\n{source}\nedit(metadata)\n"

OURS = 'from alembic_pg import environment\n\nenvironment.run(metadata="foreign_models")\n'

# Revisions of others may expect that env.py has imported the models.
HISTORY = f"import foreign_models  # noqa: F401\n{OURS}"

STOCK = """
from alembic import context
from sqlalchemy import create_engine, pool

import os

from foreign_models import metadata

url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

# Makes what is declared, as SQLAlchemy itself makes it.
START = """
import os

from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import create_engine

{source}

with create_engine(os.environ["START_URL"]).begin() as connection:
    for entity in [one for one in vars().values() if isinstance(one, ReplaceableEntity)]:
        connection.execute(entity.to_sql_statement_create())
    metadata.create_all(connection)
"""

CONFIGURATION = """
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = .
path_separator = os
{more}
"""

TEMPLATE = '''"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''

_FAILED = "FAILED: "

# What a project of others logs.
_LOGGED = re.compile(r"\d{4}-\d\d-\d\d|processing batch|converting ")

LEFT = """
SELECT count(*) FROM pg_class AS c WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
AND relname !~ '^alembic_version' AND relpersistence <> 't'
AND relnamespace::regnamespace::text !~ '^pg_'
"""


@dataclass
class Result:
    """What came of a project: each step by its name, "ok" or what was said, and seconds of it."""

    name: str
    version: str
    tables: int
    columns: int
    steps: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Folder:
    """A project's folder, with the variables of its commands."""

    root: Path
    variables: dict[str, str]

    def run(self, result: Result, step: str, *arguments: str, **more: str) -> str:
        """Run the alembic command; note how it ended and its processor's seconds."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.root,
            env={**os.environ, **self.variables, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        result.steps[step] = "ok" if done.returncode == 0 else _refusal(done)
        result.seconds[step] = round(seconds, 2)
        sys.stdout.write(f"{result.name}: {step}: {result.steps[step]} ({seconds:.1f} s)\n")
        sys.stdout.flush()
        return done.stdout


def _refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a command said that failed, without its log and its paths."""
    if _FAILED in done.stderr:
        said = _FAILED + done.stderr.partition(_FAILED)[2]
    elif _FAILED in done.stdout:
        said = done.stdout
    else:
        said = next(filter(None, reversed(done.stderr.splitlines())), f"exit {done.returncode}")
    lines = [line for line in said.splitlines() if not _LOGGED.match(line)]
    return "\n".join(lines).strip().replace(f"{_packages()}{os.sep}", "")


def _packages() -> Path:
    """Return the folder in which a project's packages are."""
    return Path(os.environ.get(CLONE) or sysconfig.get_path("purelib"))


def _version(project: Project) -> str:
    """Return a project's version; of a clone, the day and the commit."""
    if not project.clone:
        return metadata.version(project.distribution_name)
    command = ["git", "-C", str(_packages()), "log", "-1", "--format=%cs %h"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return said.stdout.strip()


def make(root: Path, project: Project, env: str, url: str, more: str = "") -> Folder:
    """Write the folder of a project with an env.py of ours or of stock."""
    (root / "migrations" / "versions").mkdir(parents=True)
    (root / "migrations" / "env.py").write_text(env)
    (root / "migrations" / "script.py.mako").write_text(TEMPLATE)
    (root / "alembic.ini").write_text(CONFIGURATION.format(more=more))
    (root / "foreign_models.py").write_text(MODELS.format(source=project.models))
    (root / "rucio.cfg").write_text(RUCIO_CONFIG)
    variables = {
        "DATABASE_URL": url,
        "PYTHONPATH": os.pathsep.join(
            [str(root), str(ENGINE), str(_packages()), os.environ.get("PYTHONPATH", "")]
        ),
        "RUCIO_CONFIG": str(root / "rucio.cfg"),
        "AIRFLOW_HOME": str(root / "airflow"),
        "PYTHONWARNINGS": "ignore",
    }
    return Folder(root, variables)


def try_models(folder: Folder, result: Result, url: URL) -> None:
    """Write the first revision, run it there and back, then the five edits."""
    folder.run(result, "revision", "revision", "--autogenerate", "-m", "first")
    if result.steps["revision"] != "ok":
        return
    folder.run(result, "check", "check")
    for step, goal in (("up", "head"), ("down", "base"), ("up again", "head")):
        folder.run(result, step, "downgrade" if step == "down" else "upgrade", goal)
        if step == "down" and (left := _left(url)) and result.steps[step] == "ok":
            result.steps[step] = f"{left} relations are left"
    first = folder.run(result, "current", "current").split()[:1]
    for number, name in enumerate(edits.NAMES, start=1):
        said = {edits.VARIABLE: str(number)}
        for step, *arguments in (
            ("revision", "revision", "--autogenerate", "-m", name),
            ("up", "upgrade", "head"),
            ("check", "check"),
        ):
            folder.run(result, f"{name}: {step}", *arguments, **said)
    folder.run(result, "edits down", "downgrade", *first)
    folder.run(result, "edits up", "upgrade", "head")


def try_stock(folder: Folder, result: Result) -> None:
    """Do the same with stock Alembic, as far as its times are compared."""
    for step, *arguments in (
        ("stock revision", "revision", "--autogenerate", "-m", "first"),
        ("stock up", "upgrade", "head"),
        ("stock check", "check"),
    ):
        folder.run(result, step, *arguments)


def begin_history(folder: Folder, project: Project, result: Result, urls: dict[str, URL]) -> None:
    """Write what the project's own revisions begin with, and load it into their database.

    urls: of the databases "start", which is empty, and "history".
    """
    (folder.root / "foreign_start.py").write_text(START.format(source=project.start))
    start = urls["start"].render_as_string(hide_password=False)
    subprocess.run(
        [sys.executable, "-W", "ignore", "foreign_start.py"],
        cwd=folder.root,
        env={**os.environ, **folder.variables, "START_URL": start},
        check=True,
    )
    if project.is_stamped:
        url = urls["start"].set(drivername="postgresql").render_as_string(hide_password=False)
        folder.run(result, "own history: stamp", "stamp", "heads", DATABASE_URL=url)
    schema = folder.root / "schema.sql"
    run_program("pg_dump", urls["start"], "--no-owner", f"--file={schema}")
    run_script(urls["history"], schema)
    ini = folder.root / "alembic.ini"
    begins = "[alembic]\nhistory_begins_with = schema.sql\n"
    ini.write_text(ini.read_text().replace("[alembic]\n", begins))


def try_history(folder: Folder, result: Result) -> None:
    """Run the project's own revisions, and compare what they build with the models."""
    folder.run(result, "own history: up", "upgrade", "heads")
    folder.run(result, "own history: check", "check")


def _left(url: URL) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(text(LEFT))
    engine.dispose()
    return int(found or 0)


def _counts(folder: Folder) -> tuple[int, int]:
    """Return how many tables and columns the models declare."""
    program = (
        "from foreign_models import metadata as m; t = m.tables.values();"
        "print(len(t), sum(len(one.columns) for one in t))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=folder.root,
        env={**os.environ, **folder.variables},
        capture_output=True,
        text=True,
        check=True,
    )
    tables, columns = done.stdout.split()[-2:]
    return int(tables), int(columns)


def main() -> None:
    """Try the project that is named, print what came of it, and write the page."""
    project = PROJECTS[sys.argv[1]]
    with tempfile.TemporaryDirectory(
        prefix="alembic-pg-foreign-", ignore_cleanup_errors=True
    ) as name:
        place = Path(name)
        place.chmod(0o755)
        running = server.start(place / "server", durable=False)
        engine = create_engine(running.url("postgres"), isolation_level="AUTOCOMMIT")
        urls = {}
        with engine.connect() as connection:
            for database in ("ours", "stock", "history", "start"):
                connection.exec_driver_sql(f"CREATE DATABASE {database}")
                url = running.url(database).set(drivername="postgresql")
                urls[database] = url.render_as_string(hide_password=False)
        engine.dispose()
        ours = make(place / "ours", project, OURS, urls["ours"])
        result = Result(project.name, _version(project), *_counts(ours))
        try_models(ours, result, running.url("ours"))
        try_stock(make(place / "stock", project, STOCK, urls["stock"]), result)
        if project.history:
            more = f"version_locations = {_packages() / project.history}"
            folder = make(place / "history", project, HISTORY, urls["history"], more)
            if project.start:
                places = {name: running.url(name) for name in ("start", "history")}
                begin_history(folder, project, result, places)
            try_history(folder, result)
        running.release()
    page.record(asdict(result))


if __name__ == "__main__":
    main()
