"""Models that cannot be imported: nothing is compared and no file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.failures.fails import fails

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

HEAD = "from sqlalchemy.orm import Mapped\nfrom models.base import Base, Id\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def tag(:\n", "SyntaxError: invalid syntax (tags.py, line 1)"),
        ("import nowhere\n", "ModuleNotFoundError: No module named 'nowhere'"),
        (
            f"{HEAD}class Tag(Base):\n    __tablename__ = 'tags'\n    word: Mapped[str]\n",
            "could not assemble any primary key columns for mapped table 'tags'",
        ),
        (
            f"{HEAD}class Tag(Base):\n    __tablename__ = 'posts'\n    id: Mapped[Id]\n",
            "Table 'posts' is already defined for this MetaData instance.",
        ),
    ],
    ids=["syntax error", "missing import", "no primary key", "two models for one table"],
)
def test_they_are_named_with_the_reason(tree: Tree, text: str, reason: str) -> None:
    (tree.root / "models" / "tags.py").write_text(text)
    told = fails(tree, "revision", "--autogenerate", "-m", "tags")
    assert told.startswith("models.tags cannot be imported: ")
    assert reason in told


@pytest.mark.parametrize("handed", ["3", '["models"]', "[Base, 3]"])
def test_what_is_no_metadata_is_said(tree: Tree, handed: str) -> None:
    hand_over(tree, f"metadata={handed}")
    assert " as models, which is no MetaData: hand over a MetaData, " in fails(tree, "check")


@pytest.mark.parametrize("handed", ["Base", "[Base]", "(one for one in [Base.metadata])"])
def test_a_base_stands_for_its_metadata(tree: Tree, handed: str) -> None:
    hand_over(tree, f"metadata={handed}")
    done = tree.alembic("check")
    assert "which is no MetaData" not in done.err
    assert "Error" not in done.err


def test_a_url_is_not_left_unread(tree: Tree) -> None:
    hand_over(tree, 'metadata="models", url="postgresql://other/other"')
    assert fails(tree, "current").startswith("environment.run() takes no url: ")


def hand_over(tree: Tree, arguments: str) -> None:
    """Write an env.py that calls environment.run() with the arguments."""
    (tree.root / "alembic" / "env.py").write_text(
        "from alembic_pg import environment\nfrom models.base import Base\n"
        f"environment.run({arguments})\n"
    )


LISTENER = """
from sqlalchemy import event
from models.base import Base
@event.listens_for(Base.metadata, "before_create")
def listen(*_, **__):
    raise ValueError("no")
"""
COMPILER = """
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
@compiles(CreateTable)
def write(element, compiler, **_):
    return {}[0]
"""


def test_a_listener_that_fails_is_named(tree: Tree) -> None:
    (tree.root / "models" / "tool.py").write_text(LISTENER)
    assert fails(tree, "check") == (
        "models/tool.py, line 6: ValueError: no (ALEMBIC_TRACEBACK=1 shows all.)"
    )


def test_a_compiler_that_fails_is_named(tree: Tree) -> None:
    (tree.root / "models" / "tool.py").write_text(COMPILER)
    assert fails(tree, "check") == (
        "SQLAlchemy cannot write table posts and 2 more of the models (models/posts.py:33): "
        "KeyError: 0 (models/tool.py, line 6)"
    )
