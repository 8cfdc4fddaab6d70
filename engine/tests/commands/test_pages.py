"""alembic-pg pages: of the models, a revision, the target, and of what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect
from tests.commands.own import own
from tests.pages.links import broken_links

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_models_twice_give_the_same_bytes(project: Tree, tmp_path: Path) -> None:
    for name in ("one", "other"):
        done = own(project, "pages", str(tmp_path / name))
        assert (done.code, done.err) == (0, ""), done
    assert done.out.startswith(f"{tmp_path / 'other' / 'index.html'}: 3 tables, 2 views, ")
    files = files_of(tmp_path / "one")
    assert files == files_of(tmp_path / "other")
    assert broken_links(files) == []
    assert "tables/public.posts.html" in files
    assert str(tmp_path) not in "".join(files.values())


def test_a_revision_and_the_way_to_another(
    project: Tree, tmp_path: Path, revisions: tuple[Script, ...]
) -> None:
    first, second = revisions[0].revision, revisions[1].revision
    done = own(project, "pages", str(tmp_path / "at"), "--at", first)
    assert done.code == 0, done
    files = files_of(tmp_path / "at")
    assert [path for path in files if path.startswith("tables/")] == ["tables/public.posts.html"]
    assert f"what the revisions build up to {first}" in files["index.html"]
    done = own(project, "pages", str(tmp_path / "diff"), "--diff", f"{first}:{second}")
    assert done.code == 0, done
    page = files_of(tmp_path / "diff")["tables/public.posts.html"]
    assert '<tr id="column-content" class="added">' in page


def test_the_target_is_only_read(at_head: Tree, tmp_path: Path) -> None:
    done = own(at_head, "pages", str(tmp_path / "live"), "--target")
    assert done.code == 0, done
    page = files_of(tmp_path / "live")["tables/public.posts.html"]
    assert "<dt>size</dt>" in page
    assert "<dt>owner</dt>" in page


def test_a_table_that_somebody_keeps_locked(at_head: Tree, tmp_path: Path, database: URL) -> None:
    with connect(database, source="the test's") as other, other.begin():
        other.exec_driver_sql("LOCK TABLE post_scores, posts IN ACCESS EXCLUSIVE MODE")
        done = own(at_head, "pages", str(tmp_path / "live"), "--target")
    assert done.code, done
    assert "Somebody keeps a table locked for longer than 2 s" in done.err
    assert not (tmp_path / "live").exists()


def test_a_role_that_may_not_read_where_the_database_is(
    at_head: Tree, tmp_path: Path, database: URL
) -> None:
    role = f"reads_nothing_{database.database}"
    with connect(database, source="the test's") as connection, connection.begin():
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    try:
        place = database.set(username=role, password="x").render_as_string(hide_password=False)
        done = own(at_head, "pages", str(tmp_path / "live"), "--target", DATABASE_URL=place)
        assert done.code, done
        assert "GRANT SELECT ON alembic_version TO it." in done.err
        with connect(database, source="the test's") as connection, connection.begin():
            connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {role}")
        done = own(at_head, "pages", str(tmp_path / "live"), "--target", DATABASE_URL=place)
        assert done.code == 0, done
    finally:
        with connect(database, source="the test's") as connection, connection.begin():
            connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_all_of_the_history_is_added(project: Tree, tmp_path: Path) -> None:
    done = own(project, "pages", str(tmp_path / "diff"), "--diff", "base:head")
    assert done.code == 0, done
    files = files_of(tmp_path / "diff")
    assert broken_links(files) == []
    assert "changed</span></li>" not in files["index.html"].replace(" ", "")


def test_what_cannot_be_is_said_in_a_sentence(project: Tree, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for arguments, told in (
        ([str(tmp_path)], "name a new folder"),
        ([str(tmp_path / "x"), "--at", "nope"], "nope"),
        ([str(tmp_path / "x"), "--diff", "nope"], "two revisions with a colon between"),
    ):
        done = own(project, "pages", *arguments)
        assert done.code, done
        assert told in done.err
        assert "Traceback" not in done.err
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_a_missing_library_is_named(project: Tree, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "jinja2.py").write_text("raise ImportError(name='jinja2')")
    place = str(tmp_path / "without")
    done = own(project, "pages", str(tmp_path / "x"), PYTHONPATH=place)
    assert done.code, done
    assert "pip install 'alembic-pg[pages]'" in done.err
    assert not (tmp_path / "x").exists()
