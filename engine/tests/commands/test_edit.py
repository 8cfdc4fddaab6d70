"""alembic edit."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.run import run

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_opens_the_editor_on_the_revision_file(
    at_head: Tree, database: URL, revisions: tuple[Script, ...], tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$@" >> "{opened}"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    run(at_head, "edit", revisions[1].revision[:6], EDITOR=str(editor))
    run(at_head, "edit", "current", EDITOR=str(editor))
    assert opened.read_text().splitlines() == [revisions[1].path, revisions[-1].path]
    assert state.versions(database) == [revisions[-1].revision]
