"""Find the rows that the schema after a revision does not take."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.proofs.fill import insert_row
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy.engine import Connection

    from alembic_pg.proofs.fill import Row
    from alembic_pg.proofs.tables import Table


def find_misfits(
    connection: Connection, rows: Iterable[Row], later: Mapping[int, Table]
) -> Iterator[Row]:
    """Yield the rows that the schema after a revision does not take.

    connection: to an empty database with that schema, in a transaction that the caller rolls back.
    A column that is new may stay without a value: its values are the revision's to give.
    """
    known = {row.table.oid: {column.number for column in row.table.columns} for row in rows}
    for table in later.values():
        for column in table.columns:
            if not column.nullable and column.number not in known.get(table.oid, {column.number}):
                _try(
                    connection,
                    f"ALTER TABLE {table.sql} ALTER {quote_name(column.name)} DROP NOT NULL",
                )
    for row in rows:
        after = later.get(row.table.oid)
        if after is None:
            continue
        names = {column.number: column.name for column in after.stored}
        values = {
            names[column.number]: row.values[column.name]
            for column in row.table.stored
            if column.number in names
        }
        if insert_row(connection, after, values) is None:
            yield row


def _try(connection: Connection, statement: str) -> None:
    """Execute a statement, or leave all as it is."""
    with suppress(DBAPIError), connection.begin_nested():
        connection.exec_driver_sql(statement)
