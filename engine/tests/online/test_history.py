"""The project's own revisions, each a run of its own on tables with rows that count as large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic_pg.online.run import large_tables
from alembic_pg.testing import state
from tests.online.site import INI, Site

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.engine import URL

ROWS = {
    "create posts table": ("INSERT INTO posts (title) SELECT n FROM generate_series(1, 50) AS n",),
    "create users table": (
        (
            "INSERT INTO users (email, password_hash) "
            "SELECT n || '@example.org', repeat('x', 60) FROM generate_series(1, 50) AS n"
        ),
    ),
    "create votes table": (
        "INSERT INTO votes SELECT u.id, p.id, 1 FROM users AS u, posts AS p WHERE p.id < 9",
    ),
}


def test_up_and_down(empty: URL, database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", empty.render_as_string(hide_password=False))
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    # What has no online form, a stored generated column, is let through.
    monkeypatch.setattr(large_tables, "refuse_if_large", lambda *_, **__: None)
    script = ScriptDirectory.from_config(Config(INI))
    revisions = tuple(script.walk_revisions())[::-1]
    site = Site(empty, INI.parent / "alembic" / "versions")
    for revision in revisions:
        site.upgrade(revision.revision)
        site.sql(*ROWS.get(revision.doc, ()))
    assert site.note() is None
    assert dumped(empty) == dumped(database)
    assert site.rows("SELECT count(*), sum(direction) FROM votes") == [(408, 408)]
    for revision in revisions[:0:-1]:
        site.downgrade(str(revision.down_revision))
    assert [line for line in site.catalog if line.startswith("column posts")] == [
        "column posts.id integer t  nextval('posts_id_seq'::regclass)",
        "column posts.title character varying t  ",
    ]
    assert site.one("SELECT count(*) FROM posts") == 50


def dumped(url: URL) -> dict[str, object]:
    """Return what pg_dump prints, the columns of each table in any order."""
    return {
        key: sorted(line.rstrip(",") for line in entry.create.splitlines())
        for key, entry in state.schema(url).items()
    }
