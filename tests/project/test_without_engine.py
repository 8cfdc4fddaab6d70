"""A copy of the repository without engine/, where its wheel is installed, is a working project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing.tree import scratch_variables

from tests.models.test_copied import THINGS
from tests.project.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL

# What is copied; what is not there is made by tools.
PARTS = ("alembic", "models", "tests", "alembic.ini", "noxfile.py", "pyproject.toml", "README.md")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of an environment that has the engine's wheel, and this one's libraries."""
    program = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = tmp_path / "wheels"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--wheel-dir", wheels, f"{ROOT / 'engine'}"], check=True
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    # An editable engine is not among them: Python reads no .pth file of a folder that one names.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    (wheel,) = wheels.iterdir()
    subprocess.run([*pip, "--python", program, "install", "--no-deps", wheel], check=True)
    return program


def test_it_takes_its_first_table(
    python: Path, tmp_path: Path, databases: ScratchServer, empty: URL
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in PARTS:
        take = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        take(ROOT / name, copy / name)
    for file in [*(copy / "alembic" / "versions").glob("*.py"), *(copy / "models").glob("*.py")]:
        if file.name not in {"__init__.py", "base.py"}:
            file.unlink()
    (copy / "alembic" / "ledger").unlink()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [python, "-m", *arguments],
            cwd=copy,
            env=os.environ
            | scratch_variables(databases)
            | {"DATABASE_URL": empty.render_as_string(hide_password=False)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    where = subprocess.run(
        [python, "-c", "import alembic_pg; print(alembic_pg.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(python.parents[1]))
    assert run("alembic", "check") == "No new upgrade operations detected.\n"
    (copy / "models" / "things.py").write_text(THINGS)
    assert "create table" in run("alembic", "revision", "--autogenerate", "-m", "things")
    for command in (["upgrade", "head"], ["check"], ["downgrade", "base"], ["upgrade", "head"]):
        run("alembic", *command)
    assert run("alembic", "current").endswith(" (head)\n")
    run("alembic_pg", "lint", "heads", "destroys")
    assert "drift" in run("nox", "--list")
