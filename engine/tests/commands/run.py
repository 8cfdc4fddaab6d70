"""How a command that succeeds looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

# The lines that tell of a run.
_REPORT = re.compile(
    r"Running .*|(Upgrade|Downgrade) of database .*, \d+ revisions?|Nothing to do: database .*"
    r"|\w+ took \d+\.\d s|Done in \d+\.\d s: at .*"
)


def run(tree: Tree, *arguments: str, **environment: str) -> str:
    """Run a command that succeeds and warns of nothing, and return what it prints."""
    done = tree.alembic(*arguments, **environment)
    assert done.code == 0, done.out + done.err
    assert not [line for line in done.err.splitlines() if not _REPORT.fullmatch(line)]
    return done.out
