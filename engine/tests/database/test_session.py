"""Several statements in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.database.session import as_message

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


@pytest.mark.parametrize("end", ["", " -- all", ";", " /* ; */", "; -- done"])
def test_no_statement_ends_in_the_comment_of_the_one_before(empty: URL, end: str) -> None:
    first = f"CREATE VIEW v AS SELECT 1 AS a FROM pg_class{end}"  # noqa: S608  # ours
    with connect(empty, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(as_message([first, "COMMENT ON VIEW v IS 'seen'"]))
        assert connection.exec_driver_sql("SELECT obj_description('v'::regclass)").scalar()
