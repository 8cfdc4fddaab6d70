"""A table's entry, taken apart: its columns and its constraints are objects of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ddl.compare.dump import Entry

# A string, a quoted name, or one of the characters that structure a definition.
_TOKEN = re.compile(r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[(),]""", re.DOTALL)

_NAME = re.compile(r'"(?:[^"]|"")*"|\S+')

_HEAD = re.compile(r'CREATE (?:UNLOGGED )?TABLE ((?:"(?:[^"]|"")*"|[^\s"(])+) \(')


def split(entry: Entry) -> Iterator[Entry]:
    """Yield a table's entry without its CHECK constraints, then each of them.

    The columns of the first are sorted, since the order of columns is no difference: a new column
    comes last in PostgreSQL. Every other kind of entry is yielded as it is.
    """
    head = _HEAD.match(entry.create) if entry.kind == "TABLE" else None
    if head is None:
        yield entry
        return
    items, end = _items(entry.create, head.end())
    columns = sorted(item for item in items if not item.startswith("CONSTRAINT "))
    checks = [item for item in items if item.startswith("CONSTRAINT ")]
    body = ",\n    ".join(columns)
    yield replace(entry, create=f"{entry.create[: head.end()]}\n    {body}\n{entry.create[end:]}")
    table = head[1]
    for check in checks:
        match = _NAME.match(check, len("CONSTRAINT "))
        name = match[0] if match else ""
        yield replace(
            entry,
            kind="CHECK CONSTRAINT",
            name=f"{entry.name} {_plain(name)}",
            create=f"ALTER TABLE {table}\n    ADD {check};",
            drop=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
            needs=(*entry.needs, entry.key),
        )


def _items(definition: str, start: int) -> tuple[list[str], int]:
    """Return what stands between a table's parentheses, and where they end."""
    depth, begin = 0, start
    items: list[str] = []
    for token in _TOKEN.finditer(definition, start):
        match token[0]:
            case "(":
                depth += 1
            case ")" if depth:
                depth -= 1
            case "," | ")" as mark if not depth:
                items.append(definition[begin : token.start()].strip())
                begin = token.end()
                if mark == ")":
                    return [item for item in items if item], token.start()
            case _:
                pass
    return items, len(definition)


def _plain(name: str) -> str:
    """Return a name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
