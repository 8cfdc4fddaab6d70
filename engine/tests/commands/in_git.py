"""A tree of a few revisions in a git repository."""

from __future__ import annotations

import re
import subprocess
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from tests.commands.own import own

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

REVISION = '''"""{message}"""
from alembic import op
revision = "{revision}"
down_revision = {down!r}
branch_labels = depends_on = None
def upgrade(): {up}
def downgrade(): {back}
'''


def write(
    tree: Tree,
    revision: str,
    down: str | tuple[str, ...] | None,
    up: str = "pass",
    back: str = "pass",
) -> Path:
    file = tree.versions / f"{revision}.py"
    # Python takes the bytecode of a text as long as this one that was written in the same second.
    Path(cache_from_source(str(file))).unlink(missing_ok=True)
    file.write_text(
        REVISION.format(message=revision, revision=revision, down=down, up=up, back=back)
    )
    return file


def git(tree: Tree, *arguments: str) -> subprocess.CompletedProcess[str]:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *who, *arguments], cwd=tree.root, capture_output=True, text=True, check=False
    )


def commit(tree: Tree) -> None:
    git(tree, "add", "-A")
    assert git(tree, "commit", "-q", "-m", "x").returncode == 0


def ledger(tree: Tree) -> Path:
    return tree.root / "alembic" / "ledger"


def lines(tree: Tree) -> list[tuple[str, ...]]:
    return re.findall(r"^(\w+) -> (\S+) -> (\w+)$", ledger(tree).read_text(), re.MULTILINE)


def begin(tree: Tree) -> None:
    """Leave three revisions of a tree and no models, committed on main, with their ledger."""
    for file in tree.versions.glob("*.py"):
        file.unlink()
    for file in (tree.root / "models").glob("*.py"):
        if file.name not in {"__init__.py", "base.py"}:
            file.unlink()
    write(tree, "a1", None, "op.execute('CREATE TABLE t (a int)')")
    write(tree, "a2", "a1", "op.execute('CREATE INDEX i ON t (a)')")
    write(tree, "a3", "a2", "op.execute('DROP TABLE t')")
    done = own(tree, "ledger")
    assert (done.code, done.err) == (0, ""), done
    assert "3 revisions" in done.out
    assert "3 lines written" in done.out
    (tree.root / ".gitignore").write_text("__pycache__/\n")
    git(tree, "init", "-q", "-b", "main")
    commit(tree)


def lose(folder: Path, name: str) -> None:
    """Let git lose what it keeps of a committed file: a damaged disk, a clone that has not all."""
    asked = ["git", "-C", str(folder), "rev-parse", f"HEAD:{name}"]
    blob = subprocess.run(asked, capture_output=True, check=True, text=True).stdout.strip()
    file = folder / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.unlink()
