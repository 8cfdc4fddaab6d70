"""alembic-pg plan: what alembic -x plan upgrade shows, and nothing is ever done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree

STOCK_ENV = """\
import os
import sqlalchemy as sa
from alembic import context

with sa.create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""


def test_it_is_the_plan_of_an_upgrade(project: Tree, revisions: tuple[Script, ...]) -> None:
    done = own(project, "plan")
    assert done.code == 0, done
    assert done.out == project.alembic("-x", "plan", "upgrade", "head").out
    assert done.out.count("Revision ") == len(revisions)
    first = own(project, "plan", revisions[0].revision, "-x", "online=off")
    assert first.code == 0, first
    assert first.out.count("Revision ") == 1
    assert state.versions(state.target_url(project)) is None


def test_it_finds_its_configuration_as_alembic_does(tree: Tree) -> None:
    settings = tree.root / "alembic.ini"
    settings.rename(tree.root / "other.ini")
    (tree.root / "other.ini").write_text(
        (tree.root / "other.ini").read_text().replace("[alembic]", "[mine]")
    )
    done = own(tree, "-c", "other.ini", "-n", "mine", "plan", "+1")
    assert done.code == 0, done
    assert done.out.count("Revision ") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "No such revision or branch 'nowhere'. See alembic history."),
        ([""], 'A revision is named by "": name it by its id, or say head or base.'),
        (["+99"], "+99 goes past head. See alembic history."),
    ],
)
def test_what_cannot_be_planned_is_one_sentence(
    project: Tree, arguments: list[str], told: str
) -> None:
    assert said(own(project, "plan", *arguments)) == told


def test_an_env_that_leaves_nothing_to_the_engine_is_not_run(tree: Tree) -> None:
    (tree.root / "alembic" / "env.py").write_text(STOCK_ENV)
    assert said(own(tree, "plan")) == (
        "There is no plan: this project's env.py runs the revisions itself, without alembic_pg. "
        "Nothing was done."
    )
    assert state.versions(state.target_url(tree)) in (None, [])
    assert not state.schema(state.target_url(tree))


def test_its_help_says_what_it_is(project: Tree) -> None:
    for command, words in (("plan", "without doing it"), ("reset", "with its rows")):
        assert words in " ".join(own(project, "--help").out.split())
        done = own(project, command, "--help")
        assert done.code == 0
        assert "DATABASE_URL" in done.out or "Nothing is done" in done.out
