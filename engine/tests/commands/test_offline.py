"""--sql: what psql makes of it is what the command would have built itself."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import postgres_programs
from alembic_pg.database.connect import make_engine
from alembic_pg.embedded import programs
from alembic_pg.testing import state
from sqlalchemy import text
from tests.commands.run import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.script import Script
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

# Statements in which a driver, a compiler or psql may see something of its own.
ODD = r'''
"""make odd things

Revision ID: 0dd
"""
import sqlalchemy as sa
from alembic import op

revision = "0dd"
down_revision = "{head}"


def upgrade():
    odd = op.create_table(
        "odd",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("ratio", sa.Text, server_default="100%", comment="50% of a\\b: it's \"so\""),
        sa.Column("path", sa.Text, server_default="C:\\temp\tx"),
        sa.CheckConstraint("path NOT LIKE '%\\%%'", name="odd_path_check"),
    )
    op.execute("CREATE FUNCTION odd() RETURNS text LANGUAGE sql AS $$\n\tSELECT '%s\\:\\n'\n$$")
    op.execute("CREATE VIEW odd_view AS SELECT id % 2 AS rest, '{{1}}'::int[] AS a FROM odd -- %")
    op.execute("COMMENT ON TABLE odd IS 'it''s 10%, a\\b; \\:c, $1, ? and %(name)s'")
    op.bulk_insert(odd, [{{"id": 1, "ratio": "5%", "path": "a\\b:c\td"}}])
    op.execute(sa.text("INSERT INTO odd VALUES (3, :ratio, '\\:x')").bindparams(ratio="7%:y\\"))


def downgrade():
    op.execute("DROP FUNCTION odd; -- 100%")
    op.execute("DROP VIEW odd_view")
    op.drop_table("odd")
'''


@pytest.fixture
def psql() -> Callable[[URL, str], None]:
    """Return a function that runs SQL in a database and stops at the first error."""
    program = programs.find("psql")
    assert program

    def execute(url: URL, sql: str) -> None:
        done = subprocess.run(
            [program, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"],
            env=postgres_programs.libpq_environment(url),
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")

    return execute


def offline(tree: Tree, *arguments: str) -> str:
    """Return a command's SQL; no database can be reached meanwhile."""
    return run(tree, *arguments, "--sql", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")


def test_the_whole_history_up_and_down(
    project: Tree,
    empty: URL,
    database: URL,
    revisions: tuple[Script, ...],
    psql: Callable[[URL, str], None],
) -> None:
    psql(empty, offline(project, "upgrade", "head"))
    assert state.versions(empty) == [revisions[-1].revision]
    assert state.schema(empty) == state.schema(database)
    psql(empty, offline(project, "downgrade", "head:base"))
    assert state.versions(empty) == []
    assert state.schema(empty) == {}


def test_between_two_revisions(
    project: Tree, empty: URL, revisions: tuple[Script, ...], psql: Callable[[URL, str], None]
) -> None:
    low, high = revisions[2].revision, revisions[9].revision
    run(project, "upgrade", low)
    before = state.schema(empty)
    psql(empty, offline(project, "upgrade", f"{low[:6]}:{high[:6]}"))
    assert state.versions(empty) == [high]
    above = state.schema(empty)
    psql(empty, offline(project, "downgrade", f"{high}:{low}"))
    assert state.versions(empty) == [low]
    assert state.schema(empty) == before
    run(project, "upgrade", high)
    assert state.schema(empty) == above


def test_every_sign_arrives(
    tree_at_head: Tree,
    database: URL,
    databases: ScratchServer,
    revisions: tuple[Script, ...],
    psql: Callable[[URL, str], None],
) -> None:
    tree, head = tree_at_head, revisions[-1].revision
    (tree.versions / "odd.py").write_text(ODD.format(head=head))
    written = databases.database_url(databases.create(str(database.database)))
    before = state.schema(database)
    run(tree, "upgrade", "head")
    psql(written, offline(tree, "upgrade", f"{head}:0dd"))
    assert state.schema(written) == state.schema(database)
    assert rows(written) == rows(database)
    assert rows(written)[0] == (1, "5%", "a\\b:c\td")
    psql(written, offline(tree, "downgrade", f"0dd:{head}"))
    assert state.schema(written) == before
    databases.drop(str(written.database))


def rows(url: URL) -> list[tuple[object, ...]]:
    engine = make_engine(url)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT * FROM odd ORDER BY id"))]
