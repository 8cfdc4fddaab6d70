"""alembic-pg reset: the embedded database goes, and no other one."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded import server_files
from tests.commands.own import own
from tests.embedded.tools import Tools
from tests.failures.fails import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.testing.tree import Tree

OURS = """
SELECT relname FROM pg_class WHERE relname = 'gone'
UNION SELECT rolname FROM pg_roles WHERE rolname = 'kept_nowhere' ORDER BY 1
"""


@pytest.fixture
def embedded(tree: Tree) -> Iterator[Tree]:
    """A copy of the tree, whose target is its embedded server."""
    del tree.environment["DATABASE_URL"]
    done = own(tree, "psql", "-c", "CREATE ROLE kept_nowhere", "-c", "CREATE TABLE gone ()")
    assert done.code == 0, done
    yield tree
    own(tree, "reset", "--yes")


def tables(tree: Tree) -> str:
    """Return the tables and roles of the test in the target, which is made when missing."""
    done = own(tree, "psql", "-At", "-c", OURS)
    assert done.code == 0, done
    return done.out


def test_it_says_so_and_is_confirmed_and_leaves_nothing(embedded: Tree) -> None:
    folder = embedded.root / ".postgres" / "target"
    assert said(own(embedded, "reset")) == (
        f"The embedded database posts in {folder} will be thrown away, with all its rows: "
        "add --yes."
    )
    for url in ("postgresql://elsewhere/posts", "postgresql://"):
        assert said(own(embedded, "reset", "--yes", DATABASE_URL=url)) == (
            "DATABASE_URL names a database, and only the embedded one can be thrown away: "
            "unset DATABASE_URL if you mean that one."
        )
    assert tables(embedded) == "gone\nkept_nowhere\n"
    done = own(embedded, "reset", "--yes")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "The embedded database posts is gone, with its rows. alembic upgrade head builds it anew.\n"
    )
    assert not (folder / server_files.DATA).exists()
    assert own(embedded, "reset", "--yes").out == (
        "There is no embedded database here: nothing to throw away. "
        "alembic upgrade head builds it anew.\n"
    )
    assert tables(embedded) == ""


def test_who_uses_it_is_named_and_left_alone(embedded: Tree) -> None:
    user = subprocess.Popen(
        [sys.executable, "-m", "alembic_pg", "psql", "-c", "SELECT pg_sleep(60)"],
        cwd=embedded.root,
        env=embedded.variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with user:
        lock = embedded.root / ".postgres" / "target" / server_files.USERS_LOCK
        Tools.until(lambda: str(user.pid) in holders(lock))
        sentence = said(own(embedded, "reset", "--yes"))
        os.killpg(user.pid, signal.SIGINT)
    assert sentence.startswith(f"The embedded server is in use by process {user.pid} (")
    assert sentence.endswith("): end that, then run the same command again.")
    assert tables(embedded) == "gone\nkept_nowhere\n"


def holders(lock: Path) -> list[str]:
    """Return the processes that hold a shared lock of a file (proc_locks(5))."""
    inode = lock.stat().st_ino
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return [row[4] for row in rows if row[3] == "READ" and row[5].endswith(f":{inode}")]


def test_a_server_whose_keeper_was_killed_is_stopped(embedded: Tree) -> None:
    folder = embedded.root / ".postgres" / "target"
    program = (
        "import json, os, signal; from pathlib import Path; from alembic_pg.embedded import server;"
        "folder = Path('.postgres/target'); server.start(folder, durable=True);"
        "keeper = json.loads((folder / 'server.json').read_bytes())['keeper'];"
        "os.kill(keeper, signal.SIGKILL); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=embedded.root,
        env=embedded.variables(),
        check=False,
    )
    assert server_files.read_postmaster(folder)[1] == "ready"
    assert own(embedded, "reset", "--yes").code == 0
    assert not Tools.below(folder)


@pytest.mark.parametrize(("answer", "code"), [("no", 1), ("yes", 0)])
def test_at_a_terminal_it_asks(embedded: Tree, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "alembic_pg", "reset"],
        cwd=embedded.root,
        env=embedded.variables(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, f"{answer}\n".encode())
        out, _ = process.communicate()
    os.close(ours)
    os.close(theirs)
    assert "will be thrown away, with all its rows. Type yes to go on: " in out
    assert process.returncode == code
    assert (embedded.root / ".postgres" / "target" / server_files.DATA).exists() is (code == 1)
