"""A tree of one revision that takes a while, and what it has made when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import make_engine
from alembic_pg.testing import state

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

REVISION = '''
"""do much"""
import sqlalchemy as sa
from alembic import op
revision = "1a"
down_revision = "0a"
def upgrade():
    op.execute("UPDATE t SET b = a % 7 WHERE b IS NULL")
    op.execute("INSERT INTO t (a, b) VALUES (-1, -1)")
    op.create_index("t_b_idx", "t", ["b"])
    op.create_check_constraint("t_check", "t", "a > -5")
    op.alter_column("t", "a", existing_type=sa.Integer, type_=sa.BigInteger)
'''

FIRST = '''
"""do nothing"""
revision = "0a"
down_revision = None
def upgrade(): pass
'''

TABLE = (
    "CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
    "CREATE TABLE t (a int, b int)",
    "INSERT INTO t SELECT n FROM generate_series(1, 300000) AS n",
)


def make(tree: Tree, empty: URL) -> None:
    """Let a tree have that revision, and the database a table of some size."""
    for file in tree.versions.glob("*.py"):
        file.unlink()
    # A database at no revision would be compared with the history first.
    (tree.versions / "0a.py").write_text(FIRST)
    (tree.versions / "1a.py").write_text(REVISION)
    state.execute(empty, *TABLE, "INSERT INTO alembic_version VALUES ('0a')")


def expect_all(empty: URL) -> None:
    """Expect the revision to have happened, once."""
    assert state.versions(empty) == ["1a"]
    with make_engine(empty).connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*), count(DISTINCT a), count(b), pg_typeof(min(a))::text FROM t"
        ).one()
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
        ).scalar()
        valid = connection.exec_driver_sql(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_b_idx'::regclass"
        ).scalar()
    assert tuple(found) == (300_001, 300_001, 300_001, "bigint")
    assert (left, valid) == (0, True)
