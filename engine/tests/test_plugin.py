"""What the entry point does to an Alembic project that does not use the engine: nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.adoption.packages import link_packages
from tests.adoption.stock import HEAD, url_for, write_stock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from tests.adoption.stock import Stock

# More of them would be a cost for every alembic command of the environment.
MODULES = 4

BROKEN = "def upgrade(:\n"

MISSING = 'revision = "ffffffffffff"\ndown_revision = "eeeeeeeeeeee"\n'

FAILING = f"""
from alembic import op
revision = "ffffffffffff"
down_revision = "{HEAD}"
def upgrade() -> None:
    op.create_table("customers")
"""

INTERRUPTED = f"""
import os, time
revision = "ffffffffffff"
down_revision = "{HEAD}"
def upgrade() -> None:
    os.write(1, b"!")
    time.sleep(60)
"""

COMMANDS = (
    (),
    ("--help",),
    ("--version",),
    ("nonsense",),
    ("list_templates",),
    ("init", "migrations"),
    ("init", "other"),
    ("heads", "--verbose"),
    ("history",),
    ("current",),
    ("upgrade", "head", "--sql"),
    ("downgrade", "base"),
    ("upgrade", "head"),
    ("-x", "preview", "current", "--verbose"),
    ("check",),
    ("revision", "--autogenerate", "--rev-id", "aaaaaaaaaaaa"),
    ("revision", "--rev-id", "bbbbbbbbbbbb", "-m", ""),
    ("show", "head"),
    ("downgrade", "-99"),
    ("upgrade", "nope"),
    ("upgrade", ""),
    ("--raiseerr", "upgrade", "nope"),
    ("-c", "absent.ini", "heads"),
    ("--quiet", "upgrade", "nope"),
)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same packages twice: without the engine, and with it."""
    folder = tmp_path_factory.mktemp("packages")
    without = link_packages(folder / "without", engine=False)
    return without, link_packages(folder / "with-one", engine=True)


@pytest.fixture(scope="module")
def projects(
    packages: tuple[Path, Path],
    databases: ScratchServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Stock, Stock]]:
    """The same stock project twice, each in its own environment, on a database of its own."""
    names = [databases.create(), databases.create()]
    made = []
    for name, folder in zip(names, packages, strict=True):
        environment = {
            "PYTHONPATH": str(folder),
            "DATABASE_URL": "",
            "SHADOW_DATABASE_URL": "",
        }
        root = tmp_path_factory.mktemp(folder.name) / "project"
        url = url_for(databases.database_url(name))
        made.append(write_stock(root, "generic", url, environment=environment))
        assert made[-1].run(*command(made[-1], "upgrade", "head")).code == 0
    yield made[0], made[1]
    for name in names:
        databases.drop(name)


def command(project: Stock, *arguments: str) -> list[str]:
    """Return the command line of the alembic command in the project's environment."""
    return [project.python, "-S", "-m", "alembic", *arguments]


def alike(text: str, project: Stock) -> str:
    """Return a text without what differs between two runs: paths, databases, times, addresses."""
    packages = project.environment["PYTHONPATH"]
    text = text.replace(str(project.root), "PROJECT").replace(packages, "PACKAGES")
    text = re.sub(r"\w+_scratch_\w+", "DATABASE", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "TIME", text)
    return re.sub(r"0x[0-9a-f]{6,}", "ADDRESS", text)


def test_a_stock_project_prints_what_it_printed(projects: tuple[Stock, Stock]) -> None:
    for arguments in COMMANDS:
        done = [project.run(*command(project, *arguments)) for project in projects]
        first, second = (
            (one.code, alike(one.out, project), alike(one.err, project).splitlines())
            for one, project in zip(done, projects, strict=True)
        )
        if "check" in arguments or "--autogenerate" in arguments:
            # Alembic logs what it finds in sets of objects, in another order each time.
            first[2].sort()
            second[2].sort()
        assert first == second, arguments
    written = [
        {file.name: alike(file.read_text(), project) for file in project.root.rglob("*.py")}
        for project in projects
    ]
    assert written[0] == written[1]
    for project in projects:
        for file in (project.scripts / "versions").glob("[ab]" * 12 + "_*"):
            file.unlink()
        assert project.run(*command(project, "stamp", "--purge", "head")).code == 0


@contextmanager
def revision(project: Stock, source: str) -> Iterator[None]:
    """Give the project one revision more."""
    file = project.scripts / "versions" / "ffffffffffff_x.py"
    file.write_text(source)
    try:
        yield
    finally:
        file.unlink()


@pytest.mark.parametrize("source", [BROKEN, MISSING, FAILING])
def test_it_fails_as_it_failed(projects: tuple[Stock, Stock], source: str) -> None:
    done = []
    for project in projects:
        with revision(project, source):
            result = project.run(*command(project, "upgrade", "head"))
        done.append((result.code, alike(result.out, project), alike(result.err, project)))
    assert done[0] == done[1]
    assert done[0][0]
    assert "alembic_pg" not in done[1][2]


def test_it_is_interrupted_as_it_was(projects: tuple[Stock, Stock]) -> None:
    done = []
    for project in projects:
        with (
            revision(project, INTERRUPTED),
            subprocess.Popen(
                command(project, "upgrade", "head"),
                cwd=project.root,
                env=os.environ | project.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as process,
        ):
            assert process.stdout is not None
            assert process.stdout.read(1) == b"!"
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        done.append((process.returncode, alike(told.decode(), project)))
    assert done[0] == done[1]
    assert done[0][0] == -signal.SIGINT


def test_nobody_reads_as_nobody_read(projects: tuple[Stock, Stock]) -> None:
    done = []
    for project in projects:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            result = subprocess.run(
                command(project, "history"),
                cwd=project.root,
                env=os.environ | project.environment,
                stdout=gone,
                stderr=subprocess.PIPE,
                check=False,
            )
        done.append((result.returncode, alike(result.stderr.decode(), project)))
    assert done[0] == done[1]


SHOW = "; print('MODULES', *sys.modules)"

PROGRAMS = (
    "import sys, alembic",
    "import sys, alembic.command, alembic.config",
    "import sys; sys.argv = ['alembic', 'heads']; from alembic.config import main; main()",
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_imports_next_to_nothing(projects: tuple[Stock, Stock], program: str) -> None:
    loaded = []
    for project in projects:
        done = project.run(project.python, "-S", "-c", program + SHOW)
        assert done.code == 0, done.err
        loaded.append(set(done.out.rpartition("MODULES ")[2].split()))
    more = loaded[1] - loaded[0]
    assert "alembic_pg.plugin" in more
    assert len(more) <= MODULES, more
