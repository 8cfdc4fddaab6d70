"""alembic stamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_changes_the_revision_and_nothing_else(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    run(project, "stamp", revisions[2].revision[:6])
    assert state.versions(empty) == [revisions[2].revision]
    run(project, "stamp", "head")
    assert state.versions(empty) == [revisions[-1].revision]
    run(project, "stamp", "base")
    assert state.versions(empty) == []
    assert state.schema(empty) == {}


def test_purge_forgets_a_revision_that_this_tree_does_not_have(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    run(project, "stamp", "head")
    state.execute(empty, "UPDATE alembic_version SET version_num = 'newer'")
    refused = project.alembic("stamp", "--purge", "nope")
    assert (refused.code, "'nope'" in refused.err) == (1, True)
    assert state.versions(empty) == ["newer"], "nothing is half-done"
    run(project, "stamp", "--purge", revisions[1].revision)
    assert state.versions(empty) == [revisions[1].revision]


def test_as_sql(project: Tree, revisions: tuple[Script, ...]) -> None:
    first, second = revisions[0].revision, revisions[1].revision
    written = run(project, "stamp", "--sql", f"{first}:{second}", DATABASE_URL="")
    assert f"SET version_num='{second}'" in written
    assert f"WHERE alembic_version.version_num = '{first}';" in written
