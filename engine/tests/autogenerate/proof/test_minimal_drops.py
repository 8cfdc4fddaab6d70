"""Only changes of types stand between DROP and CREATE of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.operations import ops
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.minimal_drops import delay_drops
from sqlalchemy import BigInteger
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

VIEW = 'v = PGView("public", "v", "select id, a, b from t")\n'
BEFORE = 'table(Column("a", Integer), Column("b", Text), Column("d", Integer))\n' + VIEW
AFTER = (
    'table(Column("a", BigInteger), Column("d", Integer, index=True), '
    'Column("b", Text, nullable=False, info={"backfill": "\'x\'"}), '
    'Column("e", Integer, server_default="5"), CheckConstraint("d > 0", name="c"))\n'
) + VIEW


def test_the_rest_comes_before(databases: ScratchServer) -> None:
    change = there(databases, BEFORE, AFTER)
    for way in (change.up, change.down):
        dropped, created = way.index("DROP VIEW"), way.index("CREATE VIEW")
        assert way[dropped:created].count("op.") == 2
        assert "type_=" in way[dropped:created]
    assert all(word in change.up for word in ("add_column", "create_index", "UPDATE"))


def test_what_needs_the_view_away_stays_in_between(databases: ScratchServer) -> None:
    after = AFTER.replace('Column("b", Text, nullable=False, info={"backfill": "\'x\'"}), ', "")
    change = there(databases, BEFORE, after.replace(", a, b", ", a"))
    dropped, created = change.up.index("DROP VIEW"), change.up.index("CREATE VIEW")
    assert change.up[dropped:created].count("op.") == 2
    assert dropped < change.up.index("type_=") < created < change.up.index("drop_column")


def test_what_can_stay_is_not_dropped(databases: ScratchServer) -> None:
    view = VIEW.replace(", b", "")
    change = there(databases, BEFORE.replace(VIEW, view), 'table(Column("a", Integer))\n' + view)
    assert change.up.count("drop_column") == 2
    assert "VIEW" not in change.up + change.down


def statement(action: str, label: str, sql: str) -> StatementOp:
    """Return an operation."""
    return StatementOp(action, label, (sql,), ())


DROP, CREATE = (statement(action, "view v", f"{action} v") for action in ("drop", "create"))
TYPE = ops.AlterColumnOp("t", "a", modify_type=BigInteger())
TEXT = statement("change", "table t", "ALTER TABLE t ALTER COLUMN a TYPE bigint;")
OTHER = ops.AlterColumnOp("t", "a", modify_nullable=False)
LATER = ops.AlterColumnOp("t", "b", modify_nullable=False)
GONE = ops.DropColumnOp("t", "c")
INDEX = [statement(action, "index i", f"{action} i") for action in ("drop", "create")]


@pytest.mark.parametrize(
    ("found", "order"),
    [
        ([DROP, OTHER, TYPE, CREATE], [OTHER, DROP, TYPE, CREATE]),
        ([OTHER, DROP, TEXT, LATER, CREATE, TYPE], [OTHER, DROP, TEXT, CREATE, LATER, TYPE]),
        ([DROP, TYPE, CREATE], [DROP, TYPE, CREATE]),
        ([DROP, OTHER, TYPE], [DROP, OTHER, TYPE]),
        ([DROP, GONE, OTHER, TYPE, CREATE], [OTHER, DROP, TYPE, GONE, CREATE]),
        ([*INDEX, OTHER], [*INDEX, OTHER]),
        ([INDEX[0], OTHER, INDEX[1]], [INDEX[0], OTHER, INDEX[1]]),
        ([DROP, *INDEX, TYPE, CREATE], [*INDEX, DROP, TYPE, CREATE]),
    ],
)
def test_order(found: list[ops.MigrateOperation], order: list[ops.MigrateOperation]) -> None:
    assert [*map(id, delay_drops(found))] == [*map(id, order)]


def test_all_before() -> None:
    found = [OTHER, DROP, TEXT, LATER, CREATE, TYPE]
    order = [OTHER, LATER, DROP, TEXT, CREATE, TYPE]
    assert [*map(id, delay_drops(found, all_before=True))] == [*map(id, order)]
