"""Replace types that PostgreSQL cannot alter by new ones, and convert the columns that use them.

PostgreSQL drops no value of an enum, and an added one cannot be used in the same transaction
(ALTER TYPE). So a new type takes the name of the old one, and columns are converted by way of their
text, each in a statement of its own: a large table gets another column for each, beside its
traffic. Domains and composite types over it are replaced, too; a range is not, since its functions
keep its name.

An enum has its name until its columns are converted: a client that casts a value to it can write
them meanwhile, however long that lasts. Types that name each other cannot be created under other
names; there the old ones are renamed first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_type, inheritance
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.column_types import with_renamed_types
from alembic_pg.sql.quoting import MAX_NAME_BYTES, quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from alembic_pg.autogenerate.alter.convert_columns import Conversion, LostDefaults, Names
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
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
) -> tuple[list[StatementOp], list[StatementOp]]:
    """Return the operations that create new types, and those that convert columns and drop the old.

    The first come before all that is dropped for the others: they may be committed before a step
    that takes long. They are none where the old types are renamed first.
    gone: the keys of what is dropped before; a default that needs it is set again later.
    """
    if not recreated.types:
        return [], []
    from alembic_pg.autogenerate.alter.convert_columns import LostDefaults  # noqa: PLC0415  # rare

    lost = LostDefaults(
        tuple(before[key] for key in gone),
        tuple(
            label
            for key in recreated.changed_keys
            for label in alter_type.lost_values(before[key], after[key])
        ),
    )
    if not _are_enums(recreated.types):
        return [], [*_replace_types(recreated, before, after, lost)]
    names = {
        (entry.schema, entry.name): _free_name(entry, {*before, *after}, "_new")
        for entry in recreated.types
    }
    creations = [*_create_enums(recreated, after, names)]
    return creations, [*_replace_enums(recreated, before, lost, names)]


def _are_enums(types: Collection[Entry]) -> bool:
    return all(alter_type.enum_name(entry) for entry in types)


def _create_enums(recreated: RecreatedTypes, after: Dump, names: Names) -> Iterator[StatementOp]:
    for entry in recreated.types:
        create = with_renamed_types(after[entry.key].create, names)
        yield StatementOp("change", entry.label, (create,), _way_back(entry, recreated, after))


def _replace_enums(
    recreated: RecreatedTypes, before: Dump, lost: LostDefaults, names: Names
) -> Iterator[StatementOp]:
    """Yield the operations that give enums under other names the names of the old ones."""
    # Columns of several tables change in one moment, where nothing stands between them.
    late: list[StatementOp] = []
    for label, found in _conversions(recreated, before, lost, names):
        yield StatementOp("change", label, found.alters, ())
        late += [StatementOp("change", label, found.late, ())] if found.late else []
    for entry in reversed(recreated.types):
        own, new = alter_type.type_name(entry), names[entry.schema, entry.name]
        rename = f"ALTER TYPE {quote_name(entry.schema, new)} RENAME TO {quote_name(entry.name)};"
        yield StatementOp("change", entry.label, (f"DROP TYPE {own};", rename), ())
    yield from late


def _replace_types(
    recreated: RecreatedTypes, before: Dump, after: Dump, lost: LostDefaults
) -> Iterator[StatementOp]:
    """Yield the operations that rename the old types first."""
    temporary_names = {
        entry.key: _free_name(entry, {*before, *after}, "_old") for entry in recreated.types
    }
    for entry in recreated.types:
        alter = f"ALTER {entry.kind} {alter_type.type_name(entry)}"
        rename = f"{alter} RENAME TO {quote_name(temporary_names[entry.key])};"
        back = _way_back(entry, recreated, after)
        yield StatementOp("change", entry.label, (rename, after[entry.key].create), back)
    for label, found in _conversions(recreated, before, lost, {}):
        yield StatementOp("change", label, found.alters, ())
    for entry in reversed(recreated.types):
        name = quote_name(entry.schema, temporary_names[entry.key])
        kind = entry.label.partition(" ")[0]
        label = f"{kind} {readable_name(entry.schema, temporary_names[entry.key])}"
        yield StatementOp("drop", label, (f"DROP {entry.kind} {name};",), ())


def _way_back(entry: Entry, recreated: RecreatedTypes, after: Dump) -> tuple[str, ...]:
    """Return what adds the values again that an enum loses, nothing where that is not all."""
    is_changed = entry.key in recreated.changed_keys
    back = alter_type.add_value_statements(after[entry.key], entry) if is_changed else None
    return tuple(back or ())


def _conversions(
    recreated: RecreatedTypes, before: Dump, lost: LostDefaults, names: Names
) -> Iterator[tuple[str, Conversion]]:
    """Yield the label of each table to convert, and what converts it with those that inherit."""
    from alembic_pg.autogenerate.alter import convert_columns  # noqa: PLC0415  # rare

    parents = inheritance.table_parents(before)
    by_ancestor = inheritance.tables_by_ancestor(before, recreated.columns_by_table)
    for ancestor, keys in by_ancestor.items():
        of_heirs = {*keys} - {ancestor}
        own_defaults = [
            entry
            for entry in (before.values() if of_heirs else ())
            if entry.kind == "DEFAULT" and of_heirs.intersection(entry.needs)
        ]
        columns = convert_columns.ConvertedColumns(
            [before[key] for key in keys], recreated.columns_by_table, parents, own_defaults
        )
        yield before[ancestor].label, convert_columns.conversion(columns, lost, names)


def _must_recreate(before: Dump, after: Dump, key: str, features: ServerFeatures) -> bool:
    old, new = before[key], after[key]
    if alter_type.enum_name(old) and alter_type.enum_name(new):
        added = alter_type.add_value_statements(old, new)
        return added is None or (features.recreate_enums and bool(added))
    return alter_type.changes_attribute_type(old, new) and alter_type.is_used_by_table(old, before)


def _free_name(entry: Entry, taken: set[str], end: str) -> str:
    """Return the name of a type until its columns are converted. end: of the name."""
    head = f" {entry.schema}."
    places = {key.partition(head)[2] for key in taken}
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
