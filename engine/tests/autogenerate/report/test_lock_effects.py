"""Locks and what takes long, as PostgreSQL's documentation of ALTER TABLE and locking has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.candidate import Candidate
from alembic_pg.autogenerate.report.lock_effects import LockEffect, measure_effects
from alembic_pg.database.connect import connect
from tests.autogenerate import rendering

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SCHEMA = """
CREATE TYPE mood AS ENUM ('x');
CREATE TABLE t (id bigint PRIMARY KEY, a text, n numeric(10, 2), m mood);
CREATE TABLE u (id bigint PRIMARY KEY, t bigint);
CREATE SEQUENCE s;
CREATE VIEW v AS SELECT a FROM t;
"""

TABLE = ("ACCESS EXCLUSIVE", ("t",))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("ALTER TABLE t ADD COLUMN b int", LockEffect(*TABLE, "metadata")),
        ("ALTER TABLE t ADD COLUMN b int DEFAULT 5", LockEffect(*TABLE, "metadata")),
        ("ALTER TABLE t ADD COLUMN b float DEFAULT random()", LockEffect(*TABLE, "rewrite")),
        ("ALTER TABLE t ALTER COLUMN n TYPE numeric(12, 2)", LockEffect(*TABLE, "metadata")),
        ("ALTER TABLE t ALTER COLUMN n TYPE text", LockEffect(*TABLE, "rewrite")),
        ("ALTER TABLE t ALTER COLUMN n SET NOT NULL", LockEffect(*TABLE, "scan")),
        ("ALTER TABLE t ADD CHECK (n > 0)", LockEffect(*TABLE, "scan")),
        ("ALTER TABLE t ADD CHECK (n > 0) NOT VALID", LockEffect(*TABLE, "metadata")),
        ("CREATE INDEX ON t (n)", LockEffect("SHARE", ("t",), "scan")),
        ("ALTER INDEX t_pkey RENAME TO p", LockEffect("none", (), "metadata")),
        (
            "ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t",
            LockEffect("SHARE ROW EXCLUSIVE", ("t", "u"), "scan"),
        ),
        (
            "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
            LockEffect(*TABLE, "metadata"),
        ),
        (
            "CREATE TRIGGER g BEFORE UPDATE ON t EXECUTE FUNCTION tsvector_update_trigger('a')",
            LockEffect("SHARE ROW EXCLUSIVE", ("t",), "metadata"),
        ),
        ("ALTER SEQUENCE s INCREMENT 2", LockEffect("SHARE ROW EXCLUSIVE", ("s",), "metadata")),
        ("ALTER TYPE mood ADD VALUE 'y'", LockEffect("none", (), "metadata")),
        ("CREATE TABLE w (a int)", LockEffect("none", (), "metadata")),
        ("CREATE VIEW w AS SELECT * FROM u", LockEffect("ACCESS SHARE", ("u",), "metadata")),
        ("DROP VIEW v", LockEffect("ACCESS EXCLUSIVE", ("v",), "metadata")),
        ("COMMENT ON TABLE t IS 'x'", LockEffect("SHARE UPDATE EXCLUSIVE", ("t",), "metadata")),
    ],
)
def test_one(empty: URL, statement: str, expected: LockEffect) -> None:
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql(SCHEMA)
        connection.commit()
        operation = StatementOp("change", "it", (f"{statement};",), ())
        assert list(measure_effects(candidate(empty), [operation])) == [expected]


def test_each_starts_anew(empty: URL) -> None:
    """What one operation locked, read or wrote anew is not said of the next one."""
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    operations = [
        ops.CreateTableOp.from_table(table),
        ops.AlterColumnOp("t", "a", existing_type=sa.Integer(), modify_type=sa.Text()),
        ops.AddColumnOp("t", sa.Column("b", sa.Integer)),
        ops.AlterColumnOp("t", "b", existing_type=sa.Integer(), modify_nullable=False),
        ops.DropColumnOp("t", "a"),
        StatementOp("backfill", "t.b", ("UPDATE t SET b = 1;",), ()),
        ops.DropTableOp("t"),
    ]
    found = [(one.lock, one.duration) for one in measure_effects(candidate(empty), operations)]
    assert found == [
        ("none", "metadata"),
        ("ACCESS EXCLUSIVE", "rewrite"),
        ("ACCESS EXCLUSIVE", "metadata"),
        ("ACCESS EXCLUSIVE", "scan"),
        ("ACCESS EXCLUSIVE", "metadata"),
        ("ROW EXCLUSIVE", "rewrite"),
        ("ACCESS EXCLUSIVE", "metadata"),
    ]


def candidate(url: URL) -> Candidate:
    """Return a candidate in which operations can be rendered."""
    return Candidate(url, "alembic_version", rendering.context())
