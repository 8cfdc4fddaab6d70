"""The statements that turn one table into another, attribute by attribute."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_type
from alembic_pg.autogenerate.dump import placement, table_definition
from alembic_pg.sql.quoting import QUALIFIED_NAME, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.dump.table_definition import Column, Table
    from alembic_pg.database.server_features import ServerFeatures

# What takes a setting back to what a new column or table has (PostgreSQL, ALTER TABLE).
_SETTING_RESETS = (
    (re.compile(r" SET STATISTICS .*;"), " SET STATISTICS -1;"),
    (re.compile(r" SET COMPRESSION \w+;"), " SET COMPRESSION DEFAULT;"),
    (
        re.compile(r" SET ACCESS METHOD .*;"),
        f" SET ACCESS METHOD {placement.DEFAULT_ACCESS_METHOD};",
    ),
    (re.compile(r" SET TABLESPACE .*;"), " SET TABLESPACE pg_default;"),
    (re.compile(r" REPLICA IDENTITY .*;"), " REPLICA IDENTITY DEFAULT;"),
    (re.compile(r" (?<!NO )FORCE ROW LEVEL SECURITY;"), " NO FORCE ROW LEVEL SECURITY;"),
)

_TYPED_TABLE = re.compile(
    rf"CREATE (?:UNLOGGED )?TABLE (?P<name>{QUALIFIED_NAME}) OF (?P<type>{QUALIFIED_NAME})(?=[ ;])"
)

_STORAGE = re.compile(r' ALTER COLUMN (?P<column>"(?:[^"]|"")*"|\S+) SET STORAGE \w+;')

_NAMED_NOT_NULL = re.compile(r'(?:CONSTRAINT (?P<name>"(?:[^"]|"")*"|\S+) )?(?P<rest>NOT NULL.*)')

# PostgreSQL cuts longer names.
_MAX_NAME_BYTES = 63

_SET_OPTIONS = re.compile(r" SET \((?P<options>.*)\);")


def alter_statements(old: Entry, new: Entry, dump: Dump, ways: ServerFeatures) -> list[str] | None:
    """Return the statements that turn one table into another, or None where none can.

    dump: where the defaults of serial columns and the enums are found.
    """
    if typed := _alter_table_type(old, new):
        return typed
    one, other = table_definition.parse_entry(old), table_definition.parse_entry(new)
    if one is None or other is None or one.constraints != other.constraints:
        return None
    if one.options.get("PARTITION BY") != other.options.get("PARTITION BY"):
        return None
    left, joined = _parent_names(one), _parent_names(other)
    table = f"ALTER TABLE {other.name}"
    turn = _AlterContext(table, new, dump, ways)
    return [
        *(f"{table} NO INHERIT {name};" for name in left if name not in joined),
        *_alter_columns(one, other, turn),
        *(s for name in joined if name not in left for s in _inherit_statements(turn, other, name)),
        *_alter_options(one, other),
        *_alter_settings(one, other),
    ]


def _alter_table_type(old: Entry, new: Entry) -> list[str]:
    """Return what makes a table one of a composite type or takes that back.

    What else differs is seen when it is done.
    """
    one, other = _TYPED_TABLE.match(old.create), _TYPED_TABLE.match(new.create)
    if one and not other:
        return [f"ALTER TABLE {one['name']} NOT OF;"]
    if other and not one:
        return [f"ALTER TABLE {other['name']} OF {other['type']};"]
    return []


def _parent_names(table: Table) -> list[str]:
    return _list_items(table.options.get("INHERITS", ""))


def recreated_columns(old: Entry, new: Entry, ways: ServerFeatures) -> frozenset[str]:
    """Return the generated columns of a table that are dropped and made again to change."""
    if old.text == new.text:
        return frozenset()
    one, other = table_definition.parse_entry(old), table_definition.parse_entry(new)
    if one is None or other is None:
        return frozenset()
    return frozenset(
        name
        for name, column in one.columns.items()
        if column.generated
        and name in other.columns
        and _must_recreate(column, other.columns[name], ways)
    )


@dataclass(frozen=True)
class _AlterContext:
    """What the change of one column has to know: how it begins, the databases, the server."""

    table: str
    entry: Entry
    dump: Dump
    ways: ServerFeatures

    def added(self, column: Column) -> str:
        """Return the definition of a new column; a serial's default is an entry of its own."""
        place = (
            f"{self.entry.schema}.{self.entry.name} {table_definition.unquote_name(column.name)}"
        )
        default = self.dump.get(f"DEFAULT {place}")
        text = default.create.partition(" SET DEFAULT ")[2].removesuffix(";") if default else ""
        return table_definition.column_definition(replace(column, default=text or column.default))

    def renamed(self, old: Column, new: Column) -> str:
        """Return how a NOT NULL gets its other name, or "" where it is not the same.

        It has had one since PostgreSQL 18, and pg_dump prints it unless it is the usual one.
        """
        usual = f"{self.entry.name}_{table_definition.unquote_name(new.name)}_not_null"
        parts = [_NAMED_NOT_NULL.fullmatch(one.not_null) for one in (old, new)]
        if old.not_null == new.not_null or not all(parts):
            return ""
        rests = {part["rest"] for part in parts if part}
        names = [part["name"] or quote_name(usual) for part in parts if part]
        if len(rests) > 1 or len(usual.encode()) > _MAX_NAME_BYTES:
            return ""
        return f"{self.table} RENAME CONSTRAINT {names[0]} TO {names[1]};"

    def using(self, old: Column, new: Column) -> str:
        """Return how a column's values come to another type: to and from an enum as text."""
        plain = [c.type.removesuffix("[]") for c in (old, new)]
        if any(kind in self._enums for kind in plain):
            array = "[]" if new.type.endswith("[]") else ""
            return f" USING {new.name}::text{array}::{new.type}"
        return f" USING {new.name}::{new.type}"

    @cached_property
    def _enums(self) -> set[str]:
        return {alter_type.enum_name(e) for e in self.dump.values() if e.kind == "TYPE"} - {""}


def _inherit_statements(turn: _AlterContext, table: Table, parent: str) -> Iterator[str]:
    """Yield how a table comes to inherit, which before PostgreSQL 18 asks for its NOT NULLs."""
    found = next(
        (
            t
            for e in turn.dump.values()
            if (t := table_definition.parse_entry(e)) and t.name == parent
        ),
        None,
    )
    for name, column in found.columns.items() if found and not turn.ways.has_named_not_null else ():
        if column.not_null and name in table.columns and not table.columns[name].not_null:
            yield f"{turn.table} ALTER COLUMN {name} SET NOT NULL;"
    yield f"{turn.table} INHERIT {parent};"


def _alter_columns(old: Table, new: Table, turn: _AlterContext) -> Iterator[str]:
    table = turn.table
    computed = _generated_on_changed_types(old, new)
    for name in computed:
        yield f"{table} DROP COLUMN {name};"
    added = [column for name, column in new.columns.items() if name not in old.columns]
    gone = [column for name, column in old.columns.items() if name not in new.columns]
    # What is computed goes before what it is made of, and comes after it.
    yield from (f"{table} DROP COLUMN {column.name};" for column in gone if column.generated)
    yield from (f"{table} ADD COLUMN {turn.added(c)};" for c in added if not c.generated)
    for column in sorted(new.columns.values(), key=lambda one: bool(one.generated)):
        one = old.columns.get(column.name)
        if one is not None and column != one and column.name not in computed:
            yield from _alter_column(turn, one, column)
    for name in computed:
        yield f"{table} ADD COLUMN {table_definition.column_definition(new.columns[name])};"
    yield from (f"{table} ADD COLUMN {turn.added(c)};" for c in added if c.generated)
    yield from (f"{table} DROP COLUMN {column.name};" for column in gone if not column.generated)


def _generated_on_changed_types(old: Table, new: Table) -> list[str]:
    """Return the generated columns that hold another column's type fast."""
    both = [
        (column, new.columns[name]) for name, column in old.columns.items() if name in new.columns
    ]
    retyped = [
        re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
        for one, other in both
        if (one.type, one.collation) != (other.type, other.collation)
    ]
    return [
        one.name
        for one, other in both
        if one.generated
        and other.generated
        and any(pattern.search(one.generated) for pattern in retyped)
    ]


def _alter_column(turn: _AlterContext, old: Column, new: Column) -> Iterator[str]:
    """Yield what turns one column into another."""
    table = turn.table
    alter = f"{table} ALTER COLUMN {new.name}"
    if _must_recreate(old, new, turn.ways):
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
        using = "" if new.generated else turn.using(old, new)
        yield f"{alter} TYPE {new.type}{collate}{using};"
    if new.default and (retyped or new.default != old.default):
        yield f"{alter} SET DEFAULT {new.default};"
    if new.generated and new.generated != old.generated:
        yield f"{alter} SET EXPRESSION AS {new.generated.removesuffix(' STORED')};"
    yield from _alter_not_null(turn, old, new)


def _must_recreate(old: Column, new: Column, ways: ServerFeatures) -> bool:
    """Return whether PostgreSQL has no ALTER between two kinds of column."""
    if old.generated and new.generated not in {"", old.generated} and not ways.has_set_expression:
        return True
    if not new.generated:
        return bool(old.generated) and not old.generated.endswith(" STORED")
    return old.generated.endswith(" STORED") != new.generated.endswith(" STORED") or (
        not old.generated
    )


def _alter_not_null(turn: _AlterContext, old: Column, new: Column) -> Iterator[str]:
    table = turn.table
    alter = f"{table} ALTER COLUMN {new.name}"
    if old.not_null == new.not_null:
        return
    if rename := turn.renamed(old, new):
        yield rename
        return
    if old.not_null:
        yield f"{alter} DROP NOT NULL;"
    if new.not_null == "NOT NULL":
        yield f"{alter} SET NOT NULL;"
    elif new.not_null:
        yield f"{table} ADD {new.not_null.replace('NOT NULL', f'NOT NULL {new.name}')};"


def _alter_options(old: Table, new: Table) -> Iterator[str]:
    table = f"ALTER TABLE {new.name}"
    if old.unlogged != new.unlogged:
        yield f"{table} SET {'UNLOGGED' if new.unlogged else 'LOGGED'};"
    one, other = (
        _storage_parameters(old.options.get("WITH", "")),
        _storage_parameters(new.options.get("WITH", "")),
    )
    if gone := [name for name in one if name not in other]:
        yield f"{table} RESET ({', '.join(gone)});"
    if there := [f"{name}={value}" for name, value in other.items() if one.get(name) != value]:
        yield f"{table} SET ({', '.join(there)});"


def _alter_settings(old: Table, new: Table) -> Iterator[str]:
    for statement in old.settings:
        if statement not in new.settings:
            yield from _reset_setting(statement)
            yield from _reset_storage(statement, old, new)
    yield from (statement for statement in new.settings if statement not in old.settings)


def _reset_setting(statement: str) -> Iterator[str]:
    if options := _SET_OPTIONS.search(statement):
        names = ", ".join(_storage_parameters(f"({options['options']})"))
        yield f"{statement[: options.start()]} RESET ({names});"
        return
    for pattern, default in _SETTING_RESETS:
        if pattern.search(statement):
            yield pattern.sub(default, statement)


def _reset_storage(statement: str, old: Table, new: Table) -> Iterator[str]:
    """Yield what takes a column's storage back; before version 16, DEFAULT cannot be said.

    With another type it comes back by itself.
    """
    match = _STORAGE.search(statement)
    column = new.columns.get(match["column"]) if match else None
    if match and column and column.type == old.columns[column.name].type:
        kind = column.type.partition("(")[0]
        usual = "MAIN" if kind in {"numeric", "inet", "cidr"} else "EXTENDED"
        yield f"{statement[: match.end('column')]} SET STORAGE {usual};"


def _storage_parameters(text: str) -> dict[str, str]:
    """Return the storage parameters of ``(name='value', …)``."""
    pairs = (item.partition("=") for item in _list_items(text))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _list_items(text: str) -> list[str]:
    return table_definition.parenthesized_items(text, 1)[0] if text.startswith("(") else []
