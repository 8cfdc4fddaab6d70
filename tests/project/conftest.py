"""A git repository made of the working tree."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project.shell import ROOT, Shell

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree


@pytest.fixture
def repository(tree: Tree, pytestconfig: pytest.Config) -> Shell:
    """A git repository with a copy of the working tree, on an empty database.

    The environments of the hooks are kept in pytest's cache, one for each Python: what takes
    seconds is done once.
    """
    for name in (".pre-commit-config.yaml", "README.md"):
        shutil.copy(ROOT / name, tree.root)
    (tree.root / ".gitignore").write_text("__pycache__/\n")
    # The hooks find the engine there; git takes it for one file.
    (tree.root / "engine").symlink_to(ROOT / "engine")
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    shell = Shell(
        tree.root,
        {
            **tree.environment,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PIP_NO_COMPILE": "1",  # of what is installed, little is imported
            "PRE_COMMIT_HOME": str(pytestconfig.cache.mkdir(f"pre-commit-{python}")),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        },
    )
    code, output = shell.run(
        "git init -q -b main && git add . && "
        "git -c user.name=T -c user.email=t@example.org commit -q -m 'A copy'"
    )
    assert not code, output
    return shell
