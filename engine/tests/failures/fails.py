"""How a command that fails looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.testing import state
from alembic_pg.testing.tree import PASSWORD
from tests.other_ledger import ONLY_THE_ORDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree

_PROGRESS = re.compile(r"(Running|Upgrade of|Downgrade of) |\w+ took \d+\.\d s$")

LONGEST = 220  # characters of a line


def fails(tree: Tree, *arguments: str, prefix: Sequence[str] = (), **environment: str) -> str:
    """Run a command that fails and changes nothing, and return what it says."""
    before = state.read_state(tree)
    done = tree.alembic(*arguments, prefix=prefix, **environment)
    assert state.read_state(tree) == before
    return said(done)


def said(done: CommandResult, *, code: int = 1) -> str:
    """Return the one or two lines of a command that failed, without its progress before them."""
    assert done.code == code, done
    assert done.out == ""
    assert "Traceback" not in done.err
    assert PASSWORD not in done.err
    told = ONLY_THE_ORDER.sub("", done.err)
    lines = [line for line in told.splitlines() if not _PROGRESS.match(line)]
    assert 1 <= len(lines) <= 2, done.err
    assert max(map(len, lines)) < LONGEST
    assert lines[0].startswith("FAILED: ")
    return "\n".join(lines).removeprefix("FAILED: ")
