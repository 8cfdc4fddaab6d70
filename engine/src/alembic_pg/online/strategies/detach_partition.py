"""DETACH PARTITION … CONCURRENTLY: two transactions of PostgreSQL's, with a wait between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.locks import lock_retry
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import DetachPartition

_IS_DETACH_PENDING = """
SELECT inhdetachpending FROM pg_inherits
WHERE inhparent = :table AND inhrelid = to_regclass(:name)
"""


def detach_concurrently(runner: Runner, shape: DetachPartition, table: Relation, key: str) -> None:
    """Detach a partition; one that an earlier run has detached by half goes for good."""
    runner.settle()
    resumed = runner.resumed(shape.sql)
    with runner.outside(key):
        found = runner.rows(_IS_DETACH_PENDING, table=table.oid, name=shape.partition)
        if not found and resumed:
            return
        if found and found[0].inhdetachpending:
            on = quote_name(table.schema, table.name)
            runner.step(f"ALTER TABLE {on} DETACH PARTITION {shape.partition} FINALIZE")
        else:
            _begin_detach(runner, shape, table)


def _begin_detach(runner: Runner, shape: DetachPartition, table: Relation) -> None:
    """Detach a partition. Raises LeftNothingError where PostgreSQL refuses to begin."""
    try:
        runner.concurrently(shape.sql)
    except DBAPIError as error:
        if error.connection_invalidated or lock_retry.is_retryable(error):
            raise
        found = runner.rows(_IS_DETACH_PENDING, table=table.oid, name=shape.partition)
        if found and found[0].inhdetachpending:
            raise
        # Else the next run would take a partition that is not there for one that is detached.
        with runner.connection.begin():
            runner.journal.end(runner.connection)
        raise runner.refuse(f"{errors.describe_error(error)}.") from error
