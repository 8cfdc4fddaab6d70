"""An -x that nobody has is refused before anything is done; -x help does nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.console import option_list
from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "SHADOW_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
}

# All that run env.py.
COMMANDS = [
    ("upgrade", "head"),
    ("upgrade", "head", "--sql"),
    ("downgrade", "-1"),
    ("stamp", "head"),
    ("current",),
    ("check",),
    ("ensure_version",),
    ("revision", "--autogenerate", "-m", "x"),
    ("history", "--indicate-current"),
]

REWRITES = '''
"""add a column whose values are computed from others"""
from alembic import op
revision = "1a"
down_revision = "0a"
def upgrade():
    op.execute("ALTER TABLE t ADD c int GENERATED ALWAYS AS (a * 2) STORED")
'''

LIST = f"{option_list.screen_text()}\n"

UNKNOWN = f"FAILED: -x preview is unknown.\n{LIST}"

# A caller who does not look at the arguments, as alembic's command line does.
CALLER = """
import sys
from argparse import Namespace
from alembic import command
from alembic.config import Config

config = Config("alembic.ini", cmd_opts=Namespace(x=sys.argv[2:]))
arguments = {"revision": ("x", True), "current": (), "check": ()}.get(sys.argv[1], ("head",))
getattr(command, sys.argv[1])(config, *arguments)
print("went on")
"""


@pytest.mark.parametrize("typed", COMMANDS)
def test_an_unknown_name_is_refused_at_once(project: Tree, typed: tuple[str, ...]) -> None:
    done = project.alembic("-x", "preview", *typed, **NOWHERE)
    assert (done.code, done.out, done.err) == (1, "", UNKNOWN)


@pytest.mark.parametrize("command", ["upgrade", "stamp", "current", "check", "revision"])
def test_a_caller_is_refused_too(project: Tree, command: str) -> None:
    done = call(project, command, "batch=1s", "preview")
    assert (done.returncode, done.stdout) == (1, "")
    assert "UserError: -x preview is unknown.\noption " in done.stderr


def test_env_py_may_name_its_own(tree: Tree) -> None:
    file = tree.root / "alembic" / "env.py"
    text = file.read_text()
    file.write_text(text.replace("environment.run(", 'environment.run(options=["plans"], '))
    run(tree, "-x", "plans=some", "upgrade", "head")
    for name, near in (("plams", "plan"), ("PLANS", "plans")):
        done = tree.alembic("-x", name, "downgrade", "-1")
        assert done.err.startswith(f"FAILED: -x {name} is unknown: did you mean -x {near}")
    file.write_text(text.replace("environment.run(", 'environment.run(options="plans", '))
    run(tree, "-x", "plans=some", "upgrade", "head")
    file.write_text(text.replace("environment.run(", 'environment.run(options=["batch"], '))
    done = tree.alembic("current")
    assert done.err == ("FAILED: env.py names an option batch, which alembic_pg has: rename it.\n")


def test_what_cannot_be_read_is_refused_at_once(project: Tree) -> None:
    done = project.alembic("-x", "large_table=much", "upgrade", "head", **NOWHERE)
    assert done.err == (
        'FAILED: -x large_table is "much", which is no size: write 0, 500kB, 8MB or 1GB.\n'
    )
    done = project.alembic("stamp", "head", ALEMBIC_BATCH="few", **NOWHERE)
    assert done.err.startswith('FAILED: ALEMBIC_BATCH is "few", which is no time: ')


@pytest.mark.parametrize("typed", [(), ("heads",), ("revision", "-m", "x"), *COMMANDS])
def test_help_does_nothing_else(project: Tree, typed: tuple[str, ...]) -> None:
    assert run(project, "-x", "help", *typed, **NOWHERE) == LIST


@pytest.mark.parametrize("command", ["upgrade", "check", "revision"])
def test_help_for_a_caller(project: Tree, command: str) -> None:
    done = call(project, command, "help")
    assert (done.returncode, done.stdout, done.stderr) == (0, LIST, "")


def test_the_engines_own_command_lists_the_same() -> None:
    for arguments, text in (((), LIST), (("--markdown",), option_list.page())):
        command = [sys.executable, "-m", "alembic_pg", "options", *arguments]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == text


@pytest.mark.parametrize("typed", [("stamp", "head"), ("check",), ("current",)])
def test_a_plan_of_what_has_none(project: Tree, typed: tuple[str, ...]) -> None:
    done = project.alembic("-x", "plan", *typed, **NOWHERE)
    assert done.code == 1
    assert done.err.endswith(" has no plan: leave -x plan out.\n")


def test_from_which_size_a_table_is_large(busy: Tree) -> None:
    (busy.versions / "1a.py").write_text(REWRITES)
    large, small = ("-x", "large_table=1MB"), ("-x", "large_table=1TB")
    assert "Refused: " in run(busy, "-x", "plan", *large, "upgrade", "head")
    assert "Refused: " not in run(busy, "-x", "plan", *small, "upgrade", "head")
    done = busy.alembic("upgrade", "head", ALEMBIC_LARGE_TABLE="1MB")
    assert "stops: Adding the column c reads or writes all of t (" in done.err
    run(busy, *small, "upgrade", "head", ALEMBIC_LARGE_TABLE="1MB")
    assert state.versions(state.target_url(busy)) == ["1a"]


def call(tree: Tree, command: str, *given: str) -> subprocess.CompletedProcess[str]:
    """Run a command through Alembic's Python API."""
    return subprocess.run(
        [sys.executable, "-c", CALLER, command, *given],
        cwd=tree.root,
        env=tree.variables(**NOWHERE),
        capture_output=True,
        text=True,
        check=False,
    )
