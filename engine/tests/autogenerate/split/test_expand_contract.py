"""What goes does so in a revision of its own, where it can; each of the two is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.split import revision_files
from alembic_pg.database.connect import connect
from alembic_pg.database.server_features import SET_EXPRESSION_SINCE
from sqlalchemy.exc import DBAPIError
from tests.commands.run import run as succeed
from tests.matrix.inside import there
from tests.matrix.sources import after
from tests.tags import TAGS

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

A = 'table(Column("a", Integer, nullable=False), {})\n'
KEPT = A.format('Column("b", Text)')
GONE = 'Table("g", m, Column("id", Integer, primary_key=True), Column("t", {}){})\n'
MOOD = 'Enum("x", "y", name="mood")'
KEY = ', Column("r", BigInteger, ForeignKey("t.id"), index=True)'
VIEW = 'v = PGView("public", "v", "select id, {} from t")\n'

# Models before and after, and in how many revisions.
CHANGES = {
    "a column comes, one goes": (KEPT, 'table(Column("c", Text))\n', 2),
    "a column goes": (KEPT, A.format(""), 1),
    "a column comes": (A.format(""), KEPT, 1),
    "a table with an enum, an index and a key goes": (
        A.format("") + GONE.format(MOOD, KEY),
        KEPT,
        2,
    ),
    "a view goes with its column": (
        KEPT + VIEW.format("b"),
        A.format('Column("c", Text)'),
        2,
    ),
    "a view that stays no longer shows what goes": (
        KEPT + VIEW.format("b"),
        A.format('Column("c", Text)') + VIEW.format("c"),
        2,
    ),
    "a function goes, and an index of another table": (
        KEPT.replace('"b", Text', '"b", Text, index=True')
        + after("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        KEPT,
        2,
    ),
    "a type changes under a view": (
        KEPT + VIEW.format("a"),
        KEPT.replace("Integer", "BigInteger") + VIEW.format("a"),
        1,
    ),
    "a column comes anew": (
        A.format('Column("b", Integer, Computed("a * 2", persisted=True))'),
        A.format('Column("b", Integer, Computed("a * 3", persisted=True)), Column("c", Text)'),
        1,
    ),
    "a primary key's column goes": (
        'Table("t", m, Column("a", Integer, primary_key=True), Column("b", Integer))',
        'Table("t", m, Column("b", Integer, primary_key=True), Column("c", Integer))',
        2,
    ),
    "a view takes the name of a table": (
        KEPT + 'Table("w", m, Column("id", Integer))\n',
        KEPT + VIEW.format("b").replace('"v"', '"w"'),
        1,
    ),
    "a function comes with another parameter": (
        KEPT + after("CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        KEPT + after("CREATE FUNCTION f(y text) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        1,
    ),
}


ENTANGLED = {"a primary key's column goes", "a view takes the name of a table"}

# The same, on a server that has no other expression for a column: it is dropped for one.
RECREATED = {"a column comes anew"}


@pytest.mark.parametrize("name", CHANGES)
def test_there_and_back(databases: ScratchServer, name: str) -> None:
    old, new, stages = CHANGES[name]
    change = there(databases, old, new)
    assert change.stages == stages
    entangled = ENTANGLED
    if databases.version < SET_EXPRESSION_SINCE:
        entangled = ENTANGLED | RECREATED
    assert change.why == (revision_files.ENTANGLED_MESSAGE if name in entangled else "")


OLD = "INSERT INTO tags (word) VALUES ('old')"
NEW = "INSERT INTO tags (title) VALUES ('new')"


def test_code_of_both_releases_runs_in_between(tree: Tree, empty: URL) -> None:
    module = tree.root / "models" / "tags.py"
    module.write_text(TAGS)
    succeed(tree, "revision", "--autogenerate", "-m", "create tags")
    succeed(tree, "upgrade", "head")
    execute(empty, OLD)
    module.write_text(TAGS.replace("word: Mapped[str]", "title: Mapped[str | None]"))
    said = succeed(tree, "revision", "--autogenerate", "-m", "call it a title", "--rev-id", "aaaa")
    assert "\nRevision aaaa (call it a title):\n" in f"\n{said}"
    assert " (call it a title (contract)):\n" in said
    succeed(tree, "upgrade", "aaaa")
    execute(empty, OLD)
    execute(empty, NEW)
    succeed(tree, "upgrade", "head")
    execute(empty, NEW)
    with pytest.raises(DBAPIError, match="word"):
        execute(empty, OLD)
    succeed(tree, "check")
    succeed(tree, "downgrade", "aaaa")
    execute(empty, OLD)


def test_one_revision_when_it_is_said(tree: Tree) -> None:
    module = tree.root / "models" / "tags.py"
    module.write_text(TAGS)
    succeed(tree, "revision", "--autogenerate", "-m", "create tags")
    module.write_text(TAGS.replace("word: Mapped[str]", "title: Mapped[str | None]"))
    known = set(tree.versions.glob("*.py"))
    done = tree.alembic("-x", "split=x", "revision", "--autogenerate", "-m", "in one")
    assert done.code == 1
    assert done.err.endswith('FAILED: -x split is "x": write on or off.\n')
    assert set(tree.versions.glob("*.py")) == known
    succeed(tree, "-x", "split=no", "revision", "--autogenerate", "-m", "in one")
    (file,) = set(tree.versions.glob("*.py")) - known
    assert "add_column" in file.read_text()
    assert "drop_column" in file.read_text()


def execute(url: URL, statement: str) -> None:
    """Run a statement, as an application would."""
    with connect(url, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(statement)
