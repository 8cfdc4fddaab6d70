"""Run operations on a candidate: a database that holds what the revisions build.

It is dropped afterwards, whatever became of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate.render import render_op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.dump import column_users, pg_dump
from alembic_pg.autogenerate.scope.filters import EVERYTHING, Scope
from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import SqlState
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from sqlalchemy.engine import URL, Connection

    from alembic_pg.autogenerate.dump.column_users import ColumnUsers
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.sides.comparison import Comparison


class UnsafeValueError(UserError):
    """Say that a value which is added to an enum is used in the same transaction."""


@dataclass(frozen=True)
class Candidate:
    """Run operations on a database, and dump what they made of it.

    url: the database. version_table: Alembic's own table, which is not in the dump. context: how
    operations are rendered. scope: what counts of a dump.
    """

    url: URL
    version_table: str
    context: AutogenContext
    scope: Scope = EVERYTHING

    def dump(self) -> Dump:
        """Return what it holds now."""
        return self.scope.filter_dump(
            pg_dump.dump_database(self.url, version_table=self.version_table)
        )

    def column_users(self) -> ColumnUsers:
        """Return what uses which of its columns now."""
        return column_users.read_column_users(self.url)

    def run(self, operations: Sequence[MigrateOperation]) -> None:
        """Run operations in one transaction. Raises what they raise."""
        if not operations:
            return
        with connect(self.url, source=SCRATCH_SOURCE) as connection, connection.begin():
            for operation in operations:
                self.run_one(connection, operation)

    def run_one(self, connection: Connection, operation: MigrateOperation) -> None:
        """Run an operation as the revision will: by its rendered text.

        Raises UnsafeValueError, else what it raises.
        """
        lines = render_op(self.context, operation)
        source = "\n".join([*sorted(self.context.imports), *lines])
        names = {"op": Operations(MigrationContext.configure(connection=connection)), "sa": sa}
        try:
            exec(source, names)  # noqa: S102  # it is what the revision will execute
        except DBAPIError as error:
            if errors.sqlstate(error) == SqlState.UNSAFE_NEW_ENUM_VALUE_USAGE:
                raise UnsafeValueError(errors.describe_error(error)) from error
            raise


@contextmanager
def open_candidate(comparison: Comparison, context: AutogenContext) -> Iterator[Candidate]:
    """Yield a database that holds what the revisions build, to try operations on.

    The first one is the copy that Alembic's comparators have read, where the comparison has it.
    """
    databases, spare_copies = comparison.databases, comparison.spare_copies
    spare_copy = spare_copies.pop() if spare_copies else None
    if spare_copy and context.connection is not None:
        # What was read holds locks; Alembic does not notice, and reads nothing more.
        driver: Any = context.connection.connection.dbapi_connection
        driver.rollback()
    name = spare_copy or databases.create(comparison.template)
    url = databases.database_url(name)
    yield Candidate(url, comparison.version_table, context, comparison.scope)
    if spare_copy is None:
        databases.drop_in_background(name)
