"""How much of the engine each command imports: a run loads nothing of what it does not do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

PROBE = """
import atexit, json, runpy, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.__stderr__))
sys.argv = ["alembic", *sys.argv[1:]]
runpy.run_module("alembic", run_name="__main__")
"""

# Of a command: the packages that it must not load.
UNUSED = {
    "history": {"database", "embedded", "sql", "revisions", "online", "plan", "autogenerate"},
    "heads": {"database", "embedded", "sql", "revisions", "online", "plan", "autogenerate"},
    "current": {"plan", "autogenerate", "offline"},
    "upgrade head": {"plan", "autogenerate", "offline"},
    "downgrade -1": {"plan", "autogenerate", "offline"},
    "upgrade head --sql": {"autogenerate"},
    "-x plan upgrade head": {"autogenerate"},
}


def loaded(tree: Tree, *arguments: str) -> set[str]:
    """Return the modules that a command has loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=tree.root,
        env=tree.variables(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", UNUSED)
def test_what_a_command_does_not_do_is_not_loaded(at_head: Tree, command: str) -> None:
    modules = loaded(at_head, *command.split())
    packages = {name.split(".")[1] for name in modules if name.startswith("alembic_pg.")}
    assert packages & UNUSED[command] == set()
    assert "models" not in modules
