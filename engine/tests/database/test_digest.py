"""A digest changes with each input of a cache, and with any of the engine's code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import digest
from alembic_pg.database.digest import Digest, engine_digest

if TYPE_CHECKING:
    from pathlib import Path

LOADED = """
import sys
import alembic_pg.autogenerate.sides.revisions
print(*(m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "alembic_pg"), sep="\\n")
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the engine's package that no installation knows."""
    made = tmp_path / "alembic_pg"
    shutil.copytree(
        digest.PACKAGE_FOLDER, made, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    return made


def fresh(folder: Path) -> str:
    """Return the digest that another process would see."""
    engine_digest.cache_clear()
    return engine_digest(folder)


def shaping() -> list[str]:
    """Return the modules that are loaded where a dump is made, within the package."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    folder = str(digest.PACKAGE_FOLDER)
    return [name.removeprefix(folder).lstrip("/\\") for name in done.stdout.split()]


def test_a_change_of_any_module_that_shapes_a_dump_counts(copy: Path) -> None:
    before = fresh(copy)
    modules = shaping()
    assert {"sql/split.py", "sql/quoting.py", "autogenerate/dump/placement.py"} <= set(modules)
    for name in modules:
        file = copy / name
        text = file.read_text()
        file.write_text(f"{text}\n# another line\n")
        assert fresh(copy) != before, name
        file.write_text(text)
    assert fresh(copy) == before


def test_a_module_that_moves_counts(copy: Path) -> None:
    before = fresh(copy)
    (copy / "sql/inverse.py").rename(copy / "sql/other.py")
    assert fresh(copy) != before


def test_an_installed_copy_counts_by_its_record(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = copy.parent / "alembic_pg-9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: alembic-pg\nVersion: 9\n")
    record = info / "RECORD"
    record.write_text("alembic_pg/__init__.py,sha256=a,1\n")
    monkeypatch.syspath_prepend(str(copy.parent))
    before = fresh(copy)
    (copy / "__init__.py").write_text("# nobody edits what is installed\n")
    assert fresh(copy) == before
    record.write_text("alembic_pg/__init__.py,sha256=b,1\n")
    assert fresh(copy) != before
    engine_digest.cache_clear()
    assert engine_digest(digest.PACKAGE_FOLDER) not in {before, fresh(copy)}  # its files


def test_each_input_counts(tmp_path: Path) -> None:
    file = tmp_path / "file"
    seen = {Digest().value, Digest("a").value, Digest("a", "b").value, Digest("ab").value}
    for name, content in (("a", None), ("a", "1"), ("b", "1"), ("b", "2")):
        if content:
            file.write_text(content)
        made = Digest()
        made.add_file(name, file)
        seen.add(made.value)
    assert len(seen) == 8
