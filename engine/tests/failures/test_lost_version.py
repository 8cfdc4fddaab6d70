"""A database that has the tables but lost its alembic_version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.failures.fails import fails

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_at_head(at_head: Tree, database: URL, revisions: tuple[Script, ...]) -> None:
    head = revisions[-1]
    state.execute(database, "DELETE FROM alembic_version")
    assert fails(at_head, "upgrade", "head") == (
        f"The database lost its alembic_version: it equals revision {head.revision} ({head.doc}). "
        f"Repair it with: alembic stamp {head.revision}; then upgrade."
    )
    assert at_head.alembic("stamp", head.revision).code == 0
    assert at_head.alembic("upgrade", "head").code == 0


def test_in_the_middle(project: Tree, empty: URL, revisions: tuple[Script, ...]) -> None:
    middle = revisions[5]
    assert project.alembic("upgrade", middle.revision).code == 0
    state.execute(empty, "DROP TABLE alembic_version")
    told = fails(project, "upgrade", "head")
    assert f"it equals revision {middle.revision} ({middle.doc})." in told
    state.execute(empty, "ALTER TABLE posts ADD note text", "CREATE TABLE more (id bigint)")
    told = fails(project, "upgrade", "head")
    assert told.startswith(
        "The database has tables and no alembic_version, and equals no revision; "
        f"the nearest is {middle.revision} ({middle.doc}), where "
    )
    assert "table more" in told
    assert told.endswith(
        f"\nMake them equal, then run: alembic stamp {middle.revision}; then upgrade."
    )


def test_tables_of_somebody_else_do_not_matter(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    state.execute(empty, "CREATE TABLE theirs (id bigint)")
    assert project.alembic("upgrade", "head").code == 0
    assert state.versions(empty) == [revisions[-1].revision]


def test_nobody_waits_in_a_transaction_meanwhile(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    """The server ends a session that has one and says nothing for so long."""
    limited = empty.update_query_dict({"options": "-c idle_in_transaction_session_timeout=300"})
    state.execute(empty, "CREATE TABLE theirs (id bigint)")
    done = project.on(limited).alembic("upgrade", "head")
    assert (done.code, state.versions(empty)) == (0, [revisions[-1].revision]), done


def test_without_the_means_to_compare(
    at_head: Tree, database: URL, revisions: tuple[Script, ...], production: dict[str, str]
) -> None:
    state.execute(database, "DROP TABLE alembic_version")
    first = revisions[0]
    assert fails(at_head, "upgrade", "head", **production) == (
        f'Revision {first.revision} ({first.doc}) fails: relation "posts" already exists; '
        "the database is as it was before it.\n"
        "If it lost only its alembic_version: with alembic-pg[embedded], "
        "upgrade tells which revision it equals."
    )
    state.execute(database, "DROP OWNED BY posts_api", "DROP SCHEMA public CASCADE")
    state.execute(database, "CREATE SCHEMA public")
    assert at_head.alembic("upgrade", "head", **production).code == 0


def test_revisions_that_need_a_database_which_is_there(tree: Tree, empty: URL) -> None:
    for file in tree.versions.glob("*.py"):
        file.unlink()
    (tree.versions / "1.py").write_text(
        '"""add a note"""\nfrom alembic import op\nrevision = "1"\ndown_revision = None\n\n\n'
        'def upgrade():\n    op.execute("ALTER TABLE theirs ADD note text")\n\n\n'
        "def downgrade():\n    pass\n"
    )
    state.execute(empty, "CREATE TABLE theirs (id bigint)")
    assert tree.alembic("upgrade", "head").code == 0
    assert state.versions(empty) == ["1"]
