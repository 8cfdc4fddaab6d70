"""What is reversed is what Alembic would reverse, once, and without what goes with a table."""

from __future__ import annotations

import pytest
from alembic.autogenerate.render import render_op
from alembic.operations import MigrateOperation, ops
from alembic_pg.autogenerate.ops.reversal import reversed_operations, without_implied_drops
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    text,
)
from tests.autogenerate import rendering


def models() -> Table:
    metadata = MetaData()
    Table("p", metadata, Column("id", BigInteger, primary_key=True))
    table = Table(
        "t",
        metadata,
        Column("id", BigInteger, primary_key=True),
        Column("p", ForeignKey("p.id"), index=True),
        Column("code", Text, unique=True, comment="unique"),
        Column("kind", Enum("a", "b", name="kind")),
        CheckConstraint("id > 0", name="c"),
        schema="app",
        comment="a table",
        info={"a": 1},
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": 80},
    )
    Index("i", table.c.code, text("lower(code)"), unique=True, postgresql_where=text("id > 1"))
    return table


def created() -> list[MigrateOperation]:
    table = models()
    indexes = sorted(table.indexes, key=lambda one: str(one.name))
    return [ops.CreateTableOp.from_table(table), *map(ops.CreateIndexOp.from_index, indexes)]


def texts(operations: list[MigrateOperation]) -> list[list[str]]:
    return [render_op(rendering.context(), operation) for operation in operations]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_it_is_what_alembic_makes(place: int) -> None:
    operation = created()[place]
    alembics = operation.reverse()
    (ours,) = reversed_operations([operation])
    assert texts([ours]) == texts([alembics])
    # And back again, which a downgrade that becomes an upgrade needs.
    assert texts([ours.reverse()]) == texts([alembics.reverse()])


def test_alembic_gets_the_same_one() -> None:
    """So its text, which the proof has rendered, is that of the file."""
    operations = created()
    back = reversed_operations(operations[:1])
    assert ops.UpgradeOps(operations[:1]).reverse().ops == back
    assert reversed_operations(operations[:1]) == back


def test_indexes_go_with_their_table() -> None:
    operations = created()
    (drop,) = reversed_operations(operations)
    assert isinstance(drop, ops.DropTableOp)
    left = reversed_operations(operations[1:])
    assert len(without_implied_drops(left)) == len(left) == 2  # the table stays
