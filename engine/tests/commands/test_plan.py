"""alembic-pg plan: what alembic -x plan upgrade shows, and nothing is ever done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

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


PENDING = """\
from alembic import op

revision = "0123456789ab"
down_revision = "{head}"


def upgrade():
    op.create_index("i|j", "posts", ["title"])
    op.drop_column("votes", "direction")


def downgrade():
    raise NotImplementedError
"""


@pytest.fixture
def pending(tree: Tree, revisions: tuple[Script, ...], database: URL) -> Tree:
    """A tree with a pending revision, and its database."""
    head = revisions[-1].revision
    (tree.versions / "pending.py").write_text(PENDING.format(head=head))
    return tree.on(database)


def test_as_markdown(pending: Tree) -> None:
    done = own(pending, "plan", "--markdown", "-x", "large_table=0")
    assert (done.code, done.err) == (0, ""), done
    assert done.out.startswith(
        "### Revision 0123456789ab\n\nin steps, which commit\n\n| operation |"
    )
    assert "| create index | i\\|j | built CONCURRENTLY | SHARE UPDATE EXCLUSIVE: scan" in done.out
    assert "**Destroys:**\n\n- column votes.direction\n" in done.out
    assert '\nNot confirmed: `destroys = ["column votes.direction"]`\n' in done.out
    assert done.out.endswith("\nNothing was done: this was the plan.\n")


def test_as_json(pending: Tree) -> None:
    found = json.loads(own(pending, "plan", "--json", "-x", "large_table=0").out)
    assert found["format"] == 1
    (revision,) = found["revisions"]
    assert revision["revision"] == "0123456789ab"
    assert revision["destroys"] == revision["unconfirmed"] == ["column votes.direction"]
    index, column = revision["statements"]
    assert index["steps"] == "built CONCURRENTLY"
    assert (index["lock"], column["lock"]) == ("SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE")
    assert index["is_large"] is True
    assert index["size"] > 0
    assert revision["breaks"] == ["votes.direction is gone"]


def test_nothing_to_do_in_each_form(at_head: Tree) -> None:
    assert own(at_head, "plan").out == "Nothing to do: the database is there already.\n"
    assert own(at_head, "plan", "--markdown").out == (
        "Nothing to do: the database is there already.\n"
    )
    assert json.loads(own(at_head, "plan", "--json").out) == {
        "format": 1,
        "undone": None,
        "remarks": [],
        "refusals": [],
        "revisions": [],
    }
    assert own(at_head, "plan", "--json", "--markdown").code == 2


def test_a_failure_as_json_is_json(project: Tree) -> None:
    done = own(project, "plan", "nowhere", "--json")
    assert (done.code, done.err) == (1, ""), done
    assert json.loads(done.out) == {
        "format": 1,
        "error": "No such revision or branch 'nowhere'. See alembic history.",
    }
