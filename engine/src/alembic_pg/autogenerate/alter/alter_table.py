"""Alter one table into another, attribute by attribute."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_type, table_settings
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.sql.quoting import MAX_NAME_BYTES, QUALIFIED_NAME, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.dump.table_definition import Column, Table
    from alembic_pg.database.server_features import ServerFeatures

_TYPED_TABLE = re.compile(
    rf"CREATE (?:UNLOGGED )?TABLE (?P<name>{QUALIFIED_NAME}) OF (?P<type>{QUALIFIED_NAME})(?=[ ;])"
)

_NAMED_NOT_NULL = re.compile(r'(?:CONSTRAINT (?P<name>"(?:[^"]|"")*"|\S+) )?(?P<rest>NOT NULL.*)')


def alter_statements(
    old: Entry, new: Entry, dump: Dump, features: ServerFeatures
) -> list[str] | None:
    """Return the statements that turn one table into another, or None where none can.

    dump: where the defaults of serial columns and the enums are found.
    """
    if typed := _alter_table_type(old, new):
        return typed
    old_table, new_table = table_definition.parse_entry(old), table_definition.parse_entry(new)
    if old_table is None or new_table is None or old_table.constraints != new_table.constraints:
        return None
    if old_table.options.get("PARTITION BY") != new_table.options.get("PARTITION BY"):
        return None
    old_parents, new_parents = _parent_names(old_table), _parent_names(new_table)
    table = f"ALTER TABLE {new_table.name}"
    context = _AlterContext(table, new, dump, features)
    return [
        *(f"{table} NO INHERIT {name};" for name in old_parents if name not in new_parents),
        *_alter_columns(old_table, new_table, context),
        *(
            s
            for name in new_parents
            if name not in old_parents
            for s in _inherit_statements(context, new_table, name)
        ),
        *table_settings.option_statements(old_table, new_table),
        *table_settings.setting_statements(old_table, new_table),
    ]


def _alter_table_type(old: Entry, new: Entry) -> list[str]:
    """Return what makes a table one of a composite type or takes that back.

    What else differs is seen when it is done.
    """
    old_match, new_match = _TYPED_TABLE.match(old.create), _TYPED_TABLE.match(new.create)
    if old_match and not new_match:
        return [f"ALTER TABLE {old_match['name']} NOT OF;"]
    if new_match and not old_match:
        return [f"ALTER TABLE {new_match['name']} OF {new_match['type']};"]
    return []


def _parent_names(table: Table) -> list[str]:
    return table_settings.list_items(table.options.get("INHERITS", ""))


def recreated_columns(old: Entry, new: Entry, features: ServerFeatures) -> frozenset[str]:
    """Return the generated columns made anew for themselves, not for the type of another one."""
    if old.text == new.text:
        return frozenset()
    old_table, new_table = table_definition.parse_entry(old), table_definition.parse_entry(new)
    if old_table is None or new_table is None:
        return frozenset()
    return frozenset(
        name
        for name, column in old_table.columns.items()
        if column.generated
        and name in new_table.columns
        and _must_recreate(column, new_table.columns[name], features)
    ).difference(_generated_on_changed_types(old_table, new_table))


def columns_made_anew(old: Entry, new: Entry, features: ServerFeatures) -> set[str]:
    """Return the generated columns, without quotes, that go and come again, as they then are."""
    old_table, new_table = table_definition.parse_entry(old), table_definition.parse_entry(new)
    if old_table is None or new_table is None:
        return set()
    recreated = recreated_columns(old, new, features)
    on_changed_types = _generated_on_changed_types(old_table, new_table)
    return {*map(table_definition.unquote_name, (*recreated, *on_changed_types))}


def altered_columns(old: Entry, new: Entry, features: ServerFeatures) -> set[str]:
    """Return the columns, without quotes, that change their type or expression, or are dropped."""
    old_table, new_table = table_definition.parse_entry(old), table_definition.parse_entry(new)
    if old_table is None or new_table is None:
        return set()
    changed = {
        name
        for name, column in old_table.columns.items()
        if name not in new_table.columns or column.generated != new_table.columns[name].generated
    }
    names = {*map(table_definition.unquote_name, changed)}
    return names | retyped_columns(old, new) | columns_made_anew(old, new, features)


def retyped_columns(old: Entry, new: Entry) -> set[str]:
    """Return the columns, without quotes, that change their type or collation."""
    old_columns = table_definition.entry_columns(old)
    return {
        table_definition.unquote_name(name)
        for name, column in table_definition.entry_columns(new).items()
        if name in old_columns
        if (column.type, column.collation) != (old_columns[name].type, old_columns[name].collation)
    }


@dataclass(frozen=True)
class _AlterContext:
    """Hold what the change of one column needs to know.

    alter_table: how its statements begin. entry: the table as it becomes. dump: where the defaults
    of serial columns and the enums are found. features: what the server can do.
    """

    alter_table: str
    entry: Entry
    dump: Dump
    features: ServerFeatures

    def column_definition(self, column: Column) -> str:
        """Return the definition of a new column; a serial's default is an entry of its own."""
        place = (
            f"{self.entry.schema}.{self.entry.name} {table_definition.unquote_name(column.name)}"
        )
        default = self.dump.get(f"DEFAULT {place}")
        text = default.create.partition(" SET DEFAULT ")[2].removesuffix(";") if default else ""
        return table_definition.column_definition(replace(column, default=text or column.default))

    def rename_not_null(self, old: Column, new: Column) -> str:
        """Return the statement that renames a NOT NULL, or "" where more than its name differs.

        It has had a name since PostgreSQL 18, which pg_dump prints unless it is the usual one.
        """
        usual = f"{self.entry.name}_{table_definition.unquote_name(new.name)}_not_null"
        matches = [_NAMED_NOT_NULL.fullmatch(column.not_null) for column in (old, new)]
        if old.not_null == new.not_null or not all(matches):
            return ""
        rests = {match["rest"] for match in matches if match}
        names = [match["name"] or quote_name(usual) for match in matches if match]
        if len(rests) > 1 or len(usual.encode()) > MAX_NAME_BYTES:
            return ""
        return f"{self.alter_table} RENAME CONSTRAINT {names[0]} TO {names[1]};"

    def using_clause(self, old: Column, new: Column) -> str:
        """Return the USING clause of a change of type: to and from an enum, values pass as text.

        Another length needs none: a value that does not fit is refused, where a cast would cut it.
        """
        plain = [c.type.removesuffix("[]") for c in (old, new)]
        if len({kind.partition("(")[0] for kind in (old.type, new.type)}) == 1:
            return ""
        if any(kind in self._enum_names for kind in plain):
            array = "[]" if new.type.endswith("[]") else ""
            return f" USING {new.name}::text{array}::{new.type}"
        return f" USING {new.name}::{new.type}"

    @cached_property
    def _enum_names(self) -> set[str]:
        return {alter_type.enum_name(e) for e in self.dump.values() if e.kind == "TYPE"} - {""}


def _inherit_statements(context: _AlterContext, table: Table, parent: str) -> Iterator[str]:
    """Yield how a table comes to inherit, which before PostgreSQL 18 asks for its NOT NULLs."""
    parent_table = next(
        (
            parsed
            for entry in context.dump.values()
            if (parsed := table_definition.parse_entry(entry)) and parsed.name == parent
        ),
        None,
    )
    for name, column in (
        parent_table.columns.items()
        if parent_table and not context.features.has_named_not_null
        else ()
    ):
        if column.not_null and name in table.columns and not table.columns[name].not_null:
            yield f"{context.alter_table} ALTER COLUMN {name} SET NOT NULL;"
    yield f"{context.alter_table} INHERIT {parent};"


def _alter_columns(old: Table, new: Table, context: _AlterContext) -> Iterator[str]:
    table = context.alter_table
    computed = _generated_on_changed_types(old, new)
    for name in computed:
        yield f"{table} DROP COLUMN {name};"
    added = [column for name, column in new.columns.items() if name not in old.columns]
    gone = [column for name, column in old.columns.items() if name not in new.columns]
    # What is computed goes before what it is made of, and comes after it.
    yield from (f"{table} DROP COLUMN {column.name};" for column in gone if column.generated)
    yield from _add_columns(context, [column for column in added if not column.generated])
    for column in sorted(new.columns.values(), key=lambda column: _place(old, column)):
        old_column = old.columns.get(column.name)
        if old_column is not None and column != old_column and column.name not in computed:
            yield from _alter_column(context, old_column, column)
    for name in computed:
        yield f"{table} ADD COLUMN {table_definition.column_definition(new.columns[name])};"
    yield from _add_columns(context, [column for column in added if column.generated])
    yield from (f"{table} DROP COLUMN {column.name};" for column in gone if not column.generated)


def _place(old: Table, column: Column) -> int:
    """Return when a column is altered: first what is computed no more and held others fast."""
    known = old.columns.get(column.name)
    return 0 if known and known.generated and not column.generated else 1 + bool(column.generated)


def _add_columns(context: _AlterContext, columns: list[Column]) -> Iterator[str]:
    for column in columns:
        yield f"{context.alter_table} ADD COLUMN {context.column_definition(column)};"


def _generated_on_changed_types(old: Table, new: Table) -> list[str]:
    """Return the generated columns that hold another column's type fast."""
    both = [
        (column, new.columns[name]) for name, column in old.columns.items() if name in new.columns
    ]
    retyped = [
        re.compile(rf"(?<!\w){re.escape(old_column.name)}(?!\w)")
        for old_column, new_column in both
        if (old_column.type, old_column.collation) != (new_column.type, new_column.collation)
    ]
    return [
        old_column.name
        for old_column, new_column in both
        if old_column.generated
        and new_column.generated
        and any(pattern.search(old_column.generated) for pattern in retyped)
    ]


def _alter_column(context: _AlterContext, old: Column, new: Column) -> Iterator[str]:
    """Yield what turns one column into another."""
    table = context.alter_table
    alter = f"{table} ALTER COLUMN {new.name}"
    if _must_recreate(old, new, context.features):
        yield f"{table} DROP COLUMN {new.name};"
        yield f"{table} ADD COLUMN {table_definition.column_definition(new)};"
        return
    if old.generated and not new.generated:
        yield f"{alter} DROP EXPRESSION;"
    retyped = (old.type, old.collation) != (new.type, new.collation)
    if old.default and (retyped or not new.default):
        yield f"{alter} DROP DEFAULT;"
    if retyped:
        collate = f" COLLATE {new.collation}" if new.collation else ""
        using = "" if new.generated else context.using_clause(old, new)
        yield f"{alter} TYPE {new.type}{collate}{using};"
    if new.default and (retyped or new.default != old.default):
        yield f"{alter} SET DEFAULT {new.default};"
    if new.generated and new.generated != old.generated:
        yield f"{alter} SET EXPRESSION AS {new.generated.removesuffix(' STORED')};"
    yield from _alter_not_null(context, old, new)


def _must_recreate(old: Column, new: Column, features: ServerFeatures) -> bool:
    """Return whether PostgreSQL has no ALTER between two kinds of column."""
    regenerated = old.generated and new.generated not in {"", old.generated}
    is_virtual = not old.generated.endswith(" STORED")
    if regenerated and not features.can_set_expression(is_virtual=is_virtual):
        return True
    if not new.generated:
        return bool(old.generated) and is_virtual
    return not old.generated or is_virtual == new.generated.endswith(" STORED")


def _alter_not_null(context: _AlterContext, old: Column, new: Column) -> Iterator[str]:
    table = context.alter_table
    alter = f"{table} ALTER COLUMN {new.name}"
    if old.not_null == new.not_null:
        return
    if rename := context.rename_not_null(old, new):
        yield rename
        return
    if old.not_null:
        yield f"{alter} DROP NOT NULL;"
    if new.not_null == "NOT NULL":
        yield f"{alter} SET NOT NULL;"
    elif new.not_null:
        yield f"{table} ADD {new.not_null.replace('NOT NULL', f'NOT NULL {new.name}')};"
