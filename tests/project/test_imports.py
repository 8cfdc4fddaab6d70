"""Who imports whom: models know no machinery, the machinery no models, the history neither."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = {
    # An application imports them, with two libraries.
    "models": {"models", "sqlalchemy", "alembic_utils"},
    # Wiring.
    "alembic": {"alembic_pg"},
    # In five years it must build what it builds today.
    "alembic/versions": {"alembic", "sqlalchemy"},
}


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_are_those_that_the_design_allows(folder: str) -> None:
    files = [*(ROOT / folder).glob("*.py" if folder == "alembic" else "**/*.py")]
    assert files
    found = {file.name: imports(file) - sys.stdlib_module_names for file in files}
    assert {name: extra for name, used in found.items() if (extra := used - ALLOWED[folder])} == {}


def test_base_and_package_import_nothing_else_of_the_models() -> None:
    for file in ("__init__.py", "base.py"):
        names = modules(ROOT / "models" / file)
        assert {name for name in names if name.startswith("models")} <= {"models.base"}


def imports(file: Path) -> set[str]:
    """Return the packages that a file imports, anywhere in it."""
    return {name.partition(".")[0] for name in modules(file)}


def modules(file: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it; a relative one is refused."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert not node.level
            found.add(node.module)
    return found
