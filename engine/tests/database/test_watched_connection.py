"""A transaction whose COMMIT or ROLLBACK is cancelled is over for both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.online.slow_commit import slow_commit

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


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
