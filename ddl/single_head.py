"""Has the history one head? ``python -m ddl.single_head``, the pre-commit hook."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from ddl.console import uncaught
from ddl.errors import UserError

ROOT = Path(__file__).resolve().parents[1]


def check() -> None:
    """Raise UserError, naming the heads, when there are several."""
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    heads = [script.get_revision(head) for head in sorted(script.get_heads())]
    if len(heads) > 1:
        names = " and ".join(f"{head.revision} ({head.doc})" for head in heads)
        raise UserError(
            f"There are {len(heads)} heads: {names}. "
            'Put one after the other (its down_revision), or join them: alembic merge heads -m "…".'
        )


if __name__ == "__main__":
    uncaught.install()
    check()
