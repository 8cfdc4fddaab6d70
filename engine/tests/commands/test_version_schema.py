"""Every command works where Alembic's own table has another name, in a schema of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

ENV = """
from alembic_pg import environment
environment.run(
    metadata="models", version_table="moves", version_table_schema="keep", include_schemas=True
)
"""


ODD = ENV.replace('"moves"', "'mo \"ves\" %s:x'").replace('"keep"', '"ke%(x)s:y%%"')


def test_a_revision_that_commits_notes_in_a_table_with_an_odd_name(tree: Tree) -> None:
    """It was looked for under a name with two percent signs for one."""
    (tree.root / "alembic" / "env.py").write_text(ODD)
    done = tree.alembic("-x", "large_table=0", "upgrade", "head")
    assert done.code == 0, done.err
    assert "(head)" in tree.alembic("current").out
    done = tree.alembic("downgrade", "base")
    assert done.code == 0, done.err


def moves(url: URL) -> int:
    """Return how many revisions the table names."""
    with connect(url, source="the tests") as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM keep.moves").scalar_one())


def test_from_nothing_to_the_end_and_back(tree: Tree, empty: URL) -> None:
    (tree.root / "alembic" / "env.py").write_text(ENV)
    for command, said in (
        ("current", ""),
        ("-x plan upgrade head", "create table"),
        ("upgrade head", ""),
        ("current", "(head)"),
        ("check", "No new upgrade operations detected."),
        ("downgrade base", ""),
        ("stamp head", ""),
        ("current", "(head)"),
    ):
        done = tree.alembic(*command.split())
        assert done.code == 0, (command, done.err)
        assert said in done.out, command
    assert moves(empty) == 1


def test_a_stamp_makes_it(tree: Tree, empty: URL) -> None:
    (tree.root / "alembic" / "env.py").write_text(ENV)
    done = tree.alembic("stamp", "head")
    assert done.code == 0, done.err
    assert moves(empty) == 1


def test_a_script_makes_it(tree: Tree) -> None:
    (tree.root / "alembic" / "env.py").write_text(ENV)
    done = tree.alembic("upgrade", "head", "--sql")
    assert done.code == 0, done.err
    assert done.out.index("CREATE SCHEMA keep") < done.out.index("CREATE TABLE keep.moves")
