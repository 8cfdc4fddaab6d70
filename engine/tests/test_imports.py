"""How many of the engine's modules each command imports: printed, and not more than now."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.testing.tree import Tree

PROBE = """
import atexit, json, runpy, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.__stderr__))
sys.argv = ["alembic", *sys.argv[1:]]
runpy.run_module("alembic", run_name="__main__")
"""

# Of a command: how many modules of the engine it loads at most.
MOST = {
    "history": 12,
    "heads": 12,
    "current": 64,
    "check": 168,
    "upgrade head": 155,
    "downgrade -1": 155,
    "upgrade head --sql": 101,
    "-x plan upgrade head": 182,
}


@pytest.mark.parametrize("command", MOST)
def test_a_command_loads_no_more_modules(
    at_head: Tree, command: str, record_property: Callable[[str, object], None]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *command.split()],
        cwd=at_head.root,
        env=at_head.variables(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules = set(json.loads(done.stderr.splitlines()[-1]))
    engine = {name for name in modules if name.partition(".")[0] == "alembic_pg"}
    record_property(MODULES, (command, len(engine), len(modules)))
    assert len(engine) <= MOST[command], sorted(engine)
