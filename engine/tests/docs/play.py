"""Play a page of the documentation: apply its diffs, type its commands, and write it anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

START = Path(__file__).parent / "start"

_BLOCK = re.compile(r"^```(?P<kind>console|diff)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)

# What differs from run to run, and what the pages have in its place.
_ALIKE = (
    (re.compile(r"\d+\.\d s\b"), "0.1 s"),
    (re.compile(r"\b\w+_scratch_\w+ on this machine as "), "app on the embedded server as "),
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
        if block["kind"] == "diff":
            self._apply(block["text"])
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

    def _typed(self, command: str) -> list[str]:
        """Return the lines that a command prints, its errors among them."""
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
        text = done.stdout.replace(str(self.folder), "/home/you/shop")
        for pattern, word in _ALIKE:
            text = pattern.sub(word, text)
        return [line.rstrip() for line in text.rstrip().splitlines()]


def copy_of_start(folder: Path, variables: Mapping[str, str]) -> Player:
    """Return a player in a copy of the project with which each page begins."""
    shutil.copytree(START, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return Player(folder, {**variables, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"})
