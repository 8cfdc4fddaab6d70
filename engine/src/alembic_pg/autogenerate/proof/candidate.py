"""Run operations on a candidate: a database that holds what the revisions build.

It is dropped afterwards, whatever became of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from alembic_pg.autogenerate.dump import column_users
from alembic_pg.autogenerate.dump.known_rest import dump_beside
from alembic_pg.autogenerate.ops.operation_source import OperationSources
from alembic_pg.autogenerate.scope.filters import EVERYTHING, Scope
from alembic_pg.console import status
from alembic_pg.database.batches import batches, outcomes
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import RefusedError, SqlState
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.revisions.trial.host import THIS_PROCESS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from sqlalchemy.engine import URL

    from alembic_pg.autogenerate.dump.column_users import ColumnUsers
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.dump.known_rest import KnownRest
    from alembic_pg.autogenerate.ops.statement_op import StatementOp
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.revisions.trial.host import Host
    from alembic_pg.revisions.trial.text_session import Session


# Operations that PostgreSQL refuses, with its reasons.
Failures: TypeAlias = "list[tuple[StatementOp, Exception]]"

Operation = TypeVar("Operation", bound="MigrateOperation")

# The state at which a trial begins.
_SAVEPOINT = "alembic_pg_trial"


class UnsafeValueError(UserError):
    """Say that a value which is added to an enum is used in the same transaction."""


@dataclass(frozen=True)
class Candidate:
    """Run operations on a database, and dump what they made of it.

    url: the database. version_table: Alembic's own table, which is not in the dump. context: how
    operations are rendered. scope: what counts of a dump. host: the process in which they run.
    sources: their texts, which all candidates of a comparison share. rest: what of the database no
    operation changes, where that is known.
    """

    url: URL
    version_table: str
    context: AutogenContext
    scope: Scope = EVERYTHING
    host: Host = THIS_PROCESS
    sources: OperationSources = field(default_factory=OperationSources)
    rest: KnownRest | None = None

    def dump(self) -> Dump:
        """Return what it holds now."""
        return self.scope.filter_dump(dump_beside(self.url, self.rest, self.version_table))

    def column_users(self) -> ColumnUsers:
        """Return what uses which of its columns now."""
        return column_users.read_column_users(self.url)

    def run(self, operations: Sequence[MigrateOperation]) -> None:
        """Run operations in one transaction. Raises what they raise."""
        if not operations:
            return
        with self.session() as session:
            with _refusals_classified():
                session.run(*map(self._source, operations))
            session.commit()

    def session(self) -> AbstractContextManager[Session]:
        """Open a session, in which operations are run and then committed."""
        return self.host.session(self.url)

    def run_one(self, session: Session, operation: MigrateOperation) -> None:
        """Run an operation as the revision will: by its rendered text.

        Raises UnsafeValueError, else RefusedError.
        """
        with _refusals_classified():
            session.run(self._source(operation))

    def attempt(self, session: Session, operations: Sequence[MigrateOperation]) -> Exception | None:
        """Run operations; return why one fails, if one does, and undo them all then."""
        try:
            sources = [self._source(operation) for operation in operations]
        except Exception as error:  # noqa: BLE001  # what cannot be said, cannot be written
            return error
        refused = session.attempt(sources)
        return _classified(refused) if refused else None

    def run_and_commit(
        self, operations: Sequence[StatementOp]
    ) -> tuple[list[MigrateOperation], Failures]:
        """Run operations in a transaction of their own, as run_with_retries() does."""
        if not operations:
            return [], []
        with self.session() as session:
            ran, failed = self.run_with_retries(session, operations)
            session.commit()
        return ran, failed

    def run_with_retries(
        self, session: Session, operations: Sequence[StatementOp]
    ) -> tuple[list[MigrateOperation], Failures]:
        """Run operations; what fails is tried again after the others.

        Return them as they ran, and those that failed to the end, with their reasons.
        Raises UnsafeValueError.
        """
        ran: list[MigrateOperation] = []
        waiting = list(operations)
        while True:
            failed: Failures = []
            for operation, error in self.run_each(session, waiting):
                if error is None:
                    ran.append(operation)
                elif isinstance(error, UnsafeValueError):
                    raise error
                else:
                    failed.append((operation, error))
            if len(failed) == len(waiting):
                return ran, failed
            waiting = [operation for operation, _ in failed]

    def run_each(
        self, session: Session, operations: Sequence[Operation]
    ) -> Iterator[tuple[Operation, Exception | None]]:
        """Run operations one after the other; yield each with why it fails, if it does.

        A savepoint for each would cost more than they do: the server goes through all locks at the
        end of one. Many have one together, and are divided where one of them fails.
        """

        def attempt(some: Sequence[Operation]) -> Exception | None:
            return self.attempt(session, some)

        done = 0
        for batch in batches(operations):
            status.reached("operation", done + 1, len(operations))
            done += len(batch)
            yield from outcomes(batch, attempt(batch), attempt)

    def statements(self, operation: MigrateOperation) -> list[RevisionStatement]:
        """Return the statements of an operation, as the revision will say it."""
        return self.host.statements(self._source(operation))

    def _source(self, operation: MigrateOperation) -> str:
        return self.sources.source(self.context, operation)


@contextmanager
def undone_at_end(session: Session) -> Iterator[None]:
    """Undo at the end what the block runs in a session."""
    session.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        yield
    finally:
        session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")


@contextmanager
def _refusals_classified() -> Iterator[None]:
    """Raise a RefusedError of the block as what it is."""
    try:
        yield
    except RefusedError as error:
        raise _classified(error) from error


def _classified(error: RefusedError) -> Exception:
    if error.code != SqlState.UNSAFE_NEW_ENUM_VALUE_USAGE:
        return error
    return UnsafeValueError(error.description)


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
    if comparison.stand_ins:
        with connect(url, source=SCRATCH_SOURCE) as connection, connection.begin():
            for stand_in in comparison.stand_ins:
                stand_in.make(connection)
    yield Candidate(
        url,
        comparison.version_table,
        context,
        comparison.scope,
        comparison.host,
        comparison.sources,
        # A proof is of all, and a rename was no difference.
        None if comparison.must_prove or comparison.renames else comparison.rest,
    )
    if spare_copy is None:
        databases.drop_in_background(name)
