"""The order of the sub-packages of online: each imports only those above it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg import online

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = online.__name__
ROOT = Path(online.__path__[0])

# The last ones are modules of the package itself, of which recovery uses some.
ORDER = (
    *("locks", "run", "backfill", "ensure", "column_swap", "strategies"),
    *("dispatch", "release_before_long", "alembic_impl", "recovery"),
)


def imported(path: Path) -> Iterator[str]:
    """Yield the names under the package that a file imports, for types only too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            for name in node.names:
                yield f"{node.module}.{name.name}".removeprefix(f"{PACKAGE}.")


def is_later(name: str, path: Path) -> bool:
    """Return whether something imported stands below the file that imports it."""
    place = path.relative_to(ROOT).with_suffix("").parts[0]
    return ORDER.index(name.partition(".")[0]) > ORDER.index(place)


def test_each_imports_only_those_above_it() -> None:
    wrong = {
        str(path.relative_to(ROOT)): later
        for path in sorted(ROOT.rglob("*.py"))
        if path.parent != ROOT or path.stem in ORDER
        if (later := [name for name in imported(path) if is_later(name, path)])
    }
    assert wrong == {}


def test_no_strategy_imports_another() -> None:
    found = {
        path.name: names
        for path in (ROOT / "strategies").glob("*.py")
        if (names := [name for name in imported(path) if name.startswith("strategies.")])
    }
    assert found == {}
