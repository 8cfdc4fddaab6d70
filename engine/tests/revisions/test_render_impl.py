"""What is sent where nothing is executed."""

from __future__ import annotations

from io import StringIO

import pytest
import sqlalchemy as sa
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic_pg.database.url import DRIVER
from alembic_pg.revisions import render_impl


@pytest.fixture
def written() -> tuple[Operations, StringIO]:
    """Operations that are written."""
    buffer = StringIO()
    context = MigrationContext.configure(
        url=f"{DRIVER}://", opts={"as_sql": True, "output_buffer": buffer}
    )
    render_impl.install_writing_impl(context, PostgresqlImpl, buffer)
    return Operations(context), buffer


def test_a_table_comes_with_its_enum(written: tuple[Operations, StringIO]) -> None:
    op, buffer = written
    op.create_table("t", sa.Column("state", sa.Enum("draft", "public", name="state")))
    said = " ".join(buffer.getvalue().split())
    assert said == "CREATE TYPE state AS ENUM ('draft', 'public'); CREATE TABLE t ( state state );"


def test_an_enum_that_is_text_needs_no_type(written: tuple[Operations, StringIO]) -> None:
    op, buffer = written
    op.create_table("t", sa.Column("state", sa.Enum("a", "b", native_enum=False, length=9)))
    assert " ".join(buffer.getvalue().split()) == "CREATE TABLE t ( state VARCHAR(9) );"


def test_a_question_is_refused(written: tuple[Operations, StringIO]) -> None:
    with pytest.raises(render_impl.DatabaseNeededError):
        written[0].get_bind().execute(sa.text("SELECT 1"))
    assert not written[1].getvalue()
