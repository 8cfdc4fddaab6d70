"""Ctrl-C and SIGTERM end a command at once, whatever it waits for; the database is as it was."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.testing import state
from alembic_pg.testing.tree import PASSWORD
from sqlalchemy import text
from tests.failures.fails import said
from tests.interrupts import INTERRUPTED, TERMINATED, expect_sessions, interrupted, waits

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

REVISION = '''
"""take long"""
from alembic import op
revision = "10ng"
down_revision = "{down}"
def upgrade():
    op.execute("CREATE TABLE half (id bigint)")
    with op.get_bind().connection.cursor() as cursor:
        cursor.copy_expert("COPY (SELECT pg_sleep({sleep})) TO STDOUT", open("/dev/null", "w"))
    op.execute("LOCK TABLE alembic_version")
def downgrade():
    op.execute("DROP TABLE half")
'''


def write(tree: Tree, revisions: tuple[Script, ...], *, sleep: int) -> None:
    """Write the revision that takes long."""
    text = REVISION.format(down=revisions[-1].revision, sleep=sleep)
    (tree.versions / "long.py").write_text(text)


@pytest.mark.parametrize(
    ("number", "sentence"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_while_a_statement_runs(
    tree_at_head: Tree,
    database: URL,
    revisions: tuple[Script, ...],
    number: signal.Signals,
    sentence: str,
) -> None:
    write(tree_at_head, revisions, sleep=60)
    before = state.read_state(tree_at_head)
    asleep = waits(database, "PgSleep")
    done = interrupted(tree_at_head, "upgrade", "head", when=asleep, number=number)
    assert said(done, code=-number) == sentence
    assert state.read_state(tree_at_head) == before
    expect_sessions(database, 0)


COMMITS = """
import time
from alembic import op
revision = "10ng"
down_revision = "{down}"
def upgrade():
    op.get_bind().exec_driver_sql("CREATE TABLE half (id bigint)")
    op.get_bind().commit()
    {then}
def downgrade(): pass
"""


@pytest.mark.parametrize("then", ['op.execute("SELECT pg_sleep(60)")', "time.sleep(60)"])
def test_what_it_has_committed_by_itself_is_told(
    tree_at_head: Tree, database: URL, revisions: tuple[Script, ...], then: str
) -> None:
    revision = COMMITS.format(down=revisions[-1].revision, then=then)
    (tree_at_head.versions / "long.py").write_text(revision)

    def made() -> bool:
        with make_engine(database).connect() as connection:
            return bool(connection.scalar(text("SELECT to_regclass('half') IS NOT NULL")))

    done = interrupted(tree_at_head, "upgrade", "head", when=made)
    assert said(done, code=-signal.SIGINT) == (
        "Interrupted: what was running is rolled back. What revision 10ng has sent past the "
        "operations and committed by itself stays, and the next run asks what of it is done."
    )


def test_while_it_waits_for_a_lock(
    tree_at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    write(tree_at_head, revisions, sleep=0)
    before = state.read_state(tree_at_head)
    with make_engine(database).begin() as connection:
        connection.execute(text("LOCK TABLE alembic_version IN ACCESS SHARE MODE"))
        done = interrupted(tree_at_head, "upgrade", "head", when=waits(database, "relation"))
    assert said(done, code=-signal.SIGINT) == INTERRUPTED
    assert state.read_state(tree_at_head) == before
    # Without an interruption it goes through, COPY and all.
    assert tree_at_head.alembic("upgrade", "head").code == 0
    assert state.versions(database) == ["10ng"]


def test_while_it_connects(project: Tree) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as asking:
        silent.settimeout(0)

        def asked() -> bool:
            try:
                asking.enter_context(silent.accept()[0])
            except BlockingIOError:
                return False
            return True

        url = f"postgresql://me:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/posts"
        done = interrupted(project, "upgrade", "head", when=asked, DATABASE_URL=url)
    assert said(done, code=-signal.SIGINT) == INTERRUPTED
