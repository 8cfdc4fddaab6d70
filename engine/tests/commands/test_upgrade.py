"""alembic upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_to_an_id_by_a_step_to_a_prefix_and_to_head(
    project: Tree, empty: URL, database: URL, revisions: tuple[Script, ...]
) -> None:
    run(project, "upgrade", revisions[0].revision)
    assert state.versions(empty) == [revisions[0].revision]
    stepped = project.alembic("upgrade", "+1")
    second = revisions[1]
    assert (stepped.code, stepped.out) == (0, "")
    running = f"Running upgrade {revisions[0].revision} -> {second.revision}, {second.doc}"
    assert stepped.err.splitlines()[1] == running
    run(project, "upgrade", revisions[4].revision[:6])
    assert state.versions(empty) == [revisions[4].revision]
    run(project, "upgrade", f"{revisions[4].revision}+2")
    assert state.versions(empty) == [revisions[6].revision]
    quiet = project.alembic("-q", "upgrade", "head")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert state.versions(empty) == [revisions[-1].revision]
    assert state.schema(empty) == state.schema(database)
    again = project.alembic("upgrade", "heads")
    assert (again.code, again.out) == (0, "")
    assert again.err.startswith("Nothing to do: database ")
