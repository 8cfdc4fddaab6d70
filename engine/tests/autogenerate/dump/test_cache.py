"""The dump that is kept beside a template is read again only while it is that template's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import cache, pg_dump
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database import digest

if TYPE_CHECKING:
    from pathlib import Path

KEPT = {
    "TABLE public.t": Entry(
        "TABLE", "public", "t", 'CREATE TABLE t (\n"ä" int\n)', "DROP TABLE t", (), "x"
    ),
    "COMMENT public.TABLE t": Entry(
        "COMMENT", "public", "TABLE t", "COMMENT ON TABLE t IS 'x'", "", ("TABLE public.t",)
    ),
}
ARGUMENTS = ("apg_history_1", "alembic_version")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with the dump of one template."""
    cache.write_dump(tmp_path, *ARGUMENTS, KEPT, ["apg_history_1"])
    return tmp_path


def test_it_comes_back_in_its_order(root: Path) -> None:
    found = cache.read_dump(root, *ARGUMENTS)
    assert found == KEPT
    assert list(found) == list(KEPT)


def test_another_template_and_another_version_table_have_none(root: Path) -> None:
    assert cache.read_dump(root, "apg_history_2", "alembic_version") is None
    assert cache.read_dump(root, "apg_history_1", "other") is None


def test_what_another_pg_dump_made_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pg_dump, "version", lambda: "pg_dump (PostgreSQL) 19.0")
    assert cache.read_dump(root, *ARGUMENTS) is None


def test_what_other_code_made_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "engine_digest", lambda _: "of another version")
    assert cache.read_dump(root, *ARGUMENTS) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": ["a"]', "\x00"])
def test_a_damaged_one_is_none(root: Path, text: str) -> None:
    (root / cache.CACHE_FOLDER / "apg_history_1.json").write_text(text)
    assert cache.read_dump(root, *ARGUMENTS) is None


def test_one_that_lacks_an_entry_is_none(root: Path) -> None:
    file = root / cache.CACHE_FOLDER / "apg_history_1.json"
    note = json.loads(file.read_text())
    note["dump"].pop()
    file.write_text(json.dumps(note))
    assert cache.read_dump(root, *ARGUMENTS) is None


def test_those_of_templates_that_are_gone_go(root: Path) -> None:
    cache.write_dump(root, "apg_history_2", "alembic_version", {}, ["apg_history_2"])
    assert [file.name for file in (root / cache.CACHE_FOLDER).iterdir()] == ["apg_history_2.json"]


def test_a_tree_that_cannot_be_written_keeps_none(tmp_path: Path) -> None:
    (tmp_path / ".postgres").touch()
    cache.write_dump(tmp_path, *ARGUMENTS, KEPT, ["apg_history_1"])
    assert cache.read_dump(tmp_path, *ARGUMENTS) is None
