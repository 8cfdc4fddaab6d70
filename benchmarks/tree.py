"""A tree with synthetic models, and the commands of stock Alembic and of this project in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import synthetic
from ddl.database.scratch import Scratch, scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
STOCK_INI = "[alembic]\nscript_location = %(here)s/stock\nprepend_sys_path = %(here)s\n"
LOGGED = b"LOG:  statement:"


@dataclass(frozen=True)
class Tree:
    """A working tree with both environments, on a server of its own."""

    root: Path
    databases: Scratch
    environment: dict[str, str]

    @property
    def versions(self) -> Path:
        """The folder of the revisions, which both environments share."""
        return self.root / "alembic" / "versions"

    def here(self, *arguments: str) -> float:
        """Return the seconds of a command of this project."""
        return self._run(arguments, fails=False)

    def stock(self, *arguments: str, fails: bool = False) -> float:
        """Return the seconds of stock Alembic; its check may find what is no drift."""
        return self._run(("-c", "stock.ini", *arguments), fails=fails)

    def forget(self) -> None:
        """Let a model be newer than the note of the last clean check."""
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

    def _run(self, arguments: tuple[str, ...], *, fails: bool) -> float:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "alembic", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and not (fails and "Traceback" not in done.stderr):
            sys.exit(f"{' '.join(arguments)}: {done.stdout[-500:]} {done.stderr[-1500:]}")
        return time.perf_counter() - start


@contextmanager
def tree(root: Path, tables: int, entities: int) -> Iterator[Tree]:
    """Yield a tree with so many tables and entities, and no revision yet."""
    _lay(root, tables, entities)
    with scratch(root) as databases:
        target = databases.database(databases.create()).render_as_string(hide_password=False)
        shadow = databases.url.render_as_string(hide_password=False)
        names = {"STOCK_URL": target, "DATABASE_URL": target, "SHADOW_DATABASE_URL": shadow}
        yield Tree(root, databases, os.environ | names)


def _lay(root: Path, tables: int, entities: int) -> None:
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "ddl", root / "ddl")
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
