"""Processes that use a server (use.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.embedded.ordinary import PROJECT
from tests.embedded.tools import PATIENCE

if TYPE_CHECKING:
    from contextlib import ExitStack

    from tests.embedded.ordinary import Ordinary


@dataclass(frozen=True)
class User:
    """A process that uses a server (use.py)."""

    process: subprocess.Popen[str]

    def send(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout
        assert self.process.stderr
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return str(json.loads(line))

    def start(self) -> Path:
        """Start the server (again) and return the folder of its socket."""
        self.send("start")
        return Path(self.answer().partition("host=")[2].partition("&")[0].replace("%2F", "/"))

    def fail(self) -> str:
        """Try to start the server and return what the process says and ends with."""
        _, said = self.process.communicate("start\n", timeout=PATIENCE)
        assert self.process.returncode == 1
        return str(said)

    def leave(self) -> None:
        self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def begin(  # noqa: PLR0913  # the last three are rare
    stack: ExitStack,
    folder: Path,
    kind: str = "durable",
    *,
    environment: dict[str, str] | None = None,
    account: Ordinary | None = None,
    prefix: tuple[str, ...] = (),
) -> User:
    """Start a process that will use the server of a folder. stack: its end is the process'."""
    python, path = (account.python, account.path) if account else (sys.executable, PROJECT)
    script = path / Path(__file__).with_name("use.py").relative_to(PROJECT)
    libraries = account.libraries if account else None
    process = stack.enter_context(
        subprocess.Popen(
            [*prefix, python, script, folder, kind],
            env={**(os.environ if environment is None else environment)}
            | {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
            | ({"LD_LIBRARY_PATH": str(libraries)} if libraries else {}),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account and account.uid is not None else None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    stack.callback(process.kill)
    return User(process)
