"""The schema project of this repository, and a project of a few revisions that is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.console import table
from tests.online.busy import make
from tests.online.site import VERSION, Site

from tests.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

pytest_plugins = ["alembic_pg.testing.fixtures"]

# Of a test's report: an operation, how it was killed, and at how many points.
FAULTS = "faults"

# Of a test's report: a command, and how many modules of the engine and of all it loads.
MODULES = "modules"


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project on which commands are tried."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def online() -> Iterator[None]:
    """Let revisions take their online forms, in processes too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ALEMBIC_ONLINE", raising=False)
        yield


@pytest.fixture
def site(empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An empty database at a first revision that did nothing; a table with rows is a large one."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    monkeypatch.setenv("DATABASE_URL", empty.render_as_string(hide_password=False))
    versions = tmp_path / "versions"
    versions.mkdir()
    made = Site(empty, versions)
    made.revise("pass")
    made.sql(*VERSION)
    return made


@pytest.fixture
def busy(tree: Tree, empty: URL) -> Tree:
    """A tree of one revision, and a database with a table of some size."""
    make(tree, empty)
    return tree


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print where each operation was killed and ended at head, and what each command loads."""
    found: dict[str, dict[str, str]] = {}
    modules: list[tuple[str, str, str]] = []
    for report in terminalreporter.getreports("passed"):
        for name, value in getattr(report, "user_properties", []):
            if name == FAULTS and report.when == "call":
                found.setdefault(value[0], {})[value[1]] = str(value[2])
            elif name == MODULES and report.when == "call":
                modules.append((value[0], str(value[1]), str(value[2])))
    if found:
        ways = sorted({way for points in found.values() for way in points})
        rows = [(name, *(points.get(way, "") for way in ways)) for name, points in found.items()]
        terminalreporter.section("points at which a run was killed, and the next one ended at head")
        terminalreporter.write_line(table.render(("operation", *ways), rows))
    if modules:
        terminalreporter.section("modules that a command loads")
        terminalreporter.write_line(table.render(("command", "engine", "all"), sorted(modules)))
