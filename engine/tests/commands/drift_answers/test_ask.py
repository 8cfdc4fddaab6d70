"""alembic-pg drift --ask, at a terminal: each is asked for, and then done."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from tests.commands.own import own

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

HAND = (
    "ALTER TABLE votes ADD COLUMN note text",
    "DROP INDEX votes_post_id_idx",
    "CREATE TABLE copies (id int)",
    "CREATE INDEX by_hand ON posts (title)",
)

# Seconds after which nothing more is waited for.
PATIENCE = 120


@dataclass
class Terminal:
    """A command at a terminal: what it has printed, and who types."""

    process: subprocess.Popen[bytes]
    descriptor: int
    shown: str = ""

    def answer(self, question: str, typed: str) -> None:
        """Type an answer when the question is there."""
        self._read_until(question)
        self.shown = self.shown.partition(question)[2]
        os.write(self.descriptor, typed.encode())

    def end(self) -> tuple[int, str]:
        """Return the exit code, and what was printed last."""
        self._read_until(None)
        return self.process.wait(PATIENCE), self.shown.replace("\r\n", "\n")

    def _read_until(self, text: str | None) -> None:
        end = time.monotonic() + PATIENCE
        while text is None or text not in self.shown:
            assert time.monotonic() < end, self.shown
            if not select.select([self.descriptor], [], [], 1)[0]:
                continue
            try:
                read = os.read(self.descriptor, 4096)
            except OSError:  # the other end is gone
                read = b""
            if not read:
                assert text is None, self.shown
                return
            self.shown += read.decode()


@pytest.fixture
def changed(tree_at_head: Tree, database: URL) -> Tree:
    state.execute(database, *HAND)
    return tree_at_head


def ask(tree: Tree, *arguments: str) -> Terminal:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "alembic_pg", "drift", *arguments, "--ask"],
        cwd=tree.root,
        env=tree.variables(TERM="dumb"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    return Terminal(process, ours)


def test_each_is_asked_for_and_done(changed: Tree) -> None:
    terminal = ask(changed)
    terminal.answer("index votes_post_id_idx (missing): [b]ack, into the [m]odels", "b\n")
    terminal.answer("column votes.note (extra)", "what?\n")
    terminal.answer("column votes.note (extra)", "m\n")
    terminal.answer("table copies (extra)", "i\n")
    terminal.answer("index by_hand (extra)", "s\n")
    terminal.answer("Why is it ignored? ", "\n")
    terminal.answer("Why is it ignored? ", "the backup's\n")
    terminal.answer("Which new module is to declare it? ", "models/by_hand.py\n")
    code, shown = terminal.end()
    assert code == 0, shown
    assert "+    note: Mapped[str | None] = mapped_column(Text())" in shown
    rules = (changed.root / "alembic" / "drift-ignore").read_text()
    assert rules == "table  public.copies  the backup's\n"
    assert own(changed, "psql", "-q", "-f", "drift-back.sql").code == 0
    left = own(changed, "drift").out
    assert "votes_post_id_idx" not in left
    assert "no drift" not in left
    assert "(1 ignored)" in left


@pytest.mark.parametrize("key", ["q\n", "\x04"], ids=["quit", "end of input"])
def test_who_leaves_does_nothing(changed: Tree, key: str) -> None:
    terminal = ask(changed, "index by_hand")
    terminal.answer("index by_hand (extra)", key)
    code, shown = terminal.end()
    assert (code, "Traceback" in shown) == (0, False), shown
    assert not (changed.root / "alembic" / "drift-ignore").exists()
