"""Run a command on the target, through the connection that there is or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database import target
from alembic_pg.database.connect import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.target import Target


def run_on_target(
    task: AlembicCommand,
    own: Connection | None,
    run: Callable[[Connection, bool], None],
    *,
    on_place: Callable[[Target], None] | None = None,
) -> None:
    """Run on the given connection, on the database that the user names, or on the embedded one.

    own: the connection that env.py has made. run: takes the connection, and whether the caller
    of Alembic's Python API, or a transaction of env.py's, has a say in it. on_place: called instead
    where no connection is there yet.
    """
    with task.caller_connection() as connection:
        if connection is not None:
            run(own if own is not None else connection, True)  # noqa: FBT003  # a callback's
            return
    if own is not None and (own.in_transaction() or own.dialect.driver == "psycopg2"):
        run(own, own.in_transaction())
        return
    if own is None:
        database = target.embedded_database(task.environment.config)
        place = target.find(task.root, task.configured_url, embedded_database=database)
    else:
        place = target.of_engine(own.engine.url)
    if on_place is not None:
        on_place(place)
        return
    with connect(place.url, source=place.source) as connection:
        run(connection, False)  # noqa: FBT003  # a callback's
