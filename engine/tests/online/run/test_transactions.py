"""The transactions of a run's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.online.run import transactions
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def test_a_message_is_a_transaction(empty: URL) -> None:
    with make_engine(empty).connect() as connection:
        with transactions.one_a_message(connection):
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
