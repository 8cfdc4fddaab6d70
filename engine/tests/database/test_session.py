"""Several statements in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect, make_engine
from alembic_pg.database.session import as_message, one_a_message
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection


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


def test_what_an_environment_says_as_a_transaction_begins(empty: URL) -> None:
    """SET LOCAL ROLE, say: else what a step makes would belong to another role."""
    engine = make_engine(empty)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 77")

    event.listen(engine, "begin", begin)
    with engine.connect() as connection, one_a_message(connection), connection.begin():
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "77ms"


@pytest.mark.parametrize(
    ("options", "setting", "value"),
    [
        ({"isolation_level": "REPEATABLE READ"}, "transaction_isolation", "repeatable read"),
        ({"isolation_level": "SERIALIZABLE"}, "transaction_isolation", "serializable"),
        ({"postgresql_readonly": True}, "transaction_read_only", "on"),
        ({"postgresql_deferrable": True}, "transaction_deferrable", "on"),
    ],
)
def test_a_transaction_is_of_the_kind_that_an_environment_asks_for(
    empty: URL, options: dict[str, object], setting: str, value: str
) -> None:
    engine = make_engine(empty).execution_options(**options)
    with engine.connect() as connection, one_a_message(connection), connection.begin():
        assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value


def test_an_isolation_level_that_is_not_that_of_the_database(empty: URL) -> None:
    ask = "SHOW transaction_isolation"
    name = empty.database
    with make_engine(empty).connect() as connection, connection.begin():
        connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable'
        )
    engine = make_engine(empty)
    with engine.connect() as connection, one_a_message(connection), connection.begin():
        assert connection.exec_driver_sql(ask).scalar() == "serializable"
    asked = engine.execution_options(isolation_level="READ COMMITTED")
    with asked.connect() as connection, one_a_message(connection), connection.begin():
        assert connection.exec_driver_sql(ask).scalar() == "read committed"
