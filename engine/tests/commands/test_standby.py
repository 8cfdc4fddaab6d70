"""What the commands do on a real standby, which takes no write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from alembic_pg.embedded import server
from alembic_pg.testing import state
from tests.commands.own import own
from tests.failures.fails import said
from tests.standby import follow, standby_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic.script import Script
    from alembic_pg.embedded.server import Server
    from alembic_pg.testing.tree import Tree


class Pair(NamedTuple):
    """A server with its standby, and the tree with each as its target."""

    primary: Server
    standby: Server
    tree: Tree
    on_standby: Tree

    def change(self, *statements: str) -> None:
        """Change the primary, and let the standby follow."""
        state.execute(self.primary.url("postgres"), *statements)
        follow(self.primary, self.standby)


@pytest.fixture
def pair(project: Tree, revisions: tuple[Script, ...], tmp_path: Path) -> Iterator[Pair]:
    """A database at the second revision but one, with some users."""
    tmp_path.chmod(0o755)
    primary = server.start(tmp_path / "primary", durable=True)
    tree = project.on(primary.url("postgres"))
    assert tree.alembic("upgrade", revisions[-3].revision).code == 0
    with standby_of(primary, tmp_path / "primary") as standby:
        yield Pair(primary, standby, tree, project.on(standby.url("postgres")))
    primary.release()


def test_drift(pair: Pair) -> None:
    done = own(pair.on_standby, "drift", "--json")
    assert (done.code, json.loads(done.out)["compared"]) == (0, "state"), done
    pair.change("ALTER TABLE votes ADD COLUMN note text")
    done = own(pair.on_standby, "drift")
    assert (done.code, done.err) == (1, ""), done
    assert "1 object differs" in done.out
    assert own(pair.tree, "drift").out.splitlines()[1:] == done.out.splitlines()[1:]


def test_preflight(pair: Pair) -> None:
    """Rows are counted there, and the plan is the primary's."""
    place = pair.standby.url("postgres").render_as_string(hide_password=False)
    whole = own(pair.tree, "preflight", "--json")
    elsewhere = own(pair.tree, "preflight", "--replica", place, "--json")
    assert (elsewhere.code, whole.code) == (0, 0), elsewhere
    found, other = json.loads(whole.out), json.loads(elsewhere.out)
    assert len(found["revisions"]) == len(other["revisions"]) == 2  # pending
    alone = own(pair.on_standby, "preflight")
    assert alone.code == 0, alone


@pytest.mark.parametrize("command", ["upgrade head", "downgrade -1", "stamp head"])
def test_what_would_write(pair: Pair, command: str) -> None:
    told = said(pair.on_standby.alembic(*command.split()))
    assert "Name the primary in DATABASE_URL" in told, told
    follow(pair.primary, pair.standby)
    assert pair.tree.alembic("current").out == pair.on_standby.alembic("current").out
