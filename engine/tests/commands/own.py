"""The engine's own commands, as processes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from alembic_pg.testing.forked import CommandResult

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree


def own(tree: Tree, *arguments: str, **environment: str) -> CommandResult:
    """Run alembic-pg in a tree, with nothing to read; an empty variable is left out."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic_pg", *arguments],
        cwd=tree.root,
        env=tree.variables(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)
