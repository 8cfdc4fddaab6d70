"""Each page of docs/how-to: its commands print what it says, from its first line to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.docs.play import copy_of_start

from tests.project import ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree

PAGES = ENGINE / "docs" / "how-to"


@pytest.mark.parametrize("name", sorted(page.stem for page in PAGES.glob("*.md")))
def test_its_commands_print_what_it_says(name: str, project: Tree, tmp_path: Path) -> None:
    page = (PAGES / f"{name}.md").read_text()
    if "```console" not in page:
        return
    played = copy_of_start(tmp_path / "shop", project.environment).play(page)
    # Where the commands are right and the page is not, this is the new page.
    (tmp_path / f"{name}.md").write_text(played)
    assert played == page
