"""Pages are written into a folder of their own, and never over something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from alembic_pg.pages.write import MANIFEST, write_files

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_no_longer_written_goes(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    write_files(folder, {"a.html": "a", "b/c.html": "c"})
    (folder / "mine.txt").write_text("mine")
    write_files(folder, {"a.html": "z"})
    assert (folder / "a.html").read_text() == "z"
    assert not (folder / "b" / "c.html").exists()
    assert (folder / "mine.txt").read_text() == "mine"


def test_a_folder_of_somebody_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="has not written: name a new folder"):
        write_files(tmp_path, {"a.html": "a"})
    with pytest.raises(UserError, match="has not written"):
        write_files(tmp_path / "mine.txt", {"a.html": "a"})
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["../mine.txt", "/mine.txt", "..\\mine.txt", "c:mine.txt"])
def test_a_list_of_files_that_leads_out_removes_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (folder / MANIFEST).write_text(json.dumps([name]))
    write_files(folder, {"a.html": "a"})
    assert (tmp_path / "mine.txt").exists()


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    write_files(folder, {"a.html": "a"})
    before = (folder / "a.html").stat().st_mtime_ns
    write_files(folder, {"a.html": "a"})
    assert (folder / "a.html").stat().st_mtime_ns == before
