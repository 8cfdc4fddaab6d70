"""Indexes and keys of a column go with it, unless new rows do not fit them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.matrix.inside import there
from tests.matrix.sources import after

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

OTHER = (
    'Table("o", m, Column("id", Integer, primary_key=True), Column("x", Integer), '
    'UniqueConstraint("id", "x", name="o_key"))\n'
)
ONE = '["b"], ["o.id"]'
BOTH = '["b", "a"], ["o.id", "o.x"], match="FULL"'

BEFORE = OTHER + (
    'table(Column("a", Integer), Column("b", Integer, nullable=False{}), Index("i", "b"), '
    'UniqueConstraint("b", "a", name="u"{}), CheckConstraint("b > 0", name="c"), '
    'ForeignKeyConstraint({}, name="f", ondelete="CASCADE"))\n'
)

AFTER = OTHER + 'table(Column("a", Integer), Column("n", Integer))\n'


@pytest.mark.parametrize(
    ("options", "together"),
    [
        (("", "", ONE), {"i", "u", "f"}),
        ((', server_default="1"', "", ONE), {"i", "f"}),
        (("", ", postgresql_nulls_not_distinct=True", BOTH), {"i"}),
    ],
    ids=["null", "default", "strict"],
)
def test_together(databases: ScratchServer, options: tuple[str, ...], together: set[str]) -> None:
    change = there(databases, BEFORE.format(*options), AFTER)
    assert change.stages == 2
    assert {*re.findall(r"op\.f\('(\w)'\)", change.contract)} == together


INDEXES = (
    'Index("e", text("lower(t.b)")), Index("p", "a", postgresql_where=text("b <> \'x\'")), '
    'Index("i", "a", postgresql_include=["b"]), '
    'Index("u", "a", unique=True, postgresql_where=text("b IS NULL")), '
    'Index("v", "a", unique=True, postgresql_include=["b"]), Index("x", text("lower(c)")), '
    'Index("m", "b", "a")'
)
INDEXED = f'table(Column("a", Integer), Column("b", Text), Column("c", Text), {INDEXES})\n'
BARE = 'table(Column("a", Integer), Column("c", Text), Column("n", Integer), Index("m", "n"))\n'


def test_indexes_that_name_the_column_in_other_places(databases: ScratchServer) -> None:
    change = there(databases, INDEXED, BARE)
    assert change.stages == 3  # an index comes in steps
    assert {*re.findall(r"drop_index\(op\.f\('(\w)'\)", change.contract)} == {"e", "p", "i"}


FUNCTION = "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'"
SECURITY = "ALTER TABLE t ENABLE ROW LEVEL SECURITY"
PARTS = 'table(Column("a", Integer), Column("the b", Integer))\n' + after(
    SECURITY,
    FUNCTION,
    'CREATE TRIGGER r BEFORE UPDATE OF "the b" ON t FOR EACH ROW EXECUTE FUNCTION tf()',
    'CREATE POLICY p ON t USING ("the b" > 0)',
    "CREATE POLICY q ON t USING (a > 0)",
    'GRANT SELECT (a, "the b") ON t TO pg_monitor',
)
STAYS = 'table(Column("a", Integer), Column("n", Integer))\n' + after(SECURITY, FUNCTION)


def test_grants_policies_and_triggers(databases: ScratchServer) -> None:
    change = there(databases, PARTS, STAYS)
    assert change.stages == 2
    assert {*re.findall(r"DROP TRIGGER r|DROP POLICY \w", change.contract)} == {
        "DROP TRIGGER r",
        "DROP POLICY p",
    }
    # PostgreSQL drops the column's own rights along with it.
    assert 'REVOKE SELECT("the b")' not in change.up
    assert 'GRANT SELECT("the b") ON' in change.down
