"""New is what a revision or a commit has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from alembic_pg.proofs.new_revisions import find_new_revisions
from tests.commands.in_git import lose
from tests.proofs.shop import make_shop

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer


def test_a_base_is_a_revision_or_a_commit(tmp_path: Path, databases: ScratchServer) -> None:
    shop = make_shop(tmp_path / "shop", databases)
    shop.release()
    shop.revise("pass")
    script = shop.project.script

    def new(base: str | None) -> list[str]:
        return [one.revision for one in find_new_revisions(script, base).revisions]

    assert {base: new(base) for base in ("base", "0001", "0002")} == {
        "base": ["0001", "0002"],
        "0001": ["0002"],
        "0002": [],
    }
    # A tag, a branch, a name of a commit, and where this branch left the main one.
    assert [new(base) for base in ("v1", "main", "HEAD~0", None)] == [["0002"]] * 4
    with pytest.raises(UserError, match="nobody is no revision, and no commit of git"):
        new("nobody")


def test_what_git_cannot_read_is_not_taken_for_new(
    tmp_path: Path, databases: ScratchServer
) -> None:
    shop = make_shop(tmp_path / "shop", databases)
    shop.release()
    shop.revise("pass")
    lose(shop.folder, "alembic/versions/0001_create_customers_and_orders.py")
    with pytest.raises(UserError, match="git cannot tell what is in"):
        find_new_revisions(shop.project.script, "v1")
