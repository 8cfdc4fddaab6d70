"""Put what Alembic proposes of generated columns where PostgreSQL can do it.

A column that a generated one is made of cannot change its type (PostgreSQL, ALTER TABLE): the
generated one goes before that, and comes after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from alembic.operations import ops

from alembic_pg.autogenerate.alter import alter_table
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.database.server_features import ServerFeatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump

# Of indexes and constraints.
_CREATIONS = (ops.CreateIndexOp, ops.AddConstraintOp)
_DROPS = (ops.DropIndexOp, ops.DropConstraintOp)


def server_features(
    version: int, before: Dump, after: Dump, changed: Iterable[str]
) -> ServerFeatures:
    """Return what a server of a version can do with the tables that change.

    changed: their keys. A virtual column gets no other expression in a table with a CHECK, or of a
    publication (PostgreSQL 18, ALTER TABLE).
    """
    features = ServerFeatures(version)
    anew = replace(features, recreate_virtual=True)
    tables = {
        key
        for key in changed
        if key in before and key in after
        if alter_table.recreated_columns(before[key], after[key], features)
        != alter_table.recreated_columns(before[key], after[key], anew)
    }
    refuses = tables and any(
        entry.kind.startswith("PUBLICATION")
        or (entry.kind == "CHECK CONSTRAINT" and tables.intersection(entry.needs))
        for dump in (before, after)
        for entry in dump.values()
    )
    return anew if refuses else features


def around_type_changes(
    operations: Sequence[MigrateOperation], before: Dump, after: Dump, features: ServerFeatures
) -> list[MigrateOperation]:
    """Return operations with those of generated columns around the changes of types.

    What goes and comes again, as it then is, is left out: the comparison that follows does it.
    before, after: what the revisions build, and what the models build.
    """
    changed: set[str] = set()
    for operation in operations:
        if isinstance(operation, ops.AlterColumnOp):
            key = flatten.changed_table_key(operation)
            changed |= {key} if key in before and key in after else set()
    ordered = [*operations]
    for key in sorted(changed):
        anew = alter_table.columns_made_anew(before[key], after[key], features)
        ordered = [one for one in ordered if not _alters_one_of(one, key, anew)]
        if any(_alters_type(one, key) for one in ordered):
            if anew:
                ordered = _without_new_columns(ordered, key, anew)
            ordered = _reordered(ordered, key, table_definition.generated_columns(before[key]))
    return ordered


def _without_new_columns(
    operations: Sequence[MigrateOperation], key: str, anew: set[str]
) -> list[MigrateOperation]:
    """Return operations without the generated columns that come, and without what comes on those.

    Where others hold the types fast, all come together, after the types have changed.
    anew: the columns that go and come again.
    """
    names = anew | {
        one.column.name
        for one in operations
        if _adds_generated(one) and flatten.changed_table_key(one) == key
    }
    return [
        one
        for one in operations
        if flatten.changed_table_key(one) != key
        or not (_adds_generated(one) or names & _columns_of(one, _CREATIONS))
    ]


def _alters_one_of(operation: MigrateOperation, key: str, columns: set[str]) -> bool:
    return (
        isinstance(operation, ops.AlterColumnOp)
        and operation.column_name in columns
        and flatten.changed_table_key(operation) == key
    )


def _alters_type(operation: MigrateOperation, key: str) -> bool:
    return flatten.alters_type(operation) and flatten.changed_table_key(operation) == key


def _reordered(
    operations: Sequence[MigrateOperation], key: str, generated: set[str]
) -> list[MigrateOperation]:
    """Return operations with the drops of generated columns before the types, new ones after."""
    own = [one for one in operations if flatten.changed_table_key(one) == key]
    gone = [
        one for one in own if isinstance(one, ops.DropColumnOp) and one.column_name in generated
    ]
    names = {one.column_name for one in gone}
    parts = [one for one in own if names and not names.isdisjoint(_columns_of(one, _DROPS))]
    types = [one for one in own if _alters_type(one, key)]
    come = [one for one in own if _adds_generated(one)]
    moved = {id(one) for one in (*parts, *gone, *types, *come)}
    place = next(n for n, one in enumerate(operations) if id(one) in moved)
    return [
        *operations[:place],
        *(*parts, *gone, *types, *come),
        *(one for one in operations[place:] if id(one) not in moved),
    ]


def _adds_generated(operation: MigrateOperation) -> TypeGuard[ops.AddColumnOp]:
    return isinstance(operation, ops.AddColumnOp) and operation.column.computed is not None


def _columns_of(operation: MigrateOperation, kinds: tuple[type[MigrateOperation], ...]) -> set[str]:
    """Return the columns of an index or a constraint, none of an operation of other kinds."""
    part: Any = None
    if isinstance(operation, kinds):
        is_index = isinstance(operation, (ops.CreateIndexOp, ops.DropIndexOp))
        made: Any = operation
        part = made.to_index() if is_index else made.to_constraint()
    return {str(column.name) for column in getattr(part, "columns", ())}
