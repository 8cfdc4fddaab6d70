"""``pip install .``: what an application gets that only wants the models."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nox.project
import pytest

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

VERSION = nox.project.load_toml(ROOT / "pyproject.toml")["project"]["version"]

PROBE = """
import importlib.metadata, json, sys
import models
project = importlib.metadata.distribution("posts-schema")
print(json.dumps({
    "tables": sorted(models.Base.metadata.tables),
    "folders": sorted({file.parts[0] for file in project.files}),
    "typed": "models/py.typed" in map(str, project.files),
    "installed": sorted(other.name.lower() for other in importlib.metadata.distributions()),
    "imported": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, Any]:
    """What is found in a clean virtual environment after ``pip install .``."""
    source = tmp_path / "source"
    shutil.copytree(ROOT / "models", source / "models")
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, source)
    for name in ("alembic", "engine"):  # which must not be taken along
        shutil.copytree(ROOT / name, source / name)
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", python.parents[1])
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-compile", source)
    return dict(json.loads(run(python, "-I", "-c", PROBE)))


def test_an_application_gets_the_models_and_two_libraries(installed: dict[str, Any]) -> None:
    assert installed["tables"] == ["posts", "users", "votes"]
    assert installed["typed"]
    assert set(installed["folders"]) == {"models", f"posts_schema-{VERSION}.dist-info"}
    theirs = {"alembic", "flupy", "mako", "markupsafe", "parse", "typing-extensions"}
    names = {name.replace("_", "-") for name in installed["installed"]}
    assert names == {"alembic-utils", "posts-schema", "sqlalchemy"} | theirs
    assert not {"alembic_pg", "psycopg2"} & set(installed["imported"])


def test_installing_leaves_nothing_in_the_working_tree() -> None:
    """Hatchling, unlike setuptools, writes neither build/ nor egg-info where it builds."""
    for place in (ROOT, ROOT / "engine", ROOT / "engine" / "src"):
        assert not (place / "build").exists()
        assert list(place.glob("*.egg-info")) == []


def run(*command: str | Path) -> str:
    """Run a program and return its output."""
    return subprocess.run(
        command, cwd=ROOT.anchor, stdout=subprocess.PIPE, text=True, timeout=300, check=True
    ).stdout
