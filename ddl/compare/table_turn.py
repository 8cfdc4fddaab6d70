"""The statements that turn one table into another, attribute by attribute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ddl.compare import statements, table_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ddl.compare.entry import Dump, Entry
    from ddl.compare.table_parts import Column, Table

# What takes a setting back to what a new column or table has (PostgreSQL, ALTER TABLE).
_DEFAULTS = (
    (re.compile(r" SET STATISTICS .*;"), " SET STATISTICS -1;"),
    (re.compile(r" SET STORAGE \w+;"), " SET STORAGE DEFAULT;"),
    (re.compile(r" SET COMPRESSION \w+;"), " SET COMPRESSION DEFAULT;"),
    (re.compile(r" REPLICA IDENTITY .*;"), " REPLICA IDENTITY DEFAULT;"),
    (re.compile(r" (?<!NO )FORCE ROW LEVEL SECURITY;"), " NO FORCE ROW LEVEL SECURITY;"),
)

_SET_OPTIONS = re.compile(r" SET \((?P<options>.*)\);")


def turn(old: Entry, new: Entry, _: Dump) -> list[str] | None:
    """Return the statements that turn one table into another, or None where none can."""
    one = table_parts.parse(old.create, statements.split(old.create))
    other = table_parts.parse(new.create, statements.split(new.create))
    if one is None or other is None or one.constraints != other.constraints:
        return None
    if one.options.get("PARTITION BY") != other.options.get("PARTITION BY"):
        return None
    left, joined = _parents(one), _parents(other)
    table = f"ALTER TABLE {other.name}"
    return [
        *(f"{table} NO INHERIT {name};" for name in left if name not in joined),
        *_columns(one, other),
        *(f"{table} INHERIT {name};" for name in joined if name not in left),
        *_options(one, other),
        *_settings(one, other),
    ]


def _parents(table: Table) -> list[str]:
    return _names(table.options.get("INHERITS", ""))


def _columns(old: Table, new: Table) -> Iterator[str]:
    table = f"ALTER TABLE {new.name}"
    computed = _computed_of_retyped(old, new)
    for name in computed:
        yield f"{table} DROP COLUMN {name};"
    for name, column in new.columns.items():
        if name not in old.columns:
            yield f"{table} ADD COLUMN {table_parts.definition(column)};"
        elif column != old.columns[name] and name not in computed:
            yield from _column(table, old.columns[name], column)
    for name in computed:
        yield f"{table} ADD COLUMN {table_parts.definition(new.columns[name])};"
    for name in old.columns:
        if name not in new.columns:
            yield f"{table} DROP COLUMN {name};"


def _computed_of_retyped(old: Table, new: Table) -> list[str]:
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


def _column(table: str, old: Column, new: Column) -> Iterator[str]:
    """Yield what turns one column into another."""
    alter = f"{table} ALTER COLUMN {new.name}"
    if _must_come_anew(old, new):
        yield f"{table} DROP COLUMN {new.name};"
        yield f"{table} ADD COLUMN {table_parts.definition(new)};"
        return
    if old.generated and not new.generated:
        yield f"{alter} DROP EXPRESSION;"
    retyped = (old.type, old.collation) != (new.type, new.collation)
    if old.default and (retyped or not new.default):
        yield f"{alter} DROP DEFAULT;"
    if retyped:
        collate = f" COLLATE {new.collation}" if new.collation else ""
        using = "" if new.generated else f" USING {new.name}::{new.type}"
        yield f"{alter} TYPE {new.type}{collate}{using};"
    if new.default and (retyped or new.default != old.default):
        yield f"{alter} SET DEFAULT {new.default};"
    if new.generated and new.generated != old.generated:
        yield f"{alter} SET EXPRESSION AS {new.generated.removesuffix(' STORED')};"
    yield from _not_null(table, old, new)


def _must_come_anew(old: Column, new: Column) -> bool:
    """Return whether PostgreSQL has no ALTER between two kinds of column."""
    if not new.generated:
        return bool(old.generated) and not old.generated.endswith(" STORED")
    return old.generated.endswith(" STORED") != new.generated.endswith(" STORED") or (
        not old.generated
    )


def _not_null(table: str, old: Column, new: Column) -> Iterator[str]:
    alter = f"{table} ALTER COLUMN {new.name}"
    if old.not_null == new.not_null:
        return
    if old.not_null:
        yield f"{alter} DROP NOT NULL;"
    if new.not_null == "NOT NULL":
        yield f"{alter} SET NOT NULL;"
    elif new.not_null:
        yield f"{table} ADD {new.not_null.replace('NOT NULL', f'NOT NULL {new.name}')};"


def _options(old: Table, new: Table) -> Iterator[str]:
    table = f"ALTER TABLE {new.name}"
    if old.unlogged != new.unlogged:
        yield f"{table} SET {'UNLOGGED' if new.unlogged else 'LOGGED'};"
    one, other = _pairs(old.options.get("WITH", "")), _pairs(new.options.get("WITH", ""))
    if gone := [name for name in one if name not in other]:
        yield f"{table} RESET ({', '.join(gone)});"
    if there := [f"{name}={value}" for name, value in other.items() if one.get(name) != value]:
        yield f"{table} SET ({', '.join(there)});"


def _settings(old: Table, new: Table) -> Iterator[str]:
    for statement in old.settings:
        if statement not in new.settings:
            yield from _reset(statement)
    yield from (statement for statement in new.settings if statement not in old.settings)


def _reset(statement: str) -> Iterator[str]:
    if options := _SET_OPTIONS.search(statement):
        names = ", ".join(_pairs(f"({options['options']})"))
        yield f"{statement[: options.start()]} RESET ({names});"
        return
    for pattern, default in _DEFAULTS:
        if pattern.search(statement):
            yield pattern.sub(default, statement)


def _pairs(text: str) -> dict[str, str]:
    """Return the storage parameters of ``(name='value', …)``."""
    pairs = (item.partition("=") for item in _names(text))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _names(text: str) -> list[str]:
    return table_parts.items(text, 1)[0] if text.startswith("(") else []
