"""The statements of a revision, without a database."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from alembic import op
from alembic_pg.revisions import statements
from alembic_pg.sql.column_types import ColumnType


def test_operations_and_texts() -> None:
    def upgrade() -> None:
        op.create_table("t", sa.Column("x", sa.Integer(), index=True))
        op.alter_column(
            "t", "x", existing_type=sa.Numeric(10, 2), type_=sa.BigInteger(), nullable=False
        )
        op.execute("UPDATE t SET x = 5 -- 50%", execution_options={"batches": True})
        op.bulk_insert(sa.table("t", sa.column("x", sa.Integer)), [{"x": 7}])
        with op.get_context().autocommit_block():
            op.execute("VACUUM t")

    said = statements.function_statements(upgrade)
    assert [" ".join(one.sql.split()) for one in said] == [
        "CREATE TABLE t ( x INTEGER )",
        "CREATE INDEX ix_t_x ON t (x)",
        "ALTER TABLE t ALTER COLUMN x TYPE BIGINT",
        "ALTER TABLE t ALTER COLUMN x SET NOT NULL",
        "UPDATE t SET x = 5 -- 50%",
        "INSERT INTO t (x) VALUES (7)",
        "VACUUM t",
    ]
    assert [one.in_batches for one in said] == [False] * 4 + [True, False, False]
    assert said[2].existing == {"x": ColumnType("numeric", (10, 2))}
    assert said[4].existing == {}


def test_a_type_without_an_instance() -> None:
    def upgrade() -> None:
        op.alter_column("t", "x", existing_type=sa.Integer, type_=sa.BigInteger)

    (said,) = statements.function_statements(upgrade)
    assert said.existing == {"x": ColumnType("integer")}


def test_what_asks_a_database_is_told() -> None:
    def upgrade() -> None:
        op.get_bind().execute(sa.text("SELECT 1"))

    asked = re.escape("op.get_bind().execute(SELECT 1)")
    with pytest.raises(statements.UnreadableError, match=asked):
        statements.function_statements(upgrade)
