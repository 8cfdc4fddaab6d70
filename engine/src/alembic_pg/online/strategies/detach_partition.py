"""Detach a partition CONCURRENTLY; finalize one that an earlier run left pending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.strategies.strategy import METADATA_ONLY, SHARE_UPDATE_EXCLUSIVE, strategy
from alembic_pg.refusals import of_batches
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import DetachPartition

_IS_DETACH_PENDING = """
SELECT inhdetachpending FROM pg_inherits
WHERE inhparent = :table AND inhrelid = to_regclass(:name)
"""


@strategy("CONCURRENTLY, by itself", SHARE_UPDATE_EXCLUSIVE, METADATA_ONLY)
def detach_concurrently(
    runner: Runner, statement: DetachPartition, table: Relation, key: str
) -> None:
    """Detach a partition; one that an earlier run has detached by half goes for good."""
    runner.run_pending()
    resumed = runner.was_interrupted(statement.sql)
    with runner.outside_transaction(key):
        found = runner.fetch_rows(_IS_DETACH_PENDING, table=table.oid, name=statement.partition)
        if not found and resumed:
            return
        if found and found[0].inhdetachpending:
            on = quote_name(table.schema, table.name)
            runner.run_short(f"ALTER TABLE {on} DETACH PARTITION {statement.partition} FINALIZE")
        else:
            _begin_detach(runner, statement, table)


def _begin_detach(runner: Runner, statement: DetachPartition, table: Relation) -> None:
    """Detach a partition. Raises RefusedError where PostgreSQL refuses to begin."""
    try:
        runner.run_concurrently(statement.sql)
    except DBAPIError as error:
        if error.connection_invalidated or lock_retry.is_retryable(error):
            raise
        found = runner.fetch_rows(_IS_DETACH_PENDING, table=table.oid, name=statement.partition)
        if found and found[0].inhdetachpending:
            raise
        # Else the next run would take a partition that is not there for one that is detached.
        with runner.connection.begin():
            runner.journal.note_nothing_at_work(runner.connection)
        refusal = of_batches.SERVER_REFUSES(statement.partition, error=errors.describe_error(error))
        raise runner.refused_error(refusal) from error
