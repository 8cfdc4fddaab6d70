"""The note of the last clean check is never stale: each input in turn."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic_pg.alembic_command import AlembicCommand
from alembic_pg.autogenerate import clean_check
from alembic_pg.database import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alembic_pg.testing.tree import Tree

SERVER = "a server 18.6"


def task(tree: Tree) -> AlembicCommand:
    config = Config(tree.root / "alembic.ini")
    return AlembicCommand(EnvironmentContext(config, ScriptDirectory.from_config(config)), "models")


def watch(tree: Tree) -> clean_check.FileReads:
    """Return what the models of the tree would read."""
    files = {str(path) for path in (tree.root / "models").rglob("*.py")}
    reads = clean_check.FileReads({*files, str(tree.root / "alembic/env.py")})
    reads.add_folder(str(tree.root / "models"))
    return reads


@pytest.fixture
def noted(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> AlembicCommand:
    made = task(tree)
    monkeypatch.setattr(clean_check, "STARTED", time.time() + 1)  # after the tree was copied
    clean_check.record_clean_check(made, SERVER, watch(tree))
    assert clean_check.is_still_clean(made, SERVER)
    assert clean_check.is_still_clean(task(tree), SERVER)
    return made


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "\n# another line\n")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a model": lambda root: edit(root / "models/posts.py"),
    "a new model": lambda root: (root / "models/new.py").write_text(""),
    "a model gone": lambda root: (root / "models/votes.py").unlink(),
    "a new package of models": lambda root: (root / "models/more").mkdir(),
    "a revision": lambda root: edit(next((root / "alembic/versions").glob("*.py"))),
    "a new revision": lambda root: (root / "alembic/versions/new.py").write_text(""),
    "a revision gone": lambda root: next((root / "alembic/versions").glob("*.py")).unlink(),
    "a file beside the revisions": lambda root: (root / "alembic/versions/x.sql").write_text(""),
    "env.py": lambda root: edit(root / "alembic/env.py"),
    "alembic.ini": lambda root: edit(root / "alembic.ini"),
    "pyproject.toml": lambda root: edit(root / "pyproject.toml"),
}


def test_what_changed_meanwhile_is_not_noted(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    made = task(tree)
    monkeypatch.setattr(clean_check, "STARTED", time.time())
    edit(tree.root / "models/posts.py")
    clean_check.record_clean_check(made, SERVER, watch(tree))
    assert not (tree.root / clean_check.RECORD_PATH).exists()


@pytest.mark.parametrize("kind", ["files", "folders"])
def test_what_was_looked_for_in_vain_is_noted(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    made, seen = task(tree), watch(tree)
    place = tree.root / "models" / "none" / "plugins"
    if kind == "folders":
        seen.add_folder(str(place))
    else:
        seen.files.add(str(place))
    monkeypatch.setattr(clean_check, "STARTED", time.time() + 1)
    clean_check.record_clean_check(made, SERVER, seen)
    assert clean_check.is_still_clean(made, SERVER)
    place.mkdir(parents=True)
    (place / "one.py").touch()
    assert not clean_check.is_still_clean(made, SERVER)


def test_a_file_that_went_meanwhile_is_not_noted(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, seen = task(tree), watch(tree)
    time.sleep(clean_check.CLOCK_TOLERANCE * 2)
    monkeypatch.setattr(clean_check, "STARTED", time.time())
    (tree.root / "models/votes.py").unlink()
    clean_check.record_clean_check(made, SERVER, seen)
    assert not (tree.root / clean_check.RECORD_PATH).exists()


def test_bytecode_that_was_written_meanwhile_does_not_count(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = task(tree)
    cache = tree.root / "models" / "__pycache__"
    time.sleep(clean_check.CLOCK_TOLERANCE * 2)
    monkeypatch.setattr(clean_check, "STARTED", time.time())
    seen = watch(tree)
    cache.mkdir()  # by the first import in a new clone
    seen.add_folder(str(cache))
    for name in ("posts.cpython-311.pyc", "posts.cpython-311.pyc.139947540660944"):
        (cache / name).touch()
        seen.files.add(str(cache / name))
    clean_check.record_clean_check(made, SERVER, seen)
    assert clean_check.is_still_clean(made, SERVER)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_counts(noted: AlembicCommand, change: str) -> None:
    CHANGES[change](noted.root)
    assert not clean_check.is_still_clean(noted, SERVER)


def test_another_server_counts(noted: AlembicCommand) -> None:
    assert not clean_check.is_still_clean(noted, "a server 18.7")


def test_another_python_counts(noted: AlembicCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "4.0")
    assert not clean_check.is_still_clean(noted, SERVER)


def test_other_code_of_the_engine_counts(
    noted: AlembicCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "engine_digest", lambda _: "of another version")
    assert not clean_check.is_still_clean(noted, SERVER)


def test_another_installed_version_counts(
    noted: AlembicCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "packages/sqlalchemy-9.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "packages")])
    assert not clean_check.is_still_clean(noted, SERVER)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"digest": 1, "files": [1], "folders": [2]}', '{"files": null}']
)
def test_a_broken_note_counts_as_none(noted: AlembicCommand, text: str) -> None:
    (noted.root / clean_check.RECORD_PATH).write_text(text)
    assert not clean_check.is_still_clean(noted, SERVER)


def test_what_the_models_read_is_watched(tmp_path: Path) -> None:
    (tmp_path / "view.sql").write_text("SELECT 1")
    with clean_check.record_file_reads() as seen:
        (tmp_path / "view.sql").read_text()
        list(tmp_path.iterdir())
    (tmp_path / "later.sql").write_text("")
    assert str(tmp_path / "view.sql") in seen.files
    assert str(tmp_path) in seen.folders
    assert str(tmp_path / "later.sql") not in seen.files


def test_a_file_that_a_model_reads_is_an_input(tree: Tree) -> None:
    (tree.root / "models/view.sql").write_text("SELECT 1 AS one")
    (tree.root / "models/more.py").write_text(
        "from pathlib import Path\n"
        "from alembic_utils.pg_view import PGView\n"
        "text = Path(__file__).with_name('view.sql').read_text()\n"
        "view = PGView('public', 'more', text)\n"
    )
    assert tree.alembic("revision", "--autogenerate", "-m", "more").code == 0
    time.sleep(0.1)
    assert tree.alembic("check").code == 0
    assert (tree.root / clean_check.RECORD_PATH).exists()
    (tree.root / "models/view.sql").write_text("SELECT 2 AS two")
    drift = tree.alembic("check")
    assert drift.code
    assert "view more" in drift.out


def test_what_a_thread_of_ours_reads_is_not_an_input(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for file in (ours, theirs):
        file.touch()

    def read() -> None:
        seen.ignore_this_thread()
        ours.read_text()

    with clean_check.record_file_reads() as seen, ThreadPoolExecutor(1) as thread:
        thread.submit(read).result()
        with ThreadPoolExecutor(1) as another:
            another.submit(theirs.read_text).result()
    assert str(theirs) in seen.files
    assert str(ours) not in seen.files
