"""Writing several files: all of them, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.project_files import write_all

if TYPE_CHECKING:
    from pathlib import Path


def test_all_of_them(tmp_path: Path) -> None:
    script, new = tmp_path / "script", tmp_path / "new"
    script.write_bytes(b"old")
    script.chmod(0o755)
    write_all({script: b"a\r\n", new: b"b"})
    assert (script.read_bytes(), new.read_bytes()) == (b"a\r\n", b"b")
    assert script.stat().st_mode & 0o777 == 0o755
    assert sorted(tmp_path.iterdir()) == [new, script]


def test_none_where_one_cannot_be_written(tmp_path: Path) -> None:
    first, new, last = tmp_path / "first", tmp_path / "new", tmp_path / "missing" / "last"
    first.write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        write_all({first: b"a", new: b"b", last: b"c"})
    assert list(tmp_path.iterdir()) == [first]
    assert first.read_bytes() == b"old"


def test_what_is_in_its_place_already_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, new, last = tmp_path / "first", tmp_path / "new", tmp_path / "last"
    first.write_bytes(b"old")
    replace = type(first).replace

    def fail_at_last(self: Path, target: Path) -> Path:
        if target == last:
            raise OSError
        return replace(self, target)

    monkeypatch.setattr(type(first), "replace", fail_at_last)
    with pytest.raises(OSError):  # noqa: PT011  # the one that it raises
        write_all({first: b"a", new: b"b", last: b"c"})
    assert list(tmp_path.iterdir()) == [first]
    assert first.read_bytes() == b"old"
