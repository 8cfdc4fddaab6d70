"""What Alembic renders otherwise than it runs: per cent signs, and foreign keys in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

TWO = """
Table("a", m, Column("id", Integer, primary_key=True), Column("b", ForeignKey("b.id", name="f")))
Table("b", m, Column("id", Integer, primary_key=True), Column("a", ForeignKey("a.id")),
    Column("up", ForeignKey("b.id")), Column("o", ForeignKey("o.id")))
Table("o", m, Column("id", Integer, primary_key=True))
"""
THREE = """
for one, other in (("x", "y"), ("y", "z"), ("z", "x"), ("w", "x")):
    Table(one, m, Column("id", Integer, primary_key=True), Column("r", ForeignKey(f"{other}.id")))
"""
SCHEMAS = """
for one, other in (("r", "s"), ("s", "r")):
    Table("t", m, Column("id", Integer, primary_key=True), Column("o", ForeignKey(f"{other}.t.id")),
        schema=one)
"""


OF_METADATA = """
m.schema = "app"
Table("a", m, Column("id", Integer, primary_key=True), Column("b", ForeignKey("b.id")))
Table("b", m, Column("id", Integer, primary_key=True), Column("a", ForeignKey("a.id")))
"""


@pytest.mark.filterwarnings("ignore:Cannot correctly sort tables")
@pytest.mark.parametrize(
    ("models", "tables", "added"),
    [(TWO, 3, 1), (THREE, 4, 1), (SCHEMAS, 2, 1), (OF_METADATA, 2, 1)],
    ids=["two", "three", "schemas", "schema of the metadata"],
)
def test_tables_in_a_circle_are_said_in_alembics_words(
    databases: ScratchServer, models: str, tables: int, added: int
) -> None:
    change = there(databases, "", models)
    assert "CREATE TABLE" not in change.up
    assert change.up.count("op.create_table(") == tables
    assert change.up.count("ADD CONSTRAINT") == added


PERCENT = """
from sqlalchemy import column, text
Table("a", m, Column("id", Integer, primary_key=True), {})
"""
PERCENT_PARTS = r"""
    Column("b", Text, CheckConstraint("b LIKE '%@%'", name="c"), server_default="50%"),
    Column("d", Text, server_default=text("'%s %% \\:x'")),
    Column("e", Text, Computed("d || '%(x)s'", persisted=True)),
    Column("f", Integer),
    CheckConstraint(column("f") % 2 == 0, name="even"),
    Index("i", "b", postgresql_where=text("b <> '%'")),
    Index("j", text("(b || '%%')")),
"""


@pytest.mark.parametrize("before", ["", PERCENT.format("")], ids=["table", "columns"])
def test_a_percent_sign_is_written_as_in_the_models(databases: ScratchServer, before: str) -> None:
    change = there(databases, before, PERCENT.format(PERCENT_PARTS))
    # Nothing is made by a second statement, nor by PostgreSQL's own.
    assert "op.execute" not in change.up + change.down
    for text in ("LIKE '%@%'", "'50%'", r"'%s %% \\:x'", "'%(x)s'", "f % 2 ", "<> '%'", "'%%'"):
        assert text in change.up
