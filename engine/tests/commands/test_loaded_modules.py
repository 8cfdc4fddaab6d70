"""What a command imports: nothing that only another command needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

_PACKAGES = ("autogenerate", "offline", "plan")


def loaded(tree: Tree, *arguments: str) -> set[str]:
    """Run a command, and return the names of all modules that it imported."""
    done = tree.alembic(*arguments, prefix=["env", "PYTHONPROFILEIMPORTTIME=1"])
    assert done.code == 0, done.err
    return set(re.findall(r"^import time: .*\| +(\S+)$", done.err, re.MULTILINE))


def ours(modules: set[str], *packages: str) -> list[str]:
    """Return those of the engine that are part of some of its packages."""
    prefixes = tuple(f"alembic_pg.{package}" for package in packages)
    return sorted(name for name in modules if name.startswith(prefixes))


@pytest.mark.parametrize("command", ["heads", "history", "current"])
def test_a_question_loads_no_way_to_run_or_to_compare(project: Tree, command: str) -> None:
    modules = loaded(project, command)
    assert ours(modules, *_PACKAGES) == []
    assert ours(modules, "online.strategies", "online.backfill", "online.column_swap") == []
    assert not [name for name in modules if name.partition(".")[0] == "models"]


def test_an_upgrade_of_small_tables_loads_no_script_no_comparison_and_no_plan(busy: Tree) -> None:
    modules = loaded(busy, "-x", "large_table=1TB", "upgrade", "head")
    assert ours(modules, *_PACKAGES) == []
    assert "alembic_pg.online.dispatch" in modules
    assert "alembic_utils" not in modules


def test_an_upgrade_of_large_tables_loads_of_the_plan_only_what_decides(busy: Tree) -> None:
    modules = loaded(busy, "-x", "large_table=0", "upgrade", "head")
    assert ours(modules, "autogenerate", "offline", "plan.command", "plan.report") == []
    assert "alembic_pg.plan.look_ahead" in modules


def test_a_plan_is_loaded_where_it_is_asked_for(busy: Tree) -> None:
    modules = loaded(busy, "-x", "plan", "upgrade", "head")
    assert "alembic_pg.plan.command" in modules
    assert ours(modules, "autogenerate", "offline") == []
