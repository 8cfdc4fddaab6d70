"""Do the renames in a copy of the revisions' database, and compare from there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.hints import renamed_objects, renamed_views, renames
from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy import MetaData
    from sqlalchemy.engine import URL

    from alembic_pg.autogenerate.ops.statement_op import StatementOp
    from alembic_pg.autogenerate.sides.comparison import Comparison


@contextmanager
def comparison_after_renames(
    comparison: Comparison, metadata: MetaData | Sequence[MetaData]
) -> Iterator[tuple[Comparison, URL | None]]:
    """Yield the comparison that is left after the renames, and the database they were done in.

    Without a rename that is to be done, the same comparison, and None.
    metadata: the models, with their hints. Raises UserError when PostgreSQL refuses a rename.
    """
    operations = renames.pending_renames(metadata, comparison.before)
    if not operations and not _renames_in_place(comparison):
        yield comparison, None
        return
    databases = comparison.databases
    name = databases.create(comparison.template)
    url = databases.database_url(name)

    def left_after(done: Sequence[MigrateOperation], there: Comparison) -> Comparison:
        if not done:
            return there
        everything = pg_dump.dump_database(url, version_table=comparison.version_table)
        before = comparison.scope.filter_dump(everything)
        return replace(there, before=before, renames=(*there.renames, *done))

    _run_renames(url, operations)
    left = left_after(operations, comparison)
    if needless := _of_columns_made_anew(operations, left):
        _run_renames(url, [op.reverse() for op in reversed(needless)])
        operations = [op for op in operations if op not in needless]
        left = left_after(operations, comparison)
    tables = renamed_table_keys(operations)
    more = renamed_objects.object_renames(left.before, left.after, tables) if tables else []
    _run_renames(url, more)
    left = left_after(more, left)
    # A view over a view follows it only when that one has its new names.
    seen: list[StatementOp] = []
    while others := [one for one in _renames_in_place(left) if one not in seen]:
        try:
            _run_renames(url, others)
        except UserError:  # it is dropped and created again, as without a rename
            break
        left = left_after(others, left)
        seen += others
    yield left, url
    databases.drop_in_background(name)


def _of_columns_made_anew(
    operations: Iterable[MigrateOperation], left: Comparison
) -> list[RenameOp]:
    """Return the renames of generated columns that go and come again, whatever they are called."""
    # Here because a comparison without renames needs neither.
    from alembic_pg.autogenerate.alter import alter_table, generated_columns  # noqa: PLC0415

    before, after = left.before, left.after
    features = generated_columns.server_features(
        left.databases.version, before, after, left.changed_tables
    )

    def is_made_anew(operation: RenameOp) -> bool:
        key = table_key(operation.schema, operation.table)
        if key not in before or key not in after:
            return False
        return operation.new in alter_table.columns_made_anew(before[key], after[key], features)

    of_columns = [op for op in operations if isinstance(op, RenameOp) and op.table is not None]
    return [op for op in of_columns if is_made_anew(op)]


def _renames_in_place(comparison: Comparison) -> list[StatementOp]:
    """Return the renames of indexes, constraints and columns of views that differ in nothing else.

    Nothing is lost by that, whoever meant what: no hint is needed.
    """
    before, after = comparison.before, comparison.after
    return [
        *renamed_objects.index_and_constraint_renames(before, after, comparison.changed_tables),
        *renamed_views.view_column_renames(before, after, comparison.differing_keys),
    ]


def renamed_table_keys(operations: Iterable[MigrateOperation]) -> set[str]:
    """Return the keys of the tables that are renamed or have a column renamed, by new name."""
    return {
        table_key(*operation.table_names[1])
        if operation.table is None
        else table_key(operation.schema, operation.table)
        for operation in operations
        if isinstance(operation, RenameOp)
    }


def _run_renames(url: URL, operations: Sequence[MigrateOperation]) -> None:
    if not operations:
        return
    with connect(url, source=SCRATCH_SOURCE) as connection, connection.begin():
        run = Operations(MigrationContext.configure(connection=connection)).invoke
        for operation in operations:
            try:
                run(operation)
            except DBAPIError as error:
                label = getattr(operation, "label", "")
                raise UserError(
                    f"The rename of {label} cannot be made: {errors.describe_error(error)}"
                ) from error
