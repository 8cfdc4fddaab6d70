"""Change a table's options, and the settings of its columns that stand outside its definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import brackets, placement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.table_definition import Table

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

_STORAGE = re.compile(r' ALTER COLUMN (?P<column>"(?:[^"]|"")*"|\S+) SET STORAGE \w+;')

_SET_OPTIONS = re.compile(r" SET \((?P<options>.*)\);")


def option_statements(old: Table, new: Table) -> Iterator[str]:
    """Yield the statements that change whether a table is logged, and its storage parameters."""
    table = f"ALTER TABLE {new.name}"
    if old.unlogged != new.unlogged:
        yield f"{table} SET {'UNLOGGED' if new.unlogged else 'LOGGED'};"
    changes = parameter_changes(
        storage_parameters(old.options.get("WITH", "")),
        storage_parameters(new.options.get("WITH", "")),
    )
    yield from (f"{table} {change};" for change in changes)


def parameter_changes(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Return RESET and SET of the storage parameters that differ, each without its ALTER."""
    reset = [name for name in old if name not in new]
    changed = [f"{name}={value}" for name, value in new.items() if old.get(name) != value]
    return [
        *([f"RESET ({', '.join(reset)})"] if reset else []),
        *([f"SET ({', '.join(changed)})"] if changed else []),
    ]


def split_parameters(create: str) -> tuple[str, dict[str, str]]:
    """Return a definition without its WITH, and the storage parameters that stand there."""
    start, end, _ = next(brackets.lists_behind(create, "WITH"), (0, 0, []))
    if not start:
        return create, {}
    head = create[:start].removesuffix("WITH ")[:-1]  # and the space or the new line before it
    return head + create[end:], storage_parameters(create[start:end])


def storage_parameters(text: str) -> dict[str, str]:
    """Return the storage parameters of ``(name='value', …)``."""
    pairs = (item.partition("=") for item in list_items(text))
    return {name.strip(): value.strip() for name, _, value in pairs}


def setting_statements(old: Table, new: Table) -> Iterator[str]:
    """Yield the statements that change what pg_dump says of a table after its definition."""
    before, after = old.alter_statements, new.alter_statements
    for statement in before:
        if statement not in after:
            yield from _reset_setting(statement)
            yield from _reset_storage(statement, old, new)
    yield from (statement for statement in after if statement not in before)


def _reset_setting(statement: str) -> Iterator[str]:
    if options := _SET_OPTIONS.search(statement):
        names = ", ".join(storage_parameters(f"({options['options']})"))
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


def list_items(text: str) -> list[str]:
    """Return the items of a list in parentheses; none of another text."""
    return brackets.bracketed_items(text, 1)[0] if text.startswith("(") else []
