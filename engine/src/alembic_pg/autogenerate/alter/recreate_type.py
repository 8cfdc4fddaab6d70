"""Replace types that PostgreSQL cannot alter by new ones, and convert the columns that use them.

PostgreSQL drops no value of an enum, and an added one cannot be used in the same transaction
(ALTER TYPE). So a new type takes the name of the old one, and columns are converted by way of their
text, all columns of a table in one statement. Domains and composite types over it are replaced,
too; a range is not, since its functions keep its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_type, detach_columns, inheritance
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import MAX_NAME_BYTES, quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.dump.table_definition import Column
    from alembic_pg.database.server_features import ServerFeatures


@dataclass(frozen=True)
class RecreatedTypes:
    """Hold the types that are replaced together, and the columns that use them.

    changed_keys: the keys of the types that differ.
    types: these and the types that are built on them, parents first.
    type_names: the names of the types, as the type of a column has them.
    columns_by_table: the columns of such types that stay, by the key of their table; a table may
    have them from its parent.
    """

    changed_keys: frozenset[str] = frozenset()
    types: tuple[Entry, ...] = ()
    type_names: frozenset[str] = frozenset()
    columns_by_table: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the types."""
        return frozenset(member.key for member in self.types)

    def names_to_detach(self, key: str) -> frozenset[str]:
        """Return the names that no generated column of a table may use."""
        columns = self.columns_by_table.get(key)
        return columns | self.type_names if columns else frozenset()


def types_to_recreate(
    before: Dump, after: Dump, changing: set[str], gone: Collection[str], features: ServerFeatures
) -> RecreatedTypes:
    """Return the types that must be replaced for types that change.

    changing: the keys of what changes in its place. gone: the keys of what is dropped anyhow.
    """
    changed_keys = {key for key in changing if _must_recreate(before, after, key, features)}
    types: dict[str, Entry] = {}
    for key, entry in before.items():
        is_built_on_one = any(
            alter_type.base_and_attributes(entry)
        ) and not types.keys().isdisjoint(entry.needs)
        if key in changed_keys or (is_built_on_one and key not in gone):
            types[key] = entry
    type_names = frozenset(alter_type.type_name(entry) for entry in types.values())
    columns_by_table = _columns_of_types(before, after, type_names) if type_names else {}
    return RecreatedTypes(
        frozenset(changed_keys), tuple(types.values()), type_names, columns_by_table
    )


def recreate_operations(
    recreated: RecreatedTypes, before: Dump, after: Dump, gone: Collection[str]
) -> Iterator[StatementOp]:
    """Yield the operations that create the new types, convert the columns, and drop the old types.

    gone: the keys of what is dropped before; a default that needs it is set again later.
    """
    temporary_names = {entry.key: _free_name(entry, {*before, *after}) for entry in recreated.types}
    for entry in recreated.types:
        alter = f"ALTER {entry.kind} {alter_type.type_name(entry)}"
        rename = f"{alter} RENAME TO {quote_name(temporary_names[entry.key])};"
        new = after[entry.key]
        back = (
            alter_type.add_value_statements(new, entry)
            if entry.key in recreated.changed_keys
            else None
        )
        yield StatementOp("change", entry.label, (rename, new.create), tuple(back or ()))
    lost = _LostDefaults(recreated, before, after, gone)
    for ancestor, keys in inheritance.tables_by_ancestor(
        before, recreated.columns_by_table
    ).items():
        conversions = tuple(_convert_columns([before[key] for key in keys], recreated, lost))
        yield StatementOp("change", before[ancestor].label, conversions, ())
    for entry in reversed(recreated.types):
        name = quote_name(entry.schema, temporary_names[entry.key])
        kind = entry.label.partition(" ")[0]
        label = f"{kind} {readable_name(entry.schema, temporary_names[entry.key])}"
        yield StatementOp("drop", label, (f"DROP {entry.kind} {name};",), ())


def _must_recreate(before: Dump, after: Dump, key: str, features: ServerFeatures) -> bool:
    old, new = before[key], after[key]
    if alter_type.enum_name(old) and alter_type.enum_name(new):
        added = alter_type.add_value_statements(old, new)
        return added is None or (features.recreate_enums and bool(added))
    return alter_type.changes_attribute_type(old, new) and alter_type.is_used_by_table(old, before)


def _free_name(entry: Entry, taken: set[str]) -> str:
    """Return the name of an old type until it is dropped."""
    head = f" {entry.schema}."
    places = {key.partition(head)[2] for key in taken}
    end = "_old"
    while f"{_truncate_name(entry.name, MAX_NAME_BYTES - len(end))}{end}" in places:
        end += "_"
    return f"{_truncate_name(entry.name, MAX_NAME_BYTES - len(end))}{end}"


def _truncate_name(name: str, length: int) -> str:
    """Return a name of so many bytes at most."""
    return name.encode()[:length].decode(errors="ignore")


def _columns_of_types(
    before: Dump, after: Dump, names: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Return the columns that stay of types of these names, by the keys of their tables."""
    columns_by_table: dict[str, frozenset[str]] = {}
    for key, parents in inheritance.table_parents(before).items():
        if key not in after:
            continue
        staying = {(c.name, c.type) for c in table_definition.entry_columns(after[key]).values()}
        own = {
            c.name
            for c in table_definition.entry_columns(before[key]).values()
            if c.type.removesuffix("[]") in names and (c.name, c.type) in staying
        }
        columns = own.union(*(columns_by_table.get(parent, frozenset()) for parent in parents))
        if columns:
            columns_by_table[key] = frozenset(columns)
    return columns_by_table


@dataclass(frozen=True)
class _LostDefaults:
    """Tell which defaults are not set again after their columns are converted."""

    recreated: RecreatedTypes
    before: Dump
    after: Dump
    dropped_keys: Collection[str]

    def contains(self, default: str) -> bool:
        """Return whether a default uses a value or an object that is dropped."""
        return detach_columns.mentions_entries(
            default, [self.before[key] for key in self.dropped_keys]
        ) or any(
            label in default
            for key in self.recreated.changed_keys
            for label in alter_type.lost_values(self.before[key], self.after[key])
        )


def _convert_columns(
    tables: list[Entry], recreated: RecreatedTypes, lost: _LostDefaults
) -> Iterator[str]:
    """Yield the statements that convert a table and those that inherit from it to the new types.

    Defaults are dropped first and set again last, each with those that inherit it.
    """
    done: set[str] = set()
    alters, defaults = [], []
    for entry in tables:
        table = table_definition.parse_entry(entry)
        columns = table.columns.values() if table else ()
        head = f"ALTER TABLE {table.name if table else ''}"
        converted = [c for c in columns if c.name in recreated.columns_by_table[entry.key]]
        for column in converted:
            if column.default:
                alter = f"{head} ALTER COLUMN {column.name}"
                yield f"{alter} DROP DEFAULT;"
                if not lost.contains(column.default):
                    defaults.append(f"{alter} SET DEFAULT {column.default};")
        own = [c for c in converted if c.name not in done and not c.generated]
        done |= {column.name for column in own}
        alters += [_alter_column_types(head, own)] if own else []
    yield from alters
    yield from defaults


def _alter_column_types(head: str, columns: list[Column]) -> str:
    """Return the statement that converts columns to their types by way of their text."""
    actions = [
        f"ALTER COLUMN {c.name} TYPE {c.type} USING {c.name}::text{_array_suffix(c)}::{c.type}"
        for c in columns
    ]
    return f"{head} " + ",\n    ".join(actions) + ";"


def _array_suffix(column: Column) -> str:
    return "[]" if column.type.endswith("[]") else ""
