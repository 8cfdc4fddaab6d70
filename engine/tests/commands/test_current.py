"""alembic current."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from sqlalchemy.engine import make_url
from tests.commands.run import run

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_of_a_database_at_head(at_head: Tree, revisions: tuple[Script, ...]) -> None:
    head = revisions[-1].revision
    assert run(at_head, "current") == f"{head} (head)\n"
    # The server trusts everybody here: it takes any password, also one that it need not ask for.
    target = make_url(at_head.environment["DATABASE_URL"]).set(password="mark-7f3a")
    secret = target.update_query_dict({"sslpassword": "mark-9c1e"})
    named = secret.render_as_string(hide_password=False)
    shown = run(at_head, "current", "-v", "--check-heads", DATABASE_URL=named)
    assert "mark" not in shown
    assert shown.startswith("Current revision(s) for postgresql+psycopg2://")
    assert f"Rev: {head} (head)" in shown


def test_of_an_empty_database_changes_nothing(project: Tree, empty: URL) -> None:
    assert run(project, "current") == ""
    assert state.versions(empty) is None
    checked = project.alembic("current", "--check-heads")
    assert (checked.code, checked.out, checked.err) == (
        255,
        "FAILED: Database is not on all head revisions\n",
        "",
    )


@pytest.mark.parametrize("command", ["current", "history", "heads"])
def test_needs_no_models(tree: Tree, command: str) -> None:
    (tree.root / "models" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    run(tree, command)
