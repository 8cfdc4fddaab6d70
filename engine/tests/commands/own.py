"""The engine's own commands, as processes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from alembic_pg.reference import json_forms
from alembic_pg.testing.forked import run_process

if TYPE_CHECKING:
    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree


def own(tree: Tree, *arguments: str, **environment: str) -> CommandResult:
    """Run alembic-pg in a tree, with nothing to read; an empty variable is left out."""
    command = [sys.executable, "-m", "alembic_pg", *arguments]
    done = run_process(command, tree.root, tree.variables(**environment))
    if "--json" in arguments and done.out:
        _require_form(next(one for one in arguments if one in json_forms.FORMS), done.out)
    return done


def _require_form(command: str, printed: str) -> None:
    """Fail where JSON is not what docs/json.md says that a command prints."""
    number, form = json_forms.FORMS[command]
    found = json.loads(printed)
    assert found.pop("format") == number
    assert found.keys() == {"error"} or list(json_forms.mistakes(found, form)) == []
