"""The revisions that were there before a project took this engine: ``alembic-pg lint`` skips them.

``lint_after = REVISION`` says it, in ``[alembic]`` of alembic.ini or ``[tool.alembic]`` of
pyproject.toml: that revision and all before it are as they are. Where there are several heads, it
names each of them, with commas or spaces between.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.util import CommandError

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

SETTING = "lint_after"


def adopted_revisions(config: Config, script: ScriptDirectory) -> frozenset[str]:
    """Return the ids of the revisions that the setting names, and of all before them.

    Raises UserError for one that no file has.
    """
    text = str(config.get_alembic_option(SETTING) or "")
    found: set[str] = set()
    for name in filter(None, re.split(r"[,\s]+", text)):
        try:
            before = list(script.walk_revisions("base", name))
            found.update(one.revision for one in before)
        except CommandError as error:
            raise UserError(f"{SETTING} names {name}, which no revision is: correct it.") from error
    return frozenset(found)
