"""alembic-pg completion: a script that a shell takes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from alembic_pg import cli
from tests.commands.own import own

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

ASK = """
source /dev/stdin
COMP_WORDS=(alembic-pg dri) COMP_CWORD=1
_shtab_alembic_pg 2>/dev/null
echo "${COMPREPLY[@]}"
"""


def test_bash_completes_a_command(tree: Tree) -> None:
    script = own(tree, "completion", "bash").out
    done = subprocess.run(
        ["bash", "-c", ASK], input=script, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["drift"], done.stderr


def test_every_command_is_in_it(tree: Tree) -> None:
    names = [command.__name__.rpartition(".")[2] for command in cli._COMMANDS]  # noqa: SLF001  # no public list
    for shell in ("bash", "zsh", "tcsh"):
        done = own(tree, "completion", shell)
        assert done.code == 0
        assert all(name in done.out for name in names)


def test_a_shell_that_is_not_known(tree: Tree) -> None:
    done = own(tree, "completion", "powershell")
    assert done.code == 2
    assert "invalid choice" in done.err
