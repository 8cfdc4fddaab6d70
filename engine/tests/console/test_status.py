"""The line that tells what a command does: on a terminal, while it does it, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.console import terminal

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree

HEAD = """\
import sys, time, threading
from alembic_pg.console import activation, status
"""

LONG = f"""{HEAD}
with activation.status_line(), status.doing("Running the revisions"):
    for number in range(1, 5):
        status.reached("revision", number, 4)
        time.sleep(0.6)
        if number == 3:
            print("said meanwhile")
            print("a question? ", end="", flush=True)
            time.sleep(0.6)
            print("answered", file=sys.stderr)
assert threading.active_count() == 1
print("the end")
"""

SAID = ["said meanwhile", "a question? answered", "the end"]

NESTED = f"""{HEAD}
with activation.status_line(), status.doing("Proving the revision"):
    status.reached("operation", 201, 2000)
    with status.doing("Reading a schema with pg_dump"):
        time.sleep(3.5)
    raise KeyboardInterrupt
"""

SHORT = f"""{HEAD}
with activation.status_line(), status.doing("Running the revisions"):
    time.sleep(0.3)
print("rich" in sys.modules)
"""

# Each revision takes its second, which nobody would know without the line.
SLOW = """\
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade():
    op.execute("SELECT pg_sleep(1)")


def downgrade():
    op.execute("SELECT pg_sleep(0)")
"""


def shown(script: str, columns: int = 80, **variables: str) -> terminal.Shown:
    """Return what a terminal shows of a script."""
    command = [sys.executable, "-c", script]
    return terminal.run(command, columns, None, os.environ, **variables)


def test_it_tells_what_is_done_and_is_gone_before_anything_else_is_said() -> None:
    done = shown(LONG)
    assert "\rRunning the revisions: revision 2 of 4" in plain(done.raw)
    assert done.raw.count("\x1b[K") > 3
    assert done.lines == SAID


def test_it_tells_since_when_and_of_what_and_is_gone_after_an_interrupt() -> None:
    done = shown(NESTED)
    told = "Proving the revision: operation 201 of 2,000, reading a schema with pg_dump (3 s)"
    assert told[:79] not in plain(done.raw)  # one letter more than fits
    assert f"{told[:78]}…" in plain(done.raw)
    assert told in plain(shown(NESTED, 100).raw)
    assert not any("Proving" in line for line in done.lines)
    assert "KeyboardInterrupt" in done.lines[-1]


@pytest.mark.parametrize("columns", [30, 80])
def test_it_is_never_wider_than_the_window(columns: int) -> None:
    raw = plain(shown(LONG, columns).raw)
    told = [part for line in raw.split("\n") for part in line.split("\r") if "Running" in part]
    assert told
    assert max(map(len, told)) < columns


def test_no_color_is_respected() -> None:
    assert "\x1b[2m" in shown(LONG).raw
    assert "\x1b[3" not in shown(LONG, NO_COLOR="1").raw
    assert shown(LONG, NO_COLOR="1").lines == SAID


def test_nothing_is_drawn_of_what_is_short_or_where_no_terminal_is() -> None:
    assert shown(SHORT).raw == "False\r\n"
    assert shown(LONG, TERM="dumb").raw.split("\r\n")[:-1] == SAID
    done = subprocess.run(
        [sys.executable, "-c", LONG], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("said meanwhile\na question? the end\n", "answered\n")


def test_a_check_tells_which_revision_runs_in_its_other_process(tree: Tree) -> None:
    slow(tree, 3)
    command = [sys.executable, "-m", "alembic", "check"]
    check = terminal.run(command, 100, tree.root, tree.variables())
    told = [f"a scratch database: revision {number} of" in check.raw for number in range(2, 40)]
    assert any(told), check.raw
    assert check.lines == ["No new upgrade operations detected."]
    quiet = terminal.run([*command[:3], "-q", "check"], 100, tree.root, tree.variables())
    assert "scratch database" not in quiet.raw


def slow(tree: Tree, number: int) -> None:
    """Add revisions that take their time."""
    before = max(tree.versions.glob("*.py")).name.split("_")[4]
    for one in range(number):
        revision = f"{one:012x}"
        file: Path = tree.versions / f"slow_{one}.py"
        file.write_text(SLOW.format(revision=revision, before=before))
        before = revision


def plain(raw: str) -> str:
    """Return what a terminal got without the letters' looks."""
    return raw.replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\x1b[K", "")
