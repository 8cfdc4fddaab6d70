"""A foreign key leads to a table that somebody else makes, and env.py leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

ENV = """
from alembic_pg import environment

def include_object(item, name, kind, reflected, compare_to):
    return not (kind == "table" and item.schema == "auth")

environment.run(metadata="models", include_object=include_object)
"""

MODEL = """
import sqlalchemy as sa
from models.base import Base
sa.Table("users", Base.metadata, sa.Column("id", sa.Uuid, primary_key=True), schema="auth")
sa.Table("profiles", Base.metadata, sa.Column("user_id", sa.ForeignKey("auth.users.id")))
"""


def test_it_is_compared_proven_and_run(tree: Tree, empty: URL) -> None:
    for folder in (tree.versions, tree.root / "models"):
        for file in folder.glob("*.py"):
            if file.name not in {"__init__.py", "base.py"}:
                file.unlink()
    (tree.root / "alembic" / "env.py").write_text(ENV)
    (tree.root / "models" / "profiles.py").write_text(MODEL)
    done = tree.alembic("revision", "--autogenerate", "-m", "profiles")
    assert done.code == 0, done.err
    (file,) = tree.versions.glob("*.py")
    source = file.read_text()
    assert "auth.users.id" in source
    assert "CREATE" not in source
    # Whoever it belongs to has made it before; the history is built without it, and by no models.
    with connect(empty, source="the tests", autocommit=True) as connection:
        connection.exec_driver_sql(
            "CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY)"
        )
    for command in (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head")):
        done = tree.alembic(*command)
        assert done.code == 0, (command, done.err)
    (tree.root / "models" / "profiles.py").write_text(
        MODEL.replace('.id")', '.id", ondelete="CASCADE")')
    )
    done = tree.alembic("check")
    assert done.code != 0
    assert "profiles_user_id_fkey" in done.out
