"""Check that the history has one head: ``alembic-pg lint heads``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_pg.errors import UserError
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from alembic.config import Config


def check(config: Config) -> None:
    """Raise UserError, naming the heads, when there are several."""
    _require_heads(ScriptDirectory.from_config(config), 1)


def require_joined(script: ScriptDirectory) -> None:
    """Raise UserError, naming the heads, when a history has more heads than beginnings."""
    _require_heads(script, max(1, len(script.get_bases())))


def _require_heads(script: ScriptDirectory, most: int) -> None:
    heads = [script.get_revision(head) for head in sorted(script.get_heads())]
    if len(heads) > most:
        names = " and ".join(map(revision_label, heads))
        raise UserError(
            f"There are {len(heads)} heads: {names}. "
            'Put one after the other (alembic-pg rebase), or join them: alembic merge heads -m "…".'
        )
