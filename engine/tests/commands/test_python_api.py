"""Commands through Alembic's Python API, several in one process, do what the processes do."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from alembic_pg.testing import state

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

MODEL = '''
from sqlalchemy import DDL, event
from sqlalchemy.orm import Mapped
from models.base import Base, Id

class Tag(Base):
    """A word."""
    __tablename__ = "tags"
    id: Mapped[Id]
    name: Mapped[str]

event.listen(Base.metadata, "after_create", DDL("CREATE STATISTICS seen ON id, name FROM tags"))
'''

COMMANDS = (
    ("upgrade", "head"),
    ("revision", "--autogenerate", "-m", "add tags", "--rev-id", "abcdef123456"),
    ("upgrade", "head"),
    ("check",),
    ("downgrade", "-1"),
    ("upgrade", "+1"),
    ("current",),
    ("check",),
)

API = """
from alembic import command
from alembic.config import Config

config = Config("alembic.ini")
command.upgrade(config, "head")
command.revision(config, "add tags", autogenerate=True, rev_id="abcdef123456")
command.upgrade(config, "head")
command.check(config)
command.downgrade(config, "-1")
command.upgrade(config, "+1")
command.current(config)
command.check(config)
"""


def test_the_same_commands_in_one_process(tree: Tree, tree_at_head: Tree, database: URL) -> None:
    (tree.root / "models" / "tags.py").write_text(MODEL)
    printed = ""
    for arguments in COMMANDS:
        done = tree_at_head.alembic(*arguments)
        assert done.code == 0, done.err
        printed += done.out
    file = next(tree.versions.glob("*abcdef123456*"))
    written = file.read_text()
    file.unlink()
    called = subprocess.run(
        [sys.executable, "-c", API],
        cwd=tree.root,
        env=tree.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain(called.stdout) == plain(printed)
    again = next(tree.versions.glob("*abcdef123456*"))
    assert plain(again.read_text()) == plain(written)
    assert state.schema(state.target_url(tree)) == state.schema(database)


def plain(text: str) -> str:
    """Return a text without dates and file names."""
    return re.sub(r"\d{4}[-_]\d\d[-_]\d\d[^\s]*( [\d:.+]+)?|/\S+", "…", text)
