"""What revisions do, and about which tables they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.pages.history import read_history
from alembic_pg.pages.touched import TouchReader

if TYPE_CHECKING:
    from alembic.script import Script


def test_the_history_of_the_project(revisions: tuple[Script, ...]) -> None:
    history = read_history(revisions)
    assert [one.id for one in history.revisions] == [one.revision for one in revisions]
    first = history.revisions[0]
    assert (first.message, first.parents, first.date) == ("create posts table", (), "2026-11-23")
    assert first.text == ""
    (made,) = first.upgrade.statements
    assert (made.operation, made.about, made.lock) == ("create table", "posts", "")
    assert made.sql.startswith("CREATE TABLE posts")
    assert [one.operation for one in first.downgrade.statements] == ["drop table"]
    last = history.revisions[-1].upgrade
    assert sum(number for _, number in last.summary) == len(last.statements)
    assert ("grant posts to posts_api", 9) in last.summary
    ids = [one.id for one in history.of_object(("public", "posts"))]
    assert ids[0] == first.id
    assert 1 < len(ids) < len(revisions)


def test_a_table_keeps_its_revisions_when_it_is_renamed() -> None:
    reader = TouchReader()
    reader.read("1", 'CREATE TABLE a (id int); CREATE TABLE "B" (id int REFERENCES a)')
    reader.read("2", "ALTER TABLE a RENAME TO c")
    reader.read("3", "COMMENT ON COLUMN app.c.id IS 'x'; GRANT SELECT ON TABLE c, app.d TO me")
    reader.read("4", 'CREATE INDEX i ON c (id); CREATE TRIGGER t AFTER INSERT ON "B" EXECUTE f()')
    reader.read("5", "GRANT USAGE ON SCHEMA app TO me; UPDATE ONLY c SET id = 1; DROP VIEW v")
    assert reader.found == {
        ("public", "B"): ["1", "4"],
        ("public", "c"): ["1", "2", "3", "4", "5"],
        ("app", "c"): ["3"],
        ("app", "d"): ["3"],
        ("public", "v"): ["5"],
    }
