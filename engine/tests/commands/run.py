"""How a command that succeeds looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree


def run(tree: Tree, *arguments: str, **environment: str) -> str:
    """Run a command that succeeds and warns of nothing, and return what it prints."""
    done = tree.alembic(*arguments, **environment)
    assert done.code == 0, done.out + done.err
    assert not [line for line in done.err.splitlines() if not line.startswith("Running ")]
    return done.out
