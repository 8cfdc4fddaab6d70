"""Let the scratch server have the roles of the target while a copy of its schema needs them."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import URL, Connection

    from alembic_pg.database.scratch import ScratchServer

_ROLES = text("SELECT rolname FROM pg_roles WHERE NOT starts_with(rolname, 'pg_') ORDER BY oid")


@contextmanager
def target_roles(connection: Connection, databases: ScratchServer) -> Iterator[None]:
    """Make the roles that the scratch server lacks, without rights, and drop them after the block.

    A schema grants to them, and its policies name them. connection: to the target. Who may not make
    roles makes none: what needs one says so. A role that another process uses meanwhile stays.
    """
    wanted = connection.execute(_ROLES).scalars().all()
    connection.rollback()
    there = set(databases.connection.execute(_ROLES).scalars())
    made = []
    for role in wanted:
        if role not in there:
            with suppress(DBAPIError):
                databases.connection.exec_driver_sql(f"CREATE ROLE {quote_name(role)}")
                made.append(role)
    try:
        yield
    finally:
        # After the databases of the block, which are dropped there in their turn.
        databases.dropper.submit(_drop_roles, databases.url, made)


def _drop_roles(url: URL, roles: Sequence[str]) -> None:
    with connect(url, source=SCRATCH_SOURCE, autocommit=True) as connection:
        for role in roles:
            with suppress(DBAPIError):
                connection.exec_driver_sql(f"DROP ROLE IF EXISTS {quote_name(role)}")
