"""The project of the cases, and the document that a run of all of them writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing.tree import Tree, copy_tree
from tests.matrix import cases, document
from tests.matrix.bystanders import MEASURED, Measured
from tests.matrix.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.forked import Forkserver

OPTION = "--matrix-document"


@pytest.fixture(scope="session")
def workshop(
    root: Path,
    databases: ScratchServer,
    forks: Forkserver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Tree]:
    """A copy of the working tree, whose models and revisions are those of a case."""
    with copy_tree(root, databases, forks, tmp_path_factory.mktemp("matrix") / "tree") as made:
        yield made


@pytest.fixture
def first(workshop: Tree, databases: ScratchServer) -> Iterator[Project]:
    """The project, on an empty database."""
    name = databases.create()
    yield Project(workshop, databases.database_url(name))
    databases.drop(name)


@pytest.fixture
def second(workshop: Tree, databases: ScratchServer) -> Iterator[Project]:
    """The same project, on another empty database."""
    name = databases.create()
    yield Project(workshop, databases.database_url(name))
    databases.drop(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run of all cases write the document."""
    parser.addoption(OPTION, type=Path, help="write what the cases showed, if all ran")


def pytest_configure(config: pytest.Config) -> None:
    """Watch how the cases end, where the workers' reports come together."""
    place = config.getoption(OPTION, None)
    if place and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watcher(place))


class Watcher:
    """Writes the document at the end."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.passed: set[str] = set()
        self.measured: list[Measured] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid.partition("[")[2].removesuffix("]"))
            found = dict(report.user_properties).get(MEASURED, [])
            self.measured += [Measured(*values) for values in found]  # type: ignore[attr-defined]  # ours

    def pytest_sessionfinish(self) -> None:
        if missing := [case.name for case in cases.every() if case.name not in self.passed]:
            print(f"{self.place} is not written: {len(missing)} cases did not pass.")  # noqa: T201
        else:
            self.place.write_text(document.of(cases.every(), self.measured))
