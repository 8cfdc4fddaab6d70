"""docs/adopt.md, gone through: from the wheel to an upgrade beside traffic, and back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import threading
import time
import venv
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.testing import state
from alembic_pg.testing.tree import scratch_variables
from sqlalchemy import text
from tests.adoption.packages import link_packages
from tests.adoption.stock import HEAD, Stock, url_for, write_stock

from tests.project import ENGINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL

PAGE = (ENGINE / "docs" / "adopt.md").read_text()

# Seconds that a writer of a small table may be kept waiting, on a busy machine.
PATIENCE = 5

CONFIGURATION = {"generic": "alembic.ini", "async": "alembic.ini", "pyproject": "pyproject.toml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(ENGINE)], check=True)
    return next(folder.glob("alembic_pg-*.whl"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed here, without the engine."""
    return link_packages(tmp_path_factory.mktemp("packages") / "site", engine=False)


@pytest.fixture(params=CONFIGURATION)
def project(  # noqa: PLR0913, PLR0917  # fixtures
    request: pytest.FixtureRequest,
    databases: ScratchServer,
    empty: URL,
    packages: Path,
    wheel: Path,
    tmp_path: Path,
) -> Stock:
    """A stock project at head, in an environment of its own that has no engine yet."""
    python = make_environment(tmp_path / "venv", packages)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    variables = scratch_variables(databases) | {
        "DATABASE_URL": "",
        "PATH": path,
        "PIP_NO_INDEX": "1",
        "WHEEL": str(wheel),
    }
    template = request.param
    driver = "postgresql+asyncpg" if template == "async" else "postgresql+psycopg2"
    made = write_stock(
        tmp_path / "project",
        template,
        url_for(empty, driver),
        python=str(python),
        environment=variables,
    )
    made.expect("upgrade", "head")
    return made


def make_environment(folder: Path, packages: Path) -> Path:
    """Make a virtual environment that sees some packages; return its interpreter."""
    venv.create(folder, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "linked.pth").write_text(f"{packages}\n")
    for name, module in (("alembic", "alembic"), ("alembic-pg", "alembic_pg")):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m {module} "$@"\n')
        program.chmod(0o755)
    return folder / "bin" / "python"


def commands(chapter: int) -> list[str]:
    """Return the commands of a chapter of the page."""
    part = re.split(r"^## \d\. ", PAGE, flags=re.MULTILINE)[chapter]
    blocks = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def type_commands(project: Stock, chapter: int, *expected: int) -> str:
    """Type a chapter's commands, which end with some codes, 0 where none is left; return all."""
    said = ""
    codes = [*expected]
    for line in commands(chapter):
        done = project.run("sh", "-c", line)
        code = codes.pop(0) if codes else 0
        assert done.code == code, f"{line}: {done.out}{done.err}"
        said += f"$ {line}\n{done.out}{done.err}"
    return said


def test_the_page(project: Stock, request: pytest.FixtureRequest, empty: URL) -> None:
    template = request.node.callspec.params["project"]
    original = project.env.read_text()
    began = time.monotonic()
    times = {}

    def note(what: str) -> None:
        nonlocal began
        times[what], began = time.monotonic() - began, time.monotonic()

    before = project.alembic("history").out
    type_commands(project, 1)
    note("install")
    assert project.alembic("history").out == before
    if template == "generic":
        project.env.write_text(next(iter(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))))
    else:
        project.edit(project.env, "import context\n", f"import context\n{IMPORT}\n")
        project.edit(project.env, "context.configure(", "environment.configure(")
    said = type_commands(project, 3, *[255, 0, 0, 0, 0, 1])
    note("to a clean check")
    assert "orders.status" in said
    assert "No new upgrade operations detected." in said
    assert "Nothing to declare." in said
    assert "Revision 000000000008 (no note) destroys column orders.note" in said
    exempt(project, CONFIGURATION[template])
    assert project.run("sh", "-c", commands(3)[-1]).code == 0
    project.edit("shop/models/orders.py", "Numeric(10, 2))", "Numeric(10, 2), index=True)")
    with writing(empty) as longest:
        said = type_commands(project, 4)
    note("an upgrade beside traffic")
    assert "in steps, which commit" in said
    assert max(longest) < PATIENCE
    project.env.write_text(original)
    type_commands(project, 5)
    run(project, "python -m pip uninstall --quiet --yes alembic-pg")
    project.expect("downgrade", "base")
    project.expect("upgrade", "head")
    note("back to stock")
    project.expect("check")
    assert len(longest) > 1
    assert "INDEX public.ix_orders_total" in " ".join(state.schema(empty))
    print(template, {what: round(seconds, 1) for what, seconds in times.items()})  # noqa: T201  # pytest -rP shows it


IMPORT = "from alembic_pg import environment"


def exempt(project: Stock, file: str) -> None:
    """Put the page's line into the project's configuration."""
    name, _, value = next(iter(re.findall(r"```ini\n(.*?)\n```", PAGE))).partition(" = ")
    assert value == HEAD
    head = "[alembic]\n" if file.endswith(".ini") else "[tool.alembic]\n"
    line = f"{name} = {value}" if file.endswith(".ini") else f'{name} = "{value}"'
    project.edit(file, head, f"{head}{line}\n")


def run(project: Stock, line: str) -> None:
    """Run a command that must succeed."""
    done = project.run(*shlex.split(line))
    assert done.code == 0, done.err


@contextmanager
def writing(database: URL) -> Iterator[list[float]]:
    """Write to the tables all the time; yield how long each write took, in seconds."""
    took = [0.0]
    done = threading.Event()

    def write() -> None:
        with connect(database, source="the test") as connection:
            while not done.is_set():
                began = time.monotonic()
                with connection.begin():
                    new = connection.scalar(
                        text(
                            "INSERT INTO customers (name, email) "
                            "VALUES ('x', gen_random_uuid()::text) RETURNING id"
                        )
                    )
                    connection.execute(
                        text(
                            "INSERT INTO orders (customer_id, total, status) "
                            "VALUES (:new, 1, 'new')"
                        ),
                        {"new": new},
                    )
                took.append(time.monotonic() - began)
                time.sleep(0.01)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield took
    finally:
        done.set()
        thread.join()
