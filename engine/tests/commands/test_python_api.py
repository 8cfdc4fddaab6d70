"""Commands through Alembic's Python API, several in one process, do what the processes do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.own import own

if TYPE_CHECKING:
    from alembic.script import Script
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


SIGHT = """
import json
from pathlib import Path
from alembic.config import Config
from alembic_pg.commands.drift import Asked, answer_drift, find_drift
from alembic_pg.commands.ledger import mend_ledger, verify_ledger
from alembic_pg.commands.preflight import look
from alembic_pg.commands.rebase import rebase

config = Config("alembic.ini")
found = {"drift": [one.label for one in find_drift(config).differences]}
answer_drift(config, Asked(objects=("column *",), back=Path("back.sql")))
found["back"] = Path("back.sql").exists()
result = look(config)
found["preflight"] = [(one.object, one.count) for each in result.revisions for one in each.findings]
found["ledger"] = [one.kind for one in verify_ledger(config).problems]
found["written"] = list(mend_ledger(config).written)
try:
    rebase(config)
except Exception as error:
    found["rebase"] = str(error)
print(json.dumps(found))
"""

PENDING = """
from alembic import op
revision = "abcdef123456"
down_revision = "{head}"
def upgrade():
    op.create_check_constraint("few", "users", "id < 2")
def downgrade():
    op.drop_constraint("few", "users")
"""


def test_what_looks_at_the_target_is_there_as_functions(
    tree_at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    tree = tree_at_head
    state.execute(
        database,
        "ALTER TABLE votes ADD note text",
        "INSERT INTO users (id, email, password_hash) OVERRIDING SYSTEM VALUE "
        "VALUES (7, 'a@b.c', repeat('x', 20))",
    )
    assert own(tree, "ledger").code == 0
    pending = PENDING.format(head=revisions[-1].revision)
    (tree.versions / "abcdef123456_x.py").write_text(pending)
    script = tree.root / "sight.py"
    script.write_text(SIGHT)
    done = subprocess.run(
        [sys.executable, script],
        cwd=tree.root,
        env=tree.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["drift"] == ["column votes.note"]
    assert found["back"]
    assert found["preflight"] == [["users.few", 1]]
    assert found["ledger"] == ["missing"]
    assert found["written"] == ["abcdef123456"]
    assert "git" in found["rebase"]
