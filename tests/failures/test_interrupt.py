"""Ctrl-C ends a command at once, whatever it waits for, and the database is as it was."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from sqlalchemy import text

from ddl.database.connect import engine as connectable
from tests import state
from tests.failures.fails import said
from tests.forked import Result
from tests.tree import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.script import Script
    from sqlalchemy.engine import URL

    from tests.tree import Tree

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

ENOUGH = 15  # seconds; what is interrupted would take much longer

SENTENCE = "Interrupted: what was running is rolled back. Run the same command again."


def interrupted(
    tree: Tree, *arguments: str, when: Callable[[], bool], **environment: str
) -> Result:
    """Run a command and interrupt it at some moment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=tree.root,
        env=tree.variables(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not when() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=ENOUGH)
    return Result(process.returncode, out, err)


def write(tree: Tree, revisions: tuple[Script, ...], *, sleep: int) -> None:
    """Write the revision that takes long."""
    text = REVISION.format(down=revisions[-1].revision, sleep=sleep)
    (tree.versions / "long.py").write_text(text)


def waits(database: URL, event: str) -> Callable[[], bool]:
    """Return a function that says whether somebody waits for something in the database."""
    engine = connectable(database)
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event = :event"
    )

    def ask() -> bool:
        with engine.connect() as connection:
            return bool(connection.scalar(query, {"event": event}))

    return ask


def test_while_a_statement_runs(
    tree_at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    write(tree_at_head, revisions, sleep=60)
    before = state.of(tree_at_head)
    done = interrupted(tree_at_head, "upgrade", "head", when=waits(database, "PgSleep"))
    assert said(done, code=-signal.SIGINT) == SENTENCE
    assert state.of(tree_at_head) == before
    with connectable(database).connect() as connection:
        others = text(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert connection.scalar(others) == 0, "the server is not left at work"


def test_while_it_waits_for_a_lock(
    tree_at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    write(tree_at_head, revisions, sleep=0)
    before = state.of(tree_at_head)
    with connectable(database).begin() as connection:
        connection.execute(text("LOCK TABLE alembic_version IN ACCESS SHARE MODE"))
        done = interrupted(tree_at_head, "upgrade", "head", when=waits(database, "relation"))
    assert said(done, code=-signal.SIGINT) == SENTENCE
    assert state.of(tree_at_head) == before
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
    assert said(done, code=-signal.SIGINT) == SENTENCE
