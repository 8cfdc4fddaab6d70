"""Every operation, ended at each of its points: the same command again ends at head.

The client is killed, its session, or the server; what pg_dump prints is what a quiet run makes, and
no row is lost or doubled. nox -s online runs all of them and prints how many points there were.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.embedded import server
from tests.online import faults
from tests.online.operations import OPERATIONS, lines
from tests.online.site import Site

from tests.conftest import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Those that every run of the tests has.
SAMPLE = {("terminated", "unique")}

WAYS = ("terminated", "client", "restarted")


@pytest.fixture(scope="module")
def own() -> Iterator[Path]:
    """The folder of a server that nobody else uses."""
    memory = Path("/dev/shm")  # noqa: S108  # where there is one, Linux keeps it in memory
    with tempfile.TemporaryDirectory(
        prefix="restarted-", dir=memory if memory.is_dir() else None, ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "server"
        yield place
        server.start(place, durable=True).release()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("way", "name"),
    [
        pytest.param(
            way, name, marks=[] if (way, name) in SAMPLE else pytest.mark.online, id=f"{way}-{name}"
        )
        for way in WAYS
        for name in OPERATIONS
    ],
)
def test_the_same_command_again(
    site: Site,
    way: str,
    name: str,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    fault = getattr(faults, way)
    if way == "restarted":
        folder = request.getfixturevalue("own")
        # Of a server that was killed in between, only the folder is known.
        running = server.start(folder, durable=True)
        site = Site(running.url("postgres"), site.versions, site.made)
        request.getfixturevalue("monkeypatch").setenv(
            "DATABASE_URL", site.url.render_as_string(hide_password=False)
        )
        fault = partial(fault, running=running)
    site.revise(*lines(name, "ops"))
    points = faults.ends_at_head(site, name, partial(fault, site))
    assert points > 0
    record_property(FAULTS, [name, way, points])


@pytest.mark.online
@pytest.mark.parametrize("name", OPERATIONS)
def test_the_same_command_a_third_time(
    site: Site, name: str, record_property: Callable[[str, object], None]
) -> None:
    site.revise(*lines(name, "ops"))
    fault = partial(faults.terminated, site)
    pairs = faults.ends_at_head_after_two(site, name, fault)
    assert pairs > 0
    record_property(FAULTS, [name, "two", pairs])


@pytest.mark.online
@pytest.mark.parametrize("name", OPERATIONS)
def test_the_same_command_a_fourth_time(
    site: Site, name: str, record_property: Callable[[str, object], None]
) -> None:
    site.revise(*lines(name, "ops"))
    fault = partial(faults.terminated, site)
    points = faults.ends_at_head_after_three(site, name, fault)
    assert points > 0
    record_property(FAULTS, [name, "three", points])
