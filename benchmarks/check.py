"""How long check takes beside stock Alembic with alembic-utils, in one go.

    python -m benchmarks.check [tables entities]...

Each pair of numbers is a synthetic schema; printed are medians of seconds and their ratios.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import synthetic
from ddl.console import table
from ddl.database.scratch import scratch

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3
STOCK_INI = "[alembic]\nscript_location = %(here)s/stock\nprepend_sys_path = %(here)s\n"


def main(arguments: list[str]) -> None:
    """Measure the schemas that are named, or two by default."""
    numbers = [int(argument) for argument in arguments] or [100, 100, 300, 0]
    rows = []
    for tables, entities in zip(numbers[::2], numbers[1::2], strict=True):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            rows += measure(Path(folder), tables, entities)
    head = ("tables", "entities", "command", "stock s", "here s", "ratio")
    sys.stdout.write(table.render(head, rows) + "\n")


def measure(folder: Path, tables: int, entities: int) -> list[tuple[str, ...]]:
    """Return the rows of one schema."""
    lay(folder, tables, entities)
    with scratch(folder) as databases:
        stock = databases.create()
        url = databases.database(stock).render_as_string(hide_password=False)
        shadow = databases.url.render_as_string(hide_password=False)
        names = {"STOCK_URL": url, "DATABASE_URL": url, "SHADOW_DATABASE_URL": shadow}
        environment = os.environ | names
        first = run(folder, environment, "revision", "--autogenerate", "-m", "first")
        run(folder, environment, "upgrade", "head")
        stocks, changed, again = [], [], []
        for _ in range(RUNS):  # in pairs, since the machine's speed drifts
            stocks.append(run(folder, environment, "-c", "stock.ini", "check", fails=True))
            (folder / "models" / "tables_0.py").touch()
            (folder / ".postgres" / "clean.json").unlink(missing_ok=True)
            changed.append(run(folder, environment, "check"))
            again.append(run(folder, environment, "check"))
    stock_time = statistics.median(stocks)
    rows = [("first revision --autogenerate", first)]
    rows += [("check, models changed", statistics.median(changed))]
    rows += [("check, nothing changed", statistics.median(again))]
    return [
        (
            str(tables),
            str(entities),
            name,
            f"{stock_time:.2f}" if name.startswith("check") else "",
            f"{seconds:.2f}",
            f"{seconds / stock_time:.2f}" if name.startswith("check") else "",
        )
        for name, seconds in rows
    ]


def lay(folder: Path, tables: int, entities: int) -> None:
    """Make a tree of synthetic models, with both environments."""
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "ddl", folder / "ddl")
    (folder / "models").mkdir()
    for name in ("__init__.py", "base.py"):
        shutil.copy(ROOT / "models" / name, folder / "models")
    synthetic.write(folder / "models", tables, entities)
    (folder / "alembic" / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(ROOT / "alembic" / name, folder / "alembic")
    shutil.copytree(folder / "alembic", folder / "stock")
    (folder / "stock" / "versions").rmdir()
    (folder / "stock" / "versions").symlink_to(folder / "alembic" / "versions")
    shutil.copy(Path(__file__).with_name("stock_env.py"), folder / "stock" / "env.py")
    (folder / "stock.ini").write_text(STOCK_INI)


def run(folder: Path, environment: dict[str, str], *arguments: str, fails: bool = False) -> float:
    """Return the seconds of an alembic command; stock's check may find what is no drift."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "alembic", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and not (fails and "Traceback" not in done.stderr):
        sys.exit(f"{' '.join(arguments)}: {done.stdout[-500:]} {done.stderr[-1500:]}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1:])
