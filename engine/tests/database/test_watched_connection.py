"""The driver's connection, whose transaction has ended when it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic_pg.database.connect import make_engine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.online.late import LATE_TRIGGER
from tests.online.slow_commit import slow_commit

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection


def late(connection: Connection) -> None:
    """Let a statement end when its time is over: only the next message is told of that."""
    for statement in ("CREATE TABLE t (a int)", *LATE_TRIGGER):
        connection.exec_driver_sql(statement)
    connection.commit()
    connection.exec_driver_sql("SET LOCAL statement_timeout = 20; INSERT INTO t VALUES (1)")


def test_a_commit_that_the_server_passes_over(empty: URL) -> None:
    with make_engine(empty).connect() as connection:
        late(connection)
        with pytest.raises(DBAPIError) as raised:
            connection.commit()
        assert isinstance(raised.value.orig, psycopg2.errors.QueryCanceled)
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
        assert not connection.connection.driver_connection.autocommit  # type: ignore[union-attr]


def test_a_rollback_that_the_server_passes_over(empty: URL) -> None:
    with make_engine(empty).connect() as connection:
        late(connection)
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_a_cancelled_commit_rolls_back(empty: URL) -> None:
    with slow_commit(empty, "INSERT") as (url, slow), make_engine(url).connect() as connection:
        connection.execute(text("CREATE TABLE t (id int)"))
        connection.commit()
        connection.execute(text("SET LOCAL statement_timeout = 100"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
        with pytest.raises(DBAPIError, match="canceling statement"):
            connection.commit()
        assert slow
        connection.rollback()
        assert connection.scalar(text("SELECT count(*) FROM t")) == 0
        connection.execute(text("INSERT INTO t VALUES (2)"))
        connection.commit()
        assert connection.scalars(text("SELECT id FROM t")).all() == [2]
