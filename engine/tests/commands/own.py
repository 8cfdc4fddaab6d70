"""The engine's own commands, as processes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.testing.forked import run_process

if TYPE_CHECKING:
    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree


def own(tree: Tree, *arguments: str, **environment: str) -> CommandResult:
    """Run alembic-pg in a tree, with nothing to read; an empty variable is left out."""
    command = [sys.executable, "-m", "alembic_pg", *arguments]
    return run_process(command, tree.root, tree.variables(**environment))
