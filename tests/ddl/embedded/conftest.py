"""Folders with servers of their own, and processes that use them."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2
import pytest

from ddl.embedded import programs, server, traces
from ddl.embedded.account import Account
from ddl.embedded.lease import has_keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[3]
PATIENCE = 20.0
# What use.py needs, for an account that cannot come to this environment.
PACKAGES = (
    "alembic",
    "mako",
    "markupsafe",
    "psycopg2",
    "psycopg2_binary.libs",
    "sqlalchemy",
    "typing_extensions.py",
    programs.PACKAGE,
    f"{programs.PACKAGE}.libs",
)
# The many files below Python's and the server's folders that it does not.
NEEDLESS = {"ensurepip", "idlelib", "include", "site-packages", "test"}


class Tools:
    """What the tests of this folder share."""

    @staticmethod
    def until(condition: Callable[[], object]) -> None:
        """Wait until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.01)

    @staticmethod
    def sql(sockets: Path, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in the database postgres and return its rows."""
        connection = psycopg2.connect(
            host=str(sockets), port=traces.PORT, user="postgres", dbname="postgres"
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @staticmethod
    def below(folder: Path) -> list[psutil.Process]:
        """Return the living processes that are in the folder: its servers and their keepers."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE:  # of a container's idle first process
                    continue
                if Path(process.cwd()).is_relative_to(folder):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    @classmethod
    def ended(cls, folder: Path, sockets: Path) -> None:
        """Wait until nothing is left of the folder's server, once nobody uses it."""
        cls.until(lambda: not cls.below(folder))
        cls.until(lambda: not has_keeper(folder))
        assert not traces.processes(sockets)
        assert not sockets.exists()
        assert not (folder / traces.NOTE).exists()
        assert traces.read_postmaster(folder) == (0, "")

    @staticmethod
    def keeper(folder: Path) -> psutil.Process:
        """Return the folder's keeper."""
        return psutil.Process(json.loads((folder / traces.NOTE).read_text())["keeper"])

    @classmethod
    def kill_keeper(cls, folder: Path) -> None:
        """Kill the folder's keeper and wait until it has lost its lock; it dies when it is run."""
        cls.keeper(folder).kill()
        cls.until(lambda: not has_keeper(folder))

    @staticmethod
    def postmaster(folder: Path) -> psutil.Process:
        """Return the folder's server."""
        return psutil.Process(traces.read_postmaster(folder)[0])

    @staticmethod
    def segments(creator: int) -> list[str]:
        """Return the System V shared memory which that process made and left (proc(5))."""
        rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        return [row for row in rows if int(row.split()[4]) == creator]


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


@dataclass(frozen=True)
class Ordinary:
    """An account that is not root, a project and a Python which it can read."""

    uid: int | None
    gid: int | None
    python: Path
    path: Path  # for PYTHONPATH
    libraries: Path | None = None  # where a copied Python finds its libpython

    def owned(self, folder: Path) -> Path:
        """Give a folder to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
        return folder


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    return Tools


@pytest.fixture
def use() -> Iterator[Callable[..., User]]:
    """Return a function that starts a process that will use the server of a folder."""
    with ExitStack() as stack:

        def begin(
            folder: Path,
            kind: str = "durable",
            *,
            environment: dict[str, str] | None = None,
            account: Ordinary | None = None,
            prefix: tuple[str, ...] = (),
        ) -> User:
            python, path = (account.python, account.path) if account else (sys.executable, PROJECT)
            script = path / Path(__file__).with_name("use.py").relative_to(PROJECT)
            process = stack.enter_context(
                subprocess.Popen(
                    [*prefix, python, script, folder, kind],
                    env={**(os.environ if environment is None else environment)}
                    | {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
                    | (
                        {"LD_LIBRARY_PATH": str(account.libraries)}
                        if account and account.libraries
                        else {}
                    ),
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

        yield begin


@pytest.fixture(scope="session")
def shelf() -> Iterator[Path]:
    """Return the folder in which whole clusters lie between tests: making one takes long."""
    with open_to_all() as folder:
        yield folder


@pytest.fixture
def folder(shelf: Path, open_folder: Path) -> Iterator[Path]:
    """Return a server's folder with a durable cluster, stopped."""
    with borrowed(shelf / "durable", open_folder / "target") as folder:
        yield folder


@pytest.fixture
def scratch(shelf: Path, open_folder: Path) -> Iterator[Path]:
    """Return a server's folder with a scratch cluster, stopped."""
    with borrowed(shelf / "scratch", open_folder / "scratch") as folder:
        yield folder


@contextmanager
def borrowed(kept: Path, place: Path) -> Iterator[Path]:
    """Move a cluster to a test and back, if the test leaves it whole."""
    if not kept.exists():
        running = server.start(kept, durable=kept.name == "durable")
        running.release()
        Tools.ended(kept, running.socket_directory)
    kept.rename(place)
    (place / traces.LOG).unlink(missing_ok=True)
    yield place
    Tools.until(lambda: not Tools.below(place))
    whole = (place / traces.DATA / "global" / "pg_control").exists()
    if whole and (place / traces.DATA / "PG_VERSION").read_text() == "18\n":
        place.rename(kept)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a temporary folder that every account may enter (pytest's are closed).

    It goes after the test, since pytest would keep its clusters for days; no process may be
    left in it then.
    """
    with open_to_all() as folder:
        yield folder
        Tools.until(lambda: not Tools.below(folder))


@contextmanager
def open_to_all() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ddl-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def ordinary() -> Iterator[Ordinary]:
    """Return an ordinary account: the caller's, or for root nobody's with copies to read."""
    if os.geteuid() != 0:
        yield Ordinary(None, None, Path(sys.executable), PROJECT)
        return
    nobody = pwd.getpwnam("nobody")
    with open_to_all() as place:
        packages = programs.site_packages()
        assert packages
        account = Account(nobody.pw_uid, nobody.pw_gid)
        for source, name in (
            *((packages, name) for name in PACKAGES),
            *((PROJECT, name) for name in ("ddl", "tests")),
        ):
            if account.may_enter(source):
                (place / name).symlink_to(source / name)
            else:
                link(source / name, place / name)
        python = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
        libraries = None
        try:
            subprocess.run([python, "-c", ""], user=nobody.pw_uid, cwd="/", check=True)
        except PermissionError:  # it lies in root's home
            link(Path(sys.base_prefix), place / "python")
            python = place / "python" / python.relative_to(sys.base_prefix)
            libraries = place / "python" / "lib"
        yield Ordinary(nobody.pw_uid, nobody.pw_gid, python, place, libraries)


def link(source: Path, target: Path) -> None:
    """Copy a file or a folder for others to read, by hard links where that is possible."""
    if source.is_dir():
        target.mkdir(parents=True)
        target.chmod(0o755)
        for part in source.iterdir():
            if part.name not in NEEDLESS:
                link(part, target / part.name)
    elif source.stat().st_mode & 0o004:
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copy(source, target)
    else:
        shutil.copy(source, target)
        target.chmod(0o755)
