"""pytest-alembic's own test of the models sees what only this project's comparison sees."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

TESTS = """
import pytest
from alembic.config import Config
from pytest_alembic.tests import test_model_definitions_match_ddl
from alembic_pg.database.connect import make_engine
from alembic_pg.database.url import parse
import os

@pytest.fixture
def alembic_config():
    return Config("alembic.ini")

@pytest.fixture
def alembic_engine():
    return make_engine(parse(os.environ["DATABASE_URL"], source="the tests"))
"""

EXTRA = """
from alembic_utils.pg_policy import PGPolicy
from sqlalchemy import DDL, CheckConstraint, event
from models.base import Base
from models.posts import Post

event.listen(Base.metadata, "after_create", DDL("CREATE STATISTICS seen ON id, title FROM posts"))
policy = PGPolicy("public", "anybody", on_entity="posts", definition="FOR SELECT USING (published)")
Post.__table__.append_constraint(CheckConstraint("title <> 'x'", name="title_is_not_x"))
"""

TOLD = ("CREATE STATISTICS public.seen", "CREATE POLICY anybody ON public.posts", "title_is_not_x")


def test_it_fails_naming_what_differs(tree: Tree) -> None:
    (tree.root / "models" / "extra.py").write_text(EXTRA)
    (tree.root / "test_models.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_models.py"],
        cwd=tree.root,
        env=tree.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    for name in TOLD:
        assert name in done.stdout
