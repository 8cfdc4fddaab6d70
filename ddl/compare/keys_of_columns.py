"""Indexes and keys that go since a column of theirs goes.

Code of the release before relies on them as long as the column is there: ON CONFLICT names a unique
one, ON DELETE CASCADE is a foreign one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy import Index

    from ddl.compare.columns import Place
    from ddl.compare.table_parts import Column


def dropped(
    found: Sequence[MigrateOperation],
    later: Sequence[MigrateOperation],
    known: Mapping[Place, Column],
) -> list[MigrateOperation]:
    """Return the operations that can drop an index or a key together with a column of it.

    found: all of a revision's. later: those of what goes for good. known: the columns before.
    What new rows, which leave such a column out, may not fit is not among them.
    """
    gone = {
        (one.schema or "public", one.table_name, one.column_name)
        for one in later
        if isinstance(one, ops.DropColumnOp)
    }
    empty = {
        place
        for place in gone
        if place in known and not known[place].default and not known[place].generated
    }
    return [one for one in found if _fits(one, gone, empty)]


def _fits(operation: MigrateOperation, gone: set[Place], empty: set[Place]) -> bool:
    """Return whether an operation drops a key of a column that goes, and rows without it fit.

    empty: the columns that are NULL in rows that leave them out.
    """
    if isinstance(operation, ops.DropIndexOp):
        index = operation.to_index()
        strict = index.dialect_options["postgresql"]["nulls_not_distinct"]
        places = _places(operation, index)
        return not strict and bool(places & (empty if index.unique else gone))
    if isinstance(operation, ops.DropConstraintOp):
        key = operation.to_constraint()
        if isinstance(key, ForeignKeyConstraint):
            return _places(operation, key) <= gone  # MATCH FULL wants all or none
        if isinstance(key, UniqueConstraint):
            strict = key.dialect_options["postgresql"]["nulls_not_distinct"]
            return not strict and bool(_places(operation, key) & empty)
    return False


def _places(
    operation: ops.DropIndexOp | ops.DropConstraintOp,
    key: Index | ForeignKeyConstraint | UniqueConstraint,
) -> set[Place]:
    table = (operation.schema or "public", str(operation.table_name))
    return {(*table, str(column.name)) for column in key.columns}
