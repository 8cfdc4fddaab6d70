"""What commits in steps does so in a revision of its own; the other is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.split import online_steps
from alembic_pg.revisions.trial.known_texts import KnownTexts
from tests.commands.run import run as succeed
from tests.matrix.case import load
from tests.matrix.databases import create_built, execute, rows, with_known_columns
from tests.matrix.inside import run, there
from tests.tags import TAGS

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.testing.tree import Tree

A = 'table(Column("a", Integer), {})\n'
OLD = A.format('Column("b", Text)')
FILLED = 'Column("c", Integer, nullable=False, info={"backfill": "7"})'
VIEW = 'v = PGView("public", "v", "select id, {} from t")\n'
# A type of PostgreSQL for which SQLAlchemy has none.
POINTS = """
import sqlalchemy as sa


class Point(sa.types.UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_):
        return "point"


Table("p", m, Column("id", Integer, primary_key=True), Column("at", Point))
Table("q", m, Column("id", Integer, ForeignKey("p.id"), index=True), Column("at", Point))
"""

HEIR = 'Table("g", m, Column("id", Integer, primary_key=True), Column("r", Integer, index=True))\n'

# Models before and after, and what each of the revisions does, in their order.
CHANGES = {
    "a column with an index comes": (
        OLD,
        A.format('Column("b", Text), Column("c", Text, index=True)'),
        ({"add_column"}, {"create_index"}),
    ),
    "a table with an index comes": (OLD, OLD + HEIR, ({"create_table", "create_index"},)),
    "a table comes, and an index of another one": (
        OLD,
        OLD.replace("Text", "Text, index=True") + HEIR.replace(", index=True", ""),
        ({"create_table"}, {"create_index"}),
    ),
    "a key that refers to a table that comes": (
        OLD,
        'Table("p", m, Column("id", Integer, primary_key=True))\n'
        + OLD.replace('"a", Integer', '"a", Integer, ForeignKey("p.id")'),
        ({"create_table"}, {"create_foreign_key"}),
    ),
    "a column is filled": (
        OLD,
        A.format(f'Column("b", Text), {FILLED}'),
        ({"add_column"}, {"execute", "alter_column"}),
    ),
    "a check changes": (
        A.format('CheckConstraint("a > 0", name="c")'),
        A.format('CheckConstraint("a > 1", name="c")'),
        ({"execute"},),
    ),
    "a foreign key changes, and a column comes": (
        HEIR + OLD.replace("Integer", 'Integer, ForeignKey("g.id")'),
        HEIR
        + A.format('Column("b", Text), Column("c", Text)').replace(
            "Integer", 'Integer, ForeignKey("g.id", ondelete="CASCADE")'
        ),
        ({"add_column"}, {"drop_constraint", "create_foreign_key"}),
    ),
    "only steps": (
        OLD,
        OLD.replace("Text", "Text, index=True").replace("Integer", "Integer, nullable=False"),
        ({"create_index", "alter_column"},),
    ),
    "a view goes for as long as a type changes": (
        OLD + VIEW.format("a"),
        OLD.replace("Integer", "BigInteger") + VIEW.format("a"),
        ({"execute", "alter_column"},),
    ),
    "an indexed column goes": (
        OLD.replace("Text", "Text, index=True"),
        A.format(""),
        ({"drop_index", "drop_column"},),
    ),
    "a column comes with an index, and one goes": (
        OLD,
        A.format('Column("c", Text, index=True)'),
        ({"add_column"}, {"create_index"}, {"drop_column"}),
    ),
}

OPERATIONS = {
    "add_column",
    "alter_column",
    "create_foreign_key",
    "create_index",
    "create_table",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "execute",
}


@pytest.mark.parametrize("name", CHANGES)
def test_there_and_back(databases: ScratchServer, name: str) -> None:
    old, new, wanted = CHANGES[name]
    change = there(databases, old, new)
    found = [{one for one in OPERATIONS if f"op.{one}(" in part} for part in change.parts]
    assert found == list(wanted)


def test_a_view_stays_when_a_filled_column_may_be_null_again(databases: ScratchServer) -> None:
    new = A.format(f'Column("b", Text, index=True), {FILLED}') + VIEW.format("a")
    change = there(databases, OLD + VIEW.format("a"), new)
    assert len(change.parts) == 2
    assert "nullable=True" in change.down
    assert "VIEW" not in change.down


FUNCTION = (
    'f = PGFunction("public", "f()", "RETURNS trigger LANGUAGE plpgsql AS '
    "'BEGIN RAISE EXCEPTION $$fired$$; END'\")\n"
)
TRIGGER = (
    'g = PGTrigger("public", "g", "BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "t")\n'
)
NO_EMPTY = OLD.replace('"a", Integer', '"a", Integer, nullable=False, info={"backfill": "7"}')


@pytest.mark.parametrize(
    ("old", "new"), [("", TRIGGER), (TRIGGER, "")], ids=["it comes", "it goes"]
)
def test_rows_are_filled_while_no_trigger_fires(
    databases: ScratchServer, old: str, new: str
) -> None:
    change = there(databases, OLD + FUNCTION + old, NO_EMPTY + FUNCTION + new)
    assert change.stages == 2
    url = create_built(databases, load(OLD + FUNCTION + old))
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL)")
    for part in change.parts:
        run(url, part)
    assert rows(url, "SELECT a FROM t") == [(7,)]


def test_their_names(tree: Tree) -> None:
    module = tree.root / "models" / "tags.py"
    module.write_text(TAGS)
    succeed(tree, "revision", "--autogenerate", "-m", "create tags")
    succeed(tree, "upgrade", "head")
    new = TAGS.replace("word: Mapped[str]", "title: Mapped[str | None] = mapped_column(index=True)")
    module.write_text(new.replace("import Mapped", "import Mapped, mapped_column"))
    said = succeed(tree, "revision", "--autogenerate", "-m", "title", "--rev-id", "aaaa")
    assert "\nRevision aaaa (title):\n" in f"\n{said}"
    for name in ("title (online)", "title (contract)"):
        assert f" ({name}):\n" in said
    succeed(tree, "upgrade", "aaaa")
    succeed(tree, "upgrade", "head")
    succeed(tree, "check")
    succeed(tree, "downgrade", "aaaa")
    succeed(tree, "downgrade", "-1")
    succeed(tree, "upgrade", "head")


def test_no_half_ends_where_it_begins(databases: ScratchServer) -> None:
    models = (
        'Table("u", m, Column("id", Integer, primary_key=True))\n'
        'table(Column("a", String({})), Column("b", Text, Computed("lower(a)")), '
        'Column("u", Integer, ForeignKey("u.id", name="fk")))\n'
    )
    models = with_known_columns(databases, models)
    change = there(databases, models.format(20), models.format(300))
    assert change.stages == 1
    assert "fk" not in change.up + change.down


def test_nobody_asks_what_new_tables_execute(
    databases: ScratchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    statements = KnownTexts.statements

    def counted(self: KnownTexts, source: str) -> list[RevisionStatement]:
        asked.append(source)
        return statements(self, source)

    monkeypatch.setattr(KnownTexts, "statements", counted)
    there(databases, "", HEIR + OLD)
    assert not asked


def test_a_table_that_only_postgresql_can_say_is_as_new(
    databases: ScratchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its keys are operations of their own, on a table that nobody uses yet."""

    def opened(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(online_steps, "open_candidate", opened)
    change = there(databases, "", POINTS)
    assert "CREATE TABLE" in change.up
    assert change.stages == 1
