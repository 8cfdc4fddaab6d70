"""The sub-packages of autogenerate stand in one order: each imports only from those before it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from alembic_pg import autogenerate

# The modules of the package itself come last.
ORDER = ("dump", "ops", "scope", "sides", "alter", "hints", "proof", "report", "split", "")
FOLDER = Path(autogenerate.__file__).parent
FILES = [str(file.relative_to(FOLDER)) for file in sorted(FOLDER.rglob("*.py"))]


def imported(text: str) -> set[str]:
    """Return the modules below the package that a module imports, for types or wherever."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    head = f"{autogenerate.__name__}."
    return {name.removeprefix(head) for name in names if name.startswith(head)}


def test_each_sub_package_has_its_place() -> None:
    assert {Path(name).parent.name for name in FILES} == set(ORDER)


@pytest.mark.parametrize("name", FILES)
def test_a_module_imports_from_no_later_sub_package(name: str) -> None:
    place = ORDER.index(Path(name).parent.name)
    later = {
        module
        for module in imported((FOLDER / name).read_text())
        if module.partition(".")[0] in ORDER[place + 1 :]
    }
    assert not later
