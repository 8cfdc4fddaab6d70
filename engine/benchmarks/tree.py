"""A tree with synthetic models, and the commands of stock Alembic and of this project in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.scratch import ScratchServer, scratch_server
from benchmarks import synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
STOCK_INI = "[alembic]\nscript_location = %(here)s/stock\nprepend_sys_path = %(here)s\n"
LOGGED = b"LOG:  statement:"
TICKS = os.sysconf("SC_CLK_TCK")
PAUSE = 0.01  # seconds
MEMORY = Path("/dev/shm")  # noqa: S108  # TemporaryDirectory makes a folder of its own in it
# The engine knows a command by the name of its program.
PARTS = "import sys; sys.argv[0] = 'alembic'; from benchmarks import phases; phases.main()"
POSTMASTER = Path(".postgres", "scratch", "data", "postmaster.pid")


@dataclass(frozen=True)
class Cost:
    """What a command costs, in seconds: by the clock, and of processors.

    client: of the command's processes. server: of the processes of the scratch server, on which
    the databases of both environments are. memory: of the largest of the command's processes at
    most, in MB.
    """

    wall: float
    client: float
    server: float
    memory: float

    @property
    def cpu(self) -> float:
        """The seconds of processors, of which other work on the machine takes nothing."""
        return self.client + self.server


@dataclass(frozen=True)
class Tree:
    """A working tree with both environments, on a server of its own.

    target: the name of the database of both. processes: of the server, while no command runs.
    """

    root: Path
    databases: ScratchServer
    environment: dict[str, str]
    target: str
    processes: int

    @property
    def versions(self) -> Path:
        """The folder of the revisions, which both environments share."""
        return self.root / "alembic" / "versions"

    def here(self, *arguments: str) -> float:
        """Return the seconds of a command of this project."""
        return self.cost(*arguments).wall

    def stock(self, *arguments: str, fails: bool = False) -> float:
        """Return the seconds of stock Alembic; its check may find what is no drift."""
        return self.cost("-c", "stock.ini", *arguments, fails=fails).wall

    def forget(self) -> None:
        """Let a model be newer than the note of the last clean check, of which nothing is kept."""
        (self.root / "models" / "entities.py").touch()
        (self.root / ".postgres" / "clean.json").unlink(missing_ok=True)

    def statements(self, work: Callable[[], float]) -> int:
        """Return how many statements reach the server meanwhile."""
        log = self.root / ".postgres" / "scratch" / "log"
        self.databases._execute("ALTER ROLE CURRENT_USER SET log_statement = 'all'")  # noqa: SLF001
        before = log.read_bytes().count(LOGGED)
        work()
        self.databases._execute("ALTER ROLE CURRENT_USER RESET log_statement")  # noqa: SLF001
        return log.read_bytes().count(LOGGED) - before

    def cost(self, *arguments: str, fails: bool = False) -> Cost:
        """Return what a command costs.

        fails: whether it may end with an error, as a check that finds drift does.
        """
        before, start = self._server(), time.perf_counter()
        with tempfile.TemporaryFile() as said:
            running = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "alembic", *arguments],
                cwd=self.root,
                env=self.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            _, status, used = os.wait4(running.pid, 0)
            wall = time.perf_counter() - start
            running.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            text = said.read().decode(errors="replace")
        if running.returncode and not (fails and "Traceback" not in text):
            sys.exit(f"{' '.join(arguments)}: {text[-2000:]}")
        client = used.ru_utime + used.ru_stime
        return Cost(wall, client, self._server() - before, used.ru_maxrss / 1024)

    def parts(self, *arguments: str) -> dict[str, dict[str, float]]:
        """Return what the parts of a command's proof cost, by their names (see phases.py)."""
        file = self.root / "parts.json"
        names = {
            "PHASES_FILE": str(file),
            "PHASES_POSTMASTER": (self.root / POSTMASTER).read_text().split()[0],
            "PYTHONPATH": str(ROOT / "engine"),
        }
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PARTS, *arguments],
            cwd=self.root,
            env=self.environment | names,
            capture_output=True,
            check=True,
        )
        found: dict[str, dict[str, float]] = json.loads(file.read_text())
        return found

    def _server(self) -> float:
        """Return the seconds that the server's processes have used, once its sessions are over."""
        postmaster = (self.root / POSTMASTER).read_text().split()[0]
        while len(found := _children(postmaster)) > self.processes:
            time.sleep(PAUSE)
        # Of those that ended, the postmaster has the sum.
        return (_ticks(postmaster, 4) + sum(_ticks(pid, 2) for pid in found)) / TICKS


def _ticks(pid: str, columns: int) -> int:
    """Return the ticks of a process: user, system, and both of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11 : 11 + columns])


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder for a tree: in TMPDIR where that is set, else in memory where that can be.

    A file system that has just removed the files of many databases makes new ones slowly (ext4
    passes over them for minutes); one command on its own does not meet that.
    """
    place = os.environ.get("TMPDIR") or (MEMORY if MEMORY.is_dir() else None)
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=place) as made:
        yield Path(made)


@contextmanager
def tree(root: Path, tables: int, entities: int) -> Iterator[Tree]:
    """Yield a tree with so many tables and entities, and no revision yet."""
    _lay(root, tables, entities)
    with scratch_server(root) as databases:
        name = databases.create()
        target = databases.database_url(name).render_as_string(hide_password=False)
        shadow = databases.url.render_as_string(hide_password=False)
        names = {"STOCK_URL": target, "DATABASE_URL": target, "SHADOW_DATABASE_URL": shadow}
        environment = os.environ | names
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as on anybody's machine
        yield Tree(root, databases, environment, name, _processes(root))


def _processes(root: Path) -> int:
    """Return how many processes the server has while nobody but this one uses it."""
    postmaster = (root / POSTMASTER).read_text().split()[0]
    return len(_children(postmaster))


def _children(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _lay(root: Path, tables: int, entities: int) -> None:
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    (root / "models").mkdir()
    for name in ("__init__.py", "base.py"):
        shutil.copy(ROOT / "models" / name, root / "models")
    synthetic.write(root / "models", tables, entities)
    (root / "alembic" / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(ROOT / "alembic" / name, root / "alembic")
    shutil.copytree(root / "alembic", root / "stock")
    (root / "stock" / "versions").rmdir()
    (root / "stock" / "versions").symlink_to(root / "alembic" / "versions")
    shutil.copy(Path(__file__).with_name("stock_env.py"), root / "stock" / "env.py")
    (root / "stock.ini").write_text(STOCK_INI)
