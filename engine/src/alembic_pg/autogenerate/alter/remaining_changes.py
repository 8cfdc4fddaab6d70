"""Express the differences that Alembic's operations leave as PostgreSQL's own statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import (
    alter_sequence,
    alter_table,
    dependents,
    detach_columns,
    inheritance,
    recreate_type,
)
from alembic_pg.autogenerate.alter.change_in_place import can_change_in_place, change_operation
from alembic_pg.autogenerate.dump import kinds, table_definition
from alembic_pg.autogenerate.dump.compare import differing_keys
from alembic_pg.autogenerate.dump.entry_diff import InexpressibleError
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql import inverse, split

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alembic_pg.autogenerate.alter.database_facts import DatabaseFacts
    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump, Entry


def operations_before_tables(
    before: Dump,
    after: Dump,
    altered: Mapping[str, Collection[str]],
    dropped: set[str],
    facts: DatabaseFacts,
) -> list[StatementOp]:
    """Return what has to happen before Alembic's operations on the tables.

    Objects that are dropped or change, and those that stand in the way of a change of a table, are
    dropped; new extensions, types and functions are created.
    altered: the columns that change their type or are dropped, by the keys of their tables.
    dropped: the keys of the tables that are dropped.
    """
    changed = {
        key
        for key in differing_keys(before, after)
        if key in before
        and before[key].kind not in kinds.NEEDED_BY_TABLES
        and not _belongs_to_table(before, key)
        and not can_change_in_place(before, after, key, facts)
        and not _has_table_part_dependents(before, key)
    }
    in_the_way = dependents.column_readers(before, altered, facts) | {
        key for key, entry in before.items() if dropped.intersection(entry.needs)
    }
    to_drop = {
        key
        for key in _with_dependents(before, changed | in_the_way)
        if not _belongs_to_table(before, key)
    }
    gone = to_drop | dropped
    drops = [drop_operation(before[key], gone) for key in reversed(before) if key in to_drop]
    new = [entry for key, entry in after.items() if key not in before]
    created = {entry.key for entry in new if entry.kind in kinds.NEEDED_BY_TABLES}
    return drops + [
        create_operation(entry, created) for entry in new if entry.kind in kinds.NEEDED_BY_TABLES
    ]


def operations_after_tables(before: Dump, after: Dump, facts: DatabaseFacts) -> list[StatementOp]:
    """Return what is still missing, too many or changed: drops first, then creations, in order."""
    keys = set(differing_keys(before, after))
    keys -= inheritance.keys_to_defer(before, after, keys)
    in_place = {key for key in keys if can_change_in_place(before, after, key, facts)}
    recreated = {key for key in keys - in_place if key in before}
    types = recreate_type.types_to_recreate(
        before, after, in_place, _with_dependents(before, recreated), facts.features
    )
    recreated |= dependents.column_dependents(before, after, in_place - types.keys, types, facts)
    names_to_detach = {
        key: types.names_to_detach(key)
        | alter_table.recreated_columns(entry, after[key], facts.features)
        | _names_of_columns(entry, facts.to_be_filled)
        for key, entry in before.items()
        if entry.kind == "TABLE" and key in after
    }
    to_drop, detachments = _drops_and_detachments(before, recreated, names_to_detach, facts)
    _refuse_table_drops(before, after, to_drop)
    drops = [
        detachments[key] if key in detachments else drop_operation(before[key], to_drop)
        for key in reversed(before)
        if key in to_drop or key in detachments
    ]
    new_types, conversions = recreate_type.recreate_operations(types, before, after, to_drop)
    drops = [*new_types, *drops, *conversions]
    # A table is altered in a later round, when it holds nothing more that is dropped.
    in_place -= detachments.keys() | to_drop | types.keys
    missing = keys - in_place - detachments.keys()
    created = {key for key in after if key in missing or key in to_drop}
    creations = [
        change_operation(before, after, key, facts.features)
        if key in in_place
        else create_operation(entry, created)
        for key, entry in after.items()
        if key in in_place or (key in created and key not in types.keys)
    ]
    return drops + creations


def _drops_and_detachments(
    before: Dump,
    recreated: set[str],
    names_to_detach: Mapping[str, frozenset[str]],
    facts: DatabaseFacts,
) -> tuple[set[str], dict[str, StatementOp]]:
    """Return the keys of what is dropped, and the operations by which tables let go of it.

    recreated: the keys of what is dropped by itself; what depends on it is dropped, too.
    names_to_detach: by the key of each table that stays, the names that its generated columns must
    not use.
    """
    to_drop = _with_dependents(before, recreated, names_to_detach)
    detachments: dict[str, StatementOp] = {}
    for key in names_to_detach.keys() - to_drop:
        gone = [before[need] for need in before[key].needs if need in to_drop]
        if not gone and not names_to_detach[key]:
            continue
        operation = detach_columns.detach_operation(before[key], gone, names_to_detach[key])
        if operation.upgrade:
            detachments[key] = operation
            names = detach_columns.retyped_or_dropped_columns(
                before[key], gone, names_to_detach[key]
            )
            recreated = recreated | {
                *dependents.column_readers(before, {key: names}, facts),
                *dependents.parts_of_columns(before, key, names, facts),
            }
    return _with_dependents(before, recreated, names_to_detach), detachments


def _names_of_columns(table: Entry, columns: Collection[ColumnPath]) -> set[str]:
    """Return the names of those columns that are a table's, as its definition has them."""
    own = [path for path in columns if path[:2] == (table.schema, table.name)]
    return {
        name
        for name in (table_definition.entry_columns(table) if own else ())
        if (table.schema, table.name, table_definition.unquote_name(name)) in own
    }


def _refuse_table_drops(before: Dump, after: Dump, to_drop: set[str]) -> None:
    """Raise InexpressibleError where a table would have to be dropped and made again."""
    for key in before:
        if key in to_drop and before[key].kind == "TABLE" and key in after:
            raise InexpressibleError(before[key], after[key])


def create_operation(entry: Entry, created: set[str]) -> StatementOp:
    """Return the operation that creates an object.

    created: the keys of all that is created along with it; what is attached to one of them is
    dropped with it.
    """
    forward = split.script_statements(populated_definition(entry))
    if entry.kind in kinds.ATTACHED:
        # A column's ACL is said to need its table's, which it outlives.
        attached = any(key in created and not key.startswith("ACL ") for key in entry.needs)
        back = (
            [] if attached else [s for s in map(inverse.inverse_statement, reversed(forward)) if s]
        )
    elif entry.kind == "SEQUENCE" and not entry.drop:
        attached = any(key in created for key in entry.needs)
        back = (
            []
            if attached
            else split.script_statements(alter_sequence.drop_identity_statement(entry))
        )
    elif entry.create.startswith("ALTER TABLE") and entry.kind == "TRIGGER":
        # A partition's, which is its table's, but for whether it fires.
        back = [s for s in map(inverse.inverse_statement, forward) if s]
    else:
        back = split.script_statements(entry.drop)
    return StatementOp("create", entry.label, tuple(forward), tuple(back))


def populated_definition(entry: Entry) -> str:
    """Return what makes an object; pg_dump fills materialised views only after the rows."""
    if entry.kind == "MATERIALIZED VIEW":
        return entry.create.replace("\n  WITH NO DATA;", ";", 1)
    return entry.create


def drop_operation(entry: Entry, gone: set[str]) -> StatementOp:
    """Return the operation that drops an object.

    gone: the keys of all that goes; what is a part of one of them goes without a statement.
    """
    operation = create_operation(entry, gone).reverse()
    if _drops_with_parent(entry, gone):
        operation.upgrade = ()
    return operation


def _drops_with_parent(entry: Entry, gone: set[str]) -> bool:
    """Return whether what an entry is a part of goes; a trigger may need much else."""
    parents = gone.intersection(entry.needs)
    if entry.kind in kinds.ATTACHED:
        return bool(parents)
    if entry.kind in {"CONSTRAINT", "INDEX"} and any(
        parent.startswith(("CONSTRAINT ", "INDEX ")) for parent in parents
    ):
        return True  # a partition's, attached to the one of its table
    if entry.kind not in kinds.PARTS:
        return False
    place = f" {entry.schema}."
    return any(
        parent.startswith(kinds.RELATION_PREFIXES)
        and (entry.kind == "INDEX" or entry.name.startswith(f"{parent.partition(place)[2]} "))
        for parent in parents
    )


def _belongs_to_table(dump: Dump, key: str) -> bool:
    """Return whether an object is Alembic's to change: a table's, or said of a table."""
    entry = dump[key]
    parents = [dump[need].kind for need in entry.needs if need in dump]
    if entry.kind == "INDEX":
        return "MATERIALIZED VIEW" not in parents
    if entry.kind == "COMMENT":
        return any(kind in kinds.TABLE_PARTS for kind in parents)
    return entry.kind in kinds.TABLE_PARTS


def _has_table_part_dependents(dump: Dump, key: str) -> bool:
    """Return whether a table's part needs an object; it is dropped after Alembic's operations."""
    return any(_belongs_to_table(dump, dependent) for dependent in _with_dependents(dump, {key}))


def _with_dependents(dump: Dump, keys: set[str], staying: Collection[str] = ()) -> set[str]:
    """Return the keys with those of all that depends on them. A dump lists parents first.

    staying: the keys of what does not go, whatever it depends on.
    """
    dropped = set(keys)
    for key, entry in dump.items():
        if key not in staying and any(need in dropped for need in entry.needs):
            dropped.add(key)
    return dropped
