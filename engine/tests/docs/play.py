"""Play a page of the documentation: apply its diffs, type its commands, and write it anew.

A block ``console`` is typed and compared. A block ``diff`` is applied. A block whose first line is
a comment with the name of a file is written to it. A comment ``<!-- typed: … -->`` has commands
that a reader need not see.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

START = Path(__file__).parent / "start"

_BLOCK = re.compile(
    r"^```(?P<kind>console|diff|python|sql|text)\n(?P<text>.*?)^```$"
    r"|^<!-- typed:\n(?P<typed>.*?)^-->$",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"(?:#|--) (?P<name>[\w./-]+)\n")
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)

# A command that stays until Ctrl-C, and the last that it prints.
_STAYS = "alembic-pg serve"
_UNTIL = "until Ctrl-C"

# What differs from run to run, and what the pages have in its place.
_ALIKE = (
    (re.compile(r"\d+\.\d s\b"), "0.1 s"),
    (re.compile(r"\b\w+_scratch_\w+ on this machine as "), "app on the embedded server as "),
    (re.compile(r"^(port      )\d+$", re.MULTILINE), r"\g<1>46519"),
    (re.compile(r"^(password  )\S+$", re.MULTILINE), r"\g<1>2QJw0q6zq8nBfYkP"),
    (re.compile(r":[\w-]{16}@127\.0\.0\.1:\d+/"), ":2QJw0q6zq8nBfYkP@127.0.0.1:46519/"),
    (re.compile(r"(without a password: )/\S+"), r"\g<1>/run/user/1000/alembic-pg"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+00)?"), "2026-01-31 09:30:00"),
    (re.compile(r"\b[0-9a-f]{12}(?=[_ :,)]|$)", re.MULTILINE), "d8a2f5c9e1b7"),
)


@dataclass(frozen=True)
class Player:
    """A copy of the project with which each page begins. folder: its. variables: of its shell."""

    folder: Path
    variables: Mapping[str, str]

    def play(self, page: str) -> str:
        """Return a page with what its commands print today."""
        return _BLOCK.sub(self._play_block, page)

    def _play_block(self, block: re.Match[str]) -> str:
        if block["typed"]:
            for command in block["typed"].splitlines():
                self._typed(command, must_succeed=True)
            return block[0]
        if block["kind"] == "diff":
            self._apply(block["text"])
            return block[0]
        if block["kind"] != "console":
            if named := _FILE.match(block["text"]):
                file = self.folder / named["name"]
                file.write_text(block["text"].removeprefix(named[0]))
            return block[0]
        lines = []
        for command in _COMMAND.findall(block["text"]):
            lines += [f"$ {command}", *self._typed(command)]
        return "\n".join(["```console", *lines, "```"])

    def _apply(self, diff: str) -> None:
        done = subprocess.run(
            ["git", "apply", "--recount", "--unidiff-zero", "-"],
            cwd=self.folder,
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(self.folder.parent)},
            input=diff,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, f"{done.stderr}\n{diff}"

    def _typed(self, command: str, *, must_succeed: bool = False) -> list[str]:
        """Return the lines that a command prints, its errors among them."""
        if command == _STAYS:
            return self._normal(self._until_it_stays())
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=os.environ | dict(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert not (must_succeed and done.returncode), f"{command}\n{done.stdout}"
        return self._normal(done.stdout)

    def _until_it_stays(self) -> str:
        """Return what a command prints until it stays; end it."""
        with subprocess.Popen(
            _STAYS.split(),
            cwd=self.folder,
            env=os.environ | dict(self.variables),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            printed = ""
            for line in process.stdout or ():
                printed += line
                if _UNTIL in line:
                    break
            process.send_signal(signal.SIGINT)
        assert process.returncode == 0
        return printed

    def _normal(self, text: str) -> list[str]:
        """Return lines with the page's folder, dates, seconds and names, not the test's."""
        text = text.replace(str(self.folder), "/home/you/shop")
        for pattern, word in _ALIKE:
            text = pattern.sub(word, text)
        return [line.rstrip() for line in text.rstrip().splitlines()]


def copy_of_start(folder: Path, variables: Mapping[str, str]) -> Player:
    """Return a player in a copy of the project with which each page begins."""
    shutil.copytree(START, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {
        "PATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true",
    }
    return Player(folder, {**variables, **own})
