"""Several statements in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect, make_engine
from alembic_pg.database.session import as_message, one_a_message
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


@pytest.mark.parametrize("end", ["", " -- all", ";", " /* ; */", "; -- done"])
def test_no_statement_ends_in_the_comment_of_the_one_before(empty: URL, end: str) -> None:
    first = f"CREATE VIEW v AS SELECT 1 AS a FROM pg_class{end}"  # noqa: S608  # ours
    with connect(empty, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(as_message([first, "COMMENT ON VIEW v IS 'seen'"]))
        assert connection.exec_driver_sql("SELECT obj_description('v'::regclass)").scalar()


def test_a_message_is_a_transaction(empty: URL) -> None:
    with make_engine(empty).connect() as connection:
        with one_a_message(connection):
            with connection.begin():
                local = "SET LOCAL statement_timeout = 77; SHOW statement_timeout"
                assert connection.exec_driver_sql(local).scalar() == "77ms"
                assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
            with pytest.raises(DBAPIError), connection.begin():
                connection.exec_driver_sql("CREATE TABLE t (a int); SELECT 1 / 0")
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL statement_timeout = 77")
            assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "77ms"
            assert connection.exec_driver_sql("SELECT to_regclass('t')").scalar() is None
