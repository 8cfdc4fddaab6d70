"""No direction says anything of an object that it drops afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.operations import ops
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.reversal import reversed_operations
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.lost_settings import leave_out_lost_settings
from sqlalchemy import Column, Text
from tests.autogenerate.proof.test_needless_drops import revise, without_revisions
from tests.autogenerate.proof.test_without_drops import said
from tests.matrix.databases import differing

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

NEW_COLUMN = ops.AddColumnOp("t", Column("b", Text))
COMMENT = StatementOp(
    "create",
    "comment on column t.b",
    ("COMMENT ON COLUMN public.t.b IS 'x';",),
    ("COMMENT ON COLUMN public.t.b IS NULL;",),
)


def directions(operations: list[MigrateOperation]) -> list[list[str]]:
    """Return the statements of both directions that are not Alembic's."""
    return [said(way) for way in (operations, reversed_operations(operations))]


def test_a_downgrade_drops_the_column_with_its_comment() -> None:
    shorter = leave_out_lost_settings([NEW_COLUMN, COMMENT], lambda _: True)
    assert directions(shorter) == [[*COMMENT.upgrade], []]
    again = leave_out_lost_settings([*shorter], lambda _: pytest.fail("nothing more to prove"))
    assert [*map(id, again)] == [*map(id, shorter)]


def test_what_the_proof_refuses_stays() -> None:
    operations: list[MigrateOperation] = [NEW_COLUMN, COMMENT]
    assert leave_out_lost_settings(operations, lambda _: False) is operations


def test_an_upgrade_drops_what_it_says_nothing_of_and_the_way_back_says_it() -> None:
    view = StatementOp("drop", "view v", ("DROP VIEW public.v;",), ("CREATE VIEW public.v;",))
    comment = StatementOp(
        "drop",
        "comment on view v",
        ("COMMENT ON VIEW public.v IS NULL;",),
        ("COMMENT ON VIEW public.v IS 'x';",),
    )
    shorter = leave_out_lost_settings([comment, view], lambda _: True)
    assert directions(shorter) == [[*view.upgrade], [*view.downgrade, *comment.downgrade]]


def test_the_last_of_two_comments_stays() -> None:
    other = StatementOp("change", COMMENT.label, COMMENT.downgrade, COMMENT.upgrade)
    shorter = leave_out_lost_settings([COMMENT, other], lambda _: True)
    assert directions(shorter) == [[*other.upgrade], [*COMMENT.downgrade]]


def test_a_comment_on_what_is_renamed_stays() -> None:
    operations: list[MigrateOperation] = [COMMENT, RenameOp(None, None, "t", "u")]
    dropped = [*operations, ops.DropColumnOp("t", "b")]
    assert leave_out_lost_settings(dropped, lambda _: True) is dropped


TABLE = 'table(Column("a", Text), name="posts")\n'
MORE = {
    "what belongs to a column": """
table(Column("a", Text), Column("b", Text, index=True, comment="b"), name="posts")
after("COMMENT ON INDEX ix_posts_b IS 'x'")
after("ALTER TABLE posts ALTER b SET STORAGE EXTERNAL, ALTER b SET STATISTICS 9")
after("GRANT SELECT (b) ON posts TO PUBLIC")
""",
    "what belongs to a view": TABLE
    + """
v = PGView("public", "v", "SELECT 1 AS id")
after("COMMENT ON VIEW v IS 'x'")
after("COMMENT ON COLUMN v.id IS 'x'")
after("GRANT SELECT ON v TO PUBLIC")
""",
    "what belongs to a table, a type and a schema": TABLE
    + """
table(Column("b", Text), CheckConstraint("b <> ''", name="c"), name="more")
before("CREATE SCHEMA s")
after("CREATE TYPE ct AS (x int)")
for one in ("SCHEMA s", "TYPE ct", "COLUMN ct.x", "CONSTRAINT c ON more"):
    after(f"COMMENT ON {one} IS 'x'")
after("GRANT USAGE ON SCHEMA s TO PUBLIC")
after("ALTER TABLE more ALTER b SET STATISTICS 9")
after("ALTER TABLE more ENABLE ROW LEVEL SECURITY")
""",
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE.keys())
def test_what_goes_takes_along_what_was_said_of_it(tree: Tree, empty: URL, more: str) -> None:
    said = ("COMMENT", "comment", "REVOKE", "STATISTICS", "STORAGE", "ROW LEVEL")
    tree = without_revisions(tree.on(empty))
    revise(tree, TABLE, "before")
    assert tree.alembic("upgrade", "head").code == 0
    fewer = pg_dump.dump_database(empty)
    up, _, down = revise(tree, more, "more").partition("def downgrade")
    assert any(word in up for word in said)
    assert not any(word in down for word in said)
    assert tree.alembic("upgrade", "head").code == 0
    built = pg_dump.dump_database(empty)
    assert tree.alembic("downgrade", "-1").code == 0
    assert not list(differing(pg_dump.dump_database(empty), fewer))
    assert tree.alembic("upgrade", "head").code == 0
    up, _, down = revise(tree, TABLE, "less").partition("def downgrade")
    assert not any(word in up for word in said)
    assert any(word in down for word in said)
    assert tree.alembic("upgrade", "head").code == 0
    assert not list(differing(pg_dump.dump_database(empty), fewer))
    assert tree.alembic("downgrade", "-1").code == 0
    assert not list(differing(pg_dump.dump_database(empty), built))


def test_an_index_of_a_view_that_is_made_anew_is_not_renamed_before(tree: Tree, empty: URL) -> None:
    tree = without_revisions(tree.on(empty))
    view = 'after("CREATE MATERIALIZED VIEW v AS SELECT {} FROM posts")\n{}\n'
    index = 'after("CREATE INDEX {} ON v (a)")'
    revise(tree, f"{TABLE}{view.format('a', index.format('one'))}", "before")
    assert tree.alembic("upgrade", "head").code == 0
    text = revise(tree, f"{TABLE}{view.format('id, a', index.format('two'))}", "after")
    assert "RENAME" not in text
    assert tree.alembic("upgrade", "head").code == 0
    assert tree.alembic("check").code == 0
