"""Find where the models' source declares a table, an index or an entity."""

from __future__ import annotations

import ast
import inspect
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def source_place(declared: object, name: str = "") -> str:
    """Return the file and the line of what the models declare, "" where they are not to be had.

    declared: a table or an entity. name: of a part of the table, which is looked for first; it
    counts where the module has it once. A file below the current folder is named from there.
    """
    for module, kept in holders(declared):
        file = getattr(sys.modules.get(module), "__file__", None)
        if not file:
            continue
        own = declared.name if isinstance(declared, Table) else ""
        line = _only_line_with(file, name) or _class_line(kept) or _only_line_with(file, own)
        return _readable_path(file) + (f":{line}" if line else "")
    return ""


def modules_of_tables(tables: Iterable[Table]) -> dict[Table, str]:
    """Return the module that declares each table: its class's, else the first that holds it."""
    wanted = set(tables)
    held: dict[Table, str] = {}
    mapped: dict[Table, str] = {}
    for name, module in list(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if isinstance(value, type):
                table = vars(value).get("__table__")
                if isinstance(table, Table) and table in wanted:
                    mapped[table] = value.__module__
            elif isinstance(value, Table) and value in wanted:
                held.setdefault(value, name)
    return held | mapped


def holders(declared: object) -> Iterator[tuple[str, object]]:
    """Yield the modules that hold it, and the class or object there; a mapped class first."""
    held: list[tuple[str, object]] = []
    for name, module in list(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if isinstance(value, type):
                if isinstance(declared, Table) and vars(value).get("__table__") is declared:
                    yield value.__module__, value
            elif value is declared:
                held.append((name, value))
    yield from held


def _class_line(kept: object) -> int:
    if isinstance(kept, type):
        with suppress(OSError, TypeError):
            return inspect.getsourcelines(kept)[1]
    return 0


def _only_line_with(file: str, name: str) -> int:
    """Return the line of the one string constant that is the name, 0 where there is not one."""
    if not name:
        return 0
    with suppress(OSError, SyntaxError):
        nodes = ast.walk(ast.parse(Path(file).read_bytes()))
        lines = [
            node.lineno for node in nodes if isinstance(node, ast.Constant) and node.value == name
        ]
        return lines[0] if len(lines) == 1 else 0
    return 0


def _readable_path(file: str) -> str:
    with suppress(ValueError):
        return str(Path(file).relative_to(Path.cwd()))
    return file
