"""Types that come anew under the columns that hold them: an enum that loses a value.

PostgreSQL drops no value of an enum, and none that is added can be used in the same transaction
(ALTER TYPE). So a new type takes the name of the old one, and columns come to it by way of their
text, all of a table in one statement. Domains and composite types over it come anew, too; a range
does not, since its functions keep its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_type, detach_columns, inheritance
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.dump.table_definition import Column
    from alembic_pg.database.server_features import ServerFeatures

# PostgreSQL cuts longer names.
_MAX_NAME_BYTES = 63


@dataclass(frozen=True)
class RecreatedTypes:
    """What comes anew in one go.

    roots: the keys of the types for the sake of which it happens. members: they and the types
    over them, parents first. names: what a column's type is called that is one of them.
    held: the columns that stay of such types, by the key of their table, which it may have from
    another one.
    """

    roots: frozenset[str] = frozenset()
    members: tuple[Entry, ...] = ()
    names: frozenset[str] = frozenset()
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the types."""
        return frozenset(member.key for member in self.members)

    def held_fast(self, key: str) -> frozenset[str]:
        """Return what no generated column of a table may name."""
        held = self.held.get(key)
        return held | self.names if held else frozenset()


def types_to_recreate(
    before: Dump, after: Dump, changing: set[str], gone: Collection[str], ways: ServerFeatures
) -> RecreatedTypes:
    """Return what has to come anew for types that change.

    changing: the keys of what changes in its place. gone: the keys of what goes anyhow.
    """
    roots = {key for key in changing if _must_recreate(before, after, key, ways)}
    members: dict[str, Entry] = {}
    for key, entry in before.items():
        over = any(alter_type.base_and_attributes(entry)) and not members.keys().isdisjoint(
            entry.needs
        )
        if key in roots or (over and key not in gone):
            members[key] = entry
    names = frozenset(alter_type.type_name(entry) for entry in members.values())
    held = _columns_of_types(before, after, names) if names else {}
    return RecreatedTypes(frozenset(roots), tuple(members.values()), names, held)


def recreate_operations(
    swap: RecreatedTypes, before: Dump, after: Dump, gone: Collection[str]
) -> Iterator[StatementOp]:
    """Yield what makes the new types, brings the columns to them, and drops the old types.

    gone: the keys of what is dropped before; a default that needs it comes back later.
    """
    old = {entry.key: _free_name(entry, {*before, *after}) for entry in swap.members}
    for entry in swap.members:
        alter = f"ALTER {entry.kind} {alter_type.type_name(entry)}"
        rename = f"{alter} RENAME TO {quote_name(old[entry.key])};"
        new = after[entry.key]
        back = alter_type.add_value_statements(new, entry) if entry.key in swap.roots else None
        yield StatementOp("change", entry.label, (rename, new.create), tuple(back or ()))
    lost = _LostDefaults(swap, before, after, gone)
    for top, keys in inheritance.tables_by_ancestor(before, swap.held).items():
        moves = tuple(_convert_columns([before[key] for key in keys], swap, lost))
        yield StatementOp("change", before[top].label, moves, ())
    for entry in reversed(swap.members):
        name = quote_name(entry.schema, old[entry.key])
        label = f"{entry.kind.lower()} {name}"
        yield StatementOp("drop", label, (f"DROP {entry.kind} {name};",), ())


def _must_recreate(before: Dump, after: Dump, key: str, ways: ServerFeatures) -> bool:
    old, new = before[key], after[key]
    if alter_type.enum_name(old) and alter_type.enum_name(new):
        added = alter_type.add_value_statements(old, new)
        return added is None or (ways.recreate_enums and bool(added))
    return alter_type.changes_attribute_type(old, new) and alter_type.is_used_by_table(old, before)


def _free_name(entry: Entry, taken: set[str]) -> str:
    """Return what a type is called until it is dropped."""
    head = f" {entry.schema}."
    places = {key.partition(head)[2] for key in taken}
    end = "_old"
    while f"{_truncate_name(entry.name, _MAX_NAME_BYTES - len(end))}{end}" in places:
        end += "_"
    return f"{_truncate_name(entry.name, _MAX_NAME_BYTES - len(end))}{end}"


def _truncate_name(name: str, length: int) -> str:
    """Return a name of so many bytes at most."""
    return name.encode()[:length].decode(errors="ignore")


def _columns_of_types(
    before: Dump, after: Dump, names: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Return the columns that stay of types of these names, by the keys of their tables."""
    held: dict[str, frozenset[str]] = {}
    for key, parents in inheritance.table_parents(before).items():
        if key not in after:
            continue
        staying = {(c.name, c.type) for c in _table_columns(after[key])}
        own = {
            c.name
            for c in _table_columns(before[key])
            if c.type.removesuffix("[]") in names and (c.name, c.type) in staying
        }
        found = own.union(*(held.get(parent, frozenset()) for parent in parents))
        if found:
            held[key] = frozenset(found)
    return held


def _table_columns(entry: Entry) -> Iterable[Column]:
    table = table_definition.parse_entry(entry)
    return table.columns.values() if table else ()


@dataclass(frozen=True)
class _LostDefaults:
    """Which defaults do not come back with their columns."""

    swap: RecreatedTypes
    before: Dump
    after: Dump
    gone: Collection[str]

    def has(self, default: str) -> bool:
        """Return whether a default has a value that goes, or something else that does."""
        return detach_columns.mentions_entries(
            default, [self.before[key] for key in self.gone]
        ) or any(
            label in default
            for key in self.swap.roots
            for label in alter_type.lost_values(self.before[key], self.after[key])
        )


def _convert_columns(
    tables: list[Entry], swap: RecreatedTypes, lost: _LostDefaults
) -> Iterator[str]:
    """Yield how a table and those that inherit from it come to the new types.

    Defaults go first and come back last, each with those that inherit it.
    """
    done: set[str] = set()
    alters, defaults = [], []
    for entry in tables:
        table = table_definition.parse_entry(entry)
        columns = table.columns.values() if table else ()
        head = f"ALTER TABLE {table.name if table else ''}"
        held = [c for c in columns if c.name in swap.held[entry.key]]
        for column in held:
            if column.default:
                alter = f"{head} ALTER COLUMN {column.name}"
                yield f"{alter} DROP DEFAULT;"
                if not lost.has(column.default):
                    defaults.append(f"{alter} SET DEFAULT {column.default};")
        own = [c for c in held if c.name not in done and not c.generated]
        done |= {column.name for column in own}
        alters += [_alter_column_types(head, own)] if own else []
    yield from alters
    yield from defaults


def _alter_column_types(head: str, columns: list[Column]) -> str:
    """Return the statement that brings columns to their types by way of their text."""
    actions = [
        f"ALTER COLUMN {c.name} TYPE {c.type} USING {c.name}::text{_array_suffix(c)}::{c.type}"
        for c in columns
    ]
    return f"{head} " + ",\n    ".join(actions) + ";"


def _array_suffix(column: Column) -> str:
    return "[]" if column.type.endswith("[]") else ""
