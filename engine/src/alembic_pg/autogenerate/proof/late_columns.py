"""Add a column after the type that it has was replaced, and not before, to convert it then.

Alembic's operations come first, and a new column of an enum that loses a value was converted like
those that were there: on a large table by a second column for each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from alembic.operations import MigrateOperation

# What may be of a new column, and is then made after it.
_OF_COLUMNS = (
    *(ops.CreateCheckConstraintOp, ops.CreateForeignKeyOp, ops.CreateIndexOp),
    ops.CreateUniqueConstraintOp,
)


def add_columns_late(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations that add columns at the end, where later ones would change their type.

    What is made of the table's columns after them comes there, too. The result is to be proven:
    something in between may need the column.
    """
    texts = {text for one in operations if isinstance(one, StatementOp) for text in one.upgrade}
    early: list[MigrateOperation] = []
    late: list[MigrateOperation] = []
    needless: set[str] = set()
    tables: set[str | None] = set()
    for operation in operations:
        key = flatten.changed_table_key(operation)
        if isinstance(operation, ops.AddColumnOp):
            changes = _changes(operation, texts)
            needless |= changes
            tables |= {key} if changes else set()
            (late if changes else early).append(operation)
        elif isinstance(operation, _OF_COLUMNS) and key in tables:
            late.append(operation)
        else:
            early.append(operation)
    return [*_without(early, needless), *late]


def _changes(operation: ops.AddColumnOp, texts: Collection[str]) -> set[str]:
    """Return the texts that alter a new column, where they change its type."""
    table = quote_name(operation.schema or "public", operation.table_name)
    alter = f"ALTER TABLE {table} ALTER COLUMN {quote_name(operation.column.name)} "
    own = {text for text in texts if text.startswith(alter)}
    return own if any(text.startswith(f"{alter}TYPE ") for text in own) else set()


def _without(
    operations: Sequence[MigrateOperation], needless: set[str]
) -> Iterator[MigrateOperation]:
    """Yield operations without some of their statements."""
    for operation in operations:
        if isinstance(operation, StatementOp) and not needless.isdisjoint(operation.upgrade):
            upgrade = tuple(text for text in operation.upgrade if text not in needless)
            if upgrade or operation.downgrade:
                yield replace(operation, upgrade=upgrade)
        else:
            yield operation
