"""Packages import only from earlier ones, for types too; no circle anywhere."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import alembic_pg

SOURCE = Path(alembic_pg.__file__).parent

# The order of packages and modules: each imports from itself and from those before it.
ORDER = (
    "errors",
    "refusals",
    "events",
    "embedded",
    "option_kinds",
    "options",
    "database",
    "console",
    "alembic_command",
    "history_start",
    "comparator_names",
    "sql",
    "revisions",
    "online",
    "plan",
    "autogenerate",
    "ledger",
    "drift",
    "preflight",
    "rebase",
    "pages",
    "doctor",
    "adopt",
    "offline",
    "commands",
    "proofs",
    "plugin",
    "environment",
    "cli",
    "reference",
    "__main__",
    "testing",
)

# The same inside a package.
INSIDE = {
    "online": (
        "locks",
        "connection_state",
        "run",
        "postponed_drops",
        "backfill",
        "ensure",
        "column_swap",
        "dropped_indexes",
        "strategies",
        "dispatch",
        "release_before_long",
        "interrupted_statement",
        "before_steps",
        "alembic_impl",
        "recovery",
    ),
    "autogenerate": (
        "dump",
        "ops",
        "scope",
        "sides",
        "alter",
        "hints",
        "proof",
        "report",
        "split",
        "files",
        "proven_operations",
        "comparators",
        "revision_directives",
        "clean_check",
    ),
}


def module_name(file: Path) -> str:
    """Return the name of the module of a file, below alembic_pg."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in SOURCE.rglob("*.py")}


def imported(file: Path) -> set[str]:
    """Return the modules of the engine that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "alembic_pg":
            package = (node.module or "").removeprefix("alembic_pg").removeprefix(".")
            for alias in node.names:
                whole = f"{package}.{alias.name}".removeprefix(".")
                found.add(whole if whole in MODULES else package)
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found |= {
                name.removeprefix("alembic_pg.") for name in names if name[:10] == "alembic_pg"
            }
    return found


IMPORTS = {name: imported(file) - {name} for name, file in MODULES.items()}


def later(order: tuple[str, ...], prefix: str = "") -> list[str]:
    """Return the imports that go from a part to a later one, or to one without a place."""
    found = []
    for name, others in IMPORTS.items():
        if not name.startswith(prefix) or name == prefix.rstrip("."):
            continue
        part = name.removeprefix(prefix).split(".")[0]
        for other in sorted(others):
            if not other.startswith(prefix) or other == prefix.rstrip("."):
                continue
            target = other.removeprefix(prefix).split(".")[0]
            if order.index(target) > order.index(part):
                found.append(f"{name} -> {other}")
    return found


def test_every_package_has_its_place() -> None:
    assert {name.split(".")[0] for name in MODULES if name} == set(ORDER)
    for package, order in INSIDE.items():
        inner = {name.split(".")[1] for name in MODULES if name.startswith(f"{package}.")}
        assert inner == set(order), package


def test_packages_import_only_from_earlier_ones() -> None:
    assert later(ORDER) == []


def test_sub_packages_import_only_from_earlier_ones() -> None:
    assert [line for package, order in INSIDE.items() for line in later(order, f"{package}.")] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_folders_are_small_enough_to_be_read() -> None:
    folders = {file.parent for file in SOURCE.rglob("*.py")}
    crowded = {
        str(folder.relative_to(SOURCE)): count
        for folder in folders
        if (count := len(list(folder.glob("*.py")))) > 20
    }
    assert crowded == {}
    long = {
        name: lines
        for name, file in MODULES.items()
        if (lines := file.read_text(encoding="utf-8").count("\n")) > 300
    }
    assert long == {}


def test_names_and_first_sentences_say_what_a_thing_does() -> None:
    riddles, unclear = [], []
    for name, file in MODULES.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        first = (ast.get_docstring(tree) or "").split(maxsplit=1)[:1]
        if first and first[0] in {"What", "Which", "Whether", "Who", "How", "Does", "Has"}:
            riddles.append(name)
        unclear += [
            f"{name}.{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name in {"of", "form", "read"}
        ]
    assert (riddles, unclear) == ([], [])
