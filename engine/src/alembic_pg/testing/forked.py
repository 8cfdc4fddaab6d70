"""Run the alembic command in a process forked from one that has imported the libraries."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SERVER_SCRIPT = Path(__file__).with_name("forkserver.py")

# What the interpreter looks at when it starts, or coverage: a forked process started long ago.
_STARTUP_VARIABLES = ("PYTHON", "LC_", "LANG", "LD_", "COVERAGE")

_TIMEOUT = 120  # seconds


@dataclass(frozen=True)
class CommandResult:
    """How a process ended and what it printed."""

    code: int
    out: str
    err: str


def run_process(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: int = _TIMEOUT
) -> CommandResult:
    """Run a command in a folder, with exactly this environment and nothing to read.

    timeout: in seconds.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


def can_fork(environment: Mapping[str, str]) -> bool:
    """Return whether a process with this environment can be forked instead of started."""
    return not {
        name
        for name in environment.keys() | os.environ.keys()
        if name.startswith(_STARTUP_VARIABLES) and environment.get(name) != os.environ.get(name)
    } and not any(name.startswith("COVERAGE_PROCESS") for name in os.environ)


@contextmanager
def start_forkserver() -> Iterator[Forkserver]:
    """Yield the process from which commands are forked; it ends with the block."""
    ours, theirs = socket.socketpair()
    with (
        subprocess.Popen(
            [sys.executable, _SERVER_SCRIPT],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ),
        ours,
    ):
        theirs.close()
        yield Forkserver(ours)


@dataclass(frozen=True)
class Forkserver:
    """A process that has imported the libraries, and forks one for each command."""

    control: socket.socket

    def alembic(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> CommandResult:
        """Run the alembic command in a folder, with exactly this environment."""
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
        }
        listener, told = os.pipe()
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            os.fdopen(listener) as status,
        ):
            descriptors = [out.fileno(), err.fileno(), told]
            socket.send_fds(self.control, [json.dumps(request).encode()], descriptors)
            os.close(told)
            process = int(status.readline())
            if not select.select([status], [], [], _TIMEOUT)[0]:
                os.kill(process, signal.SIGKILL)
                raise TimeoutError(
                    f"alembic {' '.join(arguments)}: {_read_file(out)}{_read_file(err)}"
                )
            return CommandResult(int(status.readline()), _read_file(out), _read_file(err))


def _read_file(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
