"""With -x online=off: one transaction a revision, a short lock_timeout, and another try."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.testing import state
from sqlalchemy import text

if TYPE_CHECKING:
    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL, Connection

REVISION = '''"""change a table"""
from alembic import op

revision = "1"
down_revision = None


def upgrade():
    {0}


def downgrade():
    pass
'''


WAITING = text("""
SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


@pytest.fixture
def plain(tree: Tree, empty: URL, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A tree without revisions, on a database with a table and a session that reads it."""
    monkeypatch.setenv("ALEMBIC_ONLINE", "0")
    for file in tree.versions.glob("*.py"):
        file.unlink()
    state.execute(
        empty,
        "CREATE TABLE t (id int)",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
    )
    return tree


def write(tree: Tree, statement: str) -> None:
    (tree.versions / "1.py").write_text(REVISION.format(statement))


def write_until_it_gave_way(writer: Connection, run: threading.Thread) -> None:
    """Write while a run waits for its lock, until it has given way to us twice.

    Who waits behind it for longer than this would wait for the reader, for ever.
    """
    writer.exec_driver_sql("SET statement_timeout = '60s'")
    tries = 0
    while tries < 2 and run.is_alive():
        waits = writer.scalar(WAITING)
        writer.exec_driver_sql("INSERT INTO t (id) VALUES (2)")
        writer.commit()
        tries += bool(waits)
        time.sleep(0.01)


def test_it_gives_way_and_tries_again(plain: Tree, empty: URL) -> None:
    write(plain, 'op.execute("CREATE TABLE first (id int)"); op.execute("ALTER TABLE t ADD n int")')
    with make_engine(empty).connect() as reader, make_engine(empty).connect() as writer:
        reader.exec_driver_sql("SELECT * FROM t")
        done: list[CommandResult] = []
        run = threading.Thread(target=lambda: done.append(plain.alembic("upgrade", "head")))
        run.start()
        write_until_it_gave_way(writer, run)
        reader.rollback()
        run.join()
    assert done[0].code == 0, done[0].err
    assert "Waiting for a lock: process " in done[0].err
    assert state.versions(empty) == ["1"]


def test_its_patience_has_an_end(plain: Tree, empty: URL) -> None:
    write(plain, 'op.execute("CREATE TABLE first (id int)"); op.execute("ALTER TABLE t ADD n int")')
    before = state.schema(empty)
    with make_engine(empty).connect() as reader:
        reader.exec_driver_sql("SELECT * FROM t")
        done = plain.alembic("-x", "lock_timeout=50", "-x", "lock_patience=300", "upgrade", "head")
    assert done.code == 1
    assert "could not get its lock" in done.err
    assert state.schema(empty) == before
    assert state.versions(empty) == []


def test_what_an_autocommit_block_did_is_not_done_twice(plain: Tree, empty: URL) -> None:
    write(
        plain,
        "with op.get_context().autocommit_block():\n"
        '        op.execute("INSERT INTO t VALUES (2)")\n'
        '        assert op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar() == "0"\n'
        '    op.execute("ALTER TABLE t ADD n int")',
    )
    with make_engine(empty).connect() as reader:
        reader.exec_driver_sql("SELECT * FROM t")
        done = plain.alembic("-x", "lock_timeout=50", "-x", "lock_patience=300", "upgrade", "head")
        assert done.code == 1
        assert "Revision 1 (change a table) could not get its lock" in done.err
        assert list(reader.exec_driver_sql("SELECT count(*) FROM t")) == [(2,)]
    assert plain.alembic("upgrade", "head").code == 0
    with make_engine(empty).connect() as reader:
        assert list(reader.exec_driver_sql("SELECT count(*) FROM t")) == [(2,)]


def test_it_finishes_what_an_online_run_left_half_done(plain: Tree, empty: URL) -> None:
    write(plain, 'op.create_index("i", "t", ["id"]); op.execute("ALTER TABLE none ADD n int")')
    assert plain.alembic("upgrade", "head", ALEMBIC_ONLINE="1").code == 1
    done = plain.alembic("upgrade", "head")
    assert (
        'FAILED: Revision 1 (change a table) fails: relation "none" does not exist; '
        "what it did before stays, and the next run goes on from there.\n"
    ) in done.err
    state.execute(empty, "CREATE TABLE none (id int)")
    assert plain.alembic("upgrade", "head").code == 0
    assert state.versions(empty) == ["1"]


def test_nulls_where_none_may_be(plain: Tree, empty: URL) -> None:
    state.execute(empty, 'ALTER TABLE t ADD COLUMN "B" int')
    write(plain, 'op.alter_column("t", "B", nullable=False)')
    done = plain.alembic("upgrade", "head")
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith(
        'FAILED: Revision 1 (change a table) stops: 1 row of t has no "B", which becomes '
        "NOT NULL, for example ctid = (0,1). Mend it first. The database is as it was before "
        "it.\n"
    )
    assert state.versions(empty) == []


def test_nulls_in_what_the_revision_makes(plain: Tree) -> None:
    write(plain, 'op.execute("ALTER TABLE t ADD COLUMN c int NOT NULL")')
    done = plain.alembic("upgrade", "head")
    assert 'fails: column "c" of relation "t" contains null values; the database is' in done.err
    write(plain, "op.execute('ALTER TABLE t ALTER id SET NOT NULL; INSERT INTO t VALUES (NULL)')")
    done = plain.alembic("upgrade", "head")
    assert 'fails: null value in column "id" of relation "t" violates not-null' in done.err
