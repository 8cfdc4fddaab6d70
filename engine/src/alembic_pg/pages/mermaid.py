"""Write the keys of a schema as a diagram in Mermaid's language, which code hosts draw."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.pages import names
from alembic_pg.pages.changes import Changes
from alembic_pg.pages.diagram.overview import (
    is_optional,
    is_unique,
    marks_of,
    plan_overview,
    prepare_drawing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alembic_pg.pages.schema import Constraint, Key, Relation, Schema

# What GitHub draws at most.
MOST_CHARACTERS = 50_000
MOST_EDGES = 500

_EDGE = re.compile(r"^  t\d+ [|}]o--", re.MULTILINE)

# What an attribute may be written with; everything else becomes a low line.
_NO_WORD = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True)
class Diagram:
    """Hold a diagram of tables. title: the module that declares them, "" where it is the only one.

    text: in Mermaid's language.
    """

    title: str
    text: str


def mermaid_diagrams(schema: Schema, modules: Mapping[Key, str]) -> list[Diagram]:
    """Return one diagram of all tables, or one for each module where that is too large.

    A module that is too large gives one for each module below it, and at last one for each
    connected part. modules: of the tables, where a module declares them.
    Raises UserError where a part is still larger than what GitHub draws.
    """
    whole = mermaid_diagram(schema.tables)
    if is_drawn_by_github(whole):
        return [Diagram("", whole)]
    return [*_by_module(schema.tables, modules, 1)]


def _by_module(
    tables: Sequence[Relation], modules: Mapping[Key, str], depth: int
) -> Iterator[Diagram]:
    """Yield the diagrams of tables, grouped by so many parts of their modules' names."""
    groups: dict[str, list[Relation]] = {}
    for table in tables:
        name = ".".join(modules.get(table.key, "").split(".")[:depth])
        groups.setdefault(name, []).append(table)
    for name, group in sorted(groups.items()):
        text = mermaid_diagram(group)
        if is_drawn_by_github(text):
            yield Diagram(name, text)
        elif any(modules.get(table.key, "") != name for table in group):
            yield from _by_module(group, modules, depth + 1)
        else:
            yield from (Diagram(name, part) for part in _by_part(group))


def _by_part(tables: Sequence[Relation]) -> Iterator[str]:
    """Yield the diagrams of the connected parts of tables. Raises UserError for one too large."""
    for part in plan_overview(prepare_drawing(tables, Changes())).parts:
        text = mermaid_diagram(part)
        if not is_drawn_by_github(text):
            raise UserError(
                f"A code host draws no diagram of more than {MOST_CHARACTERS} characters and "
                f"{MOST_EDGES} keys, and this schema needs a larger one: alembic-pg pages draws it."
            )
        yield text


def mermaid_diagram(tables: Sequence[Relation]) -> str:
    """Return tables with the columns of their keys, and the foreign keys of theirs.

    A table that is referred to and not among them is a box with its name only.
    """
    nodes = {table.key: f"t{number}" for number, table in enumerate(tables)}
    lines = ["erDiagram"]
    for table in tables:
        lines += _table_lines(table, nodes[table.key])
    keys = [(table, key) for table in tables for key in table.foreign_keys]
    for _, key in keys:
        if key.refers_to is not None and key.refers_to not in nodes:
            nodes[key.refers_to] = node = f"t{len(nodes)}"
            lines.append(f"  {_box(key.refers_to, node)}")
    for table, key in keys:
        if key.refers_to is not None:
            lines.append(_key_line(table, key, nodes, key.refers_to))
    return "\n".join(lines) + "\n"


def is_drawn_by_github(diagram: str) -> bool:
    """Return whether a diagram is within the limits of GitHub."""
    return len(diagram) <= MOST_CHARACTERS and len(_EDGE.findall(diagram)) <= MOST_EDGES


def _table_lines(table: Relation, node: str) -> Iterator[str]:
    rows = [(one, marks_of(table, one.name).replace(" ", ", ")) for one in table.columns]
    keys = [f"    {_word(one.type)} {_word(one.name)} {marks}" for one, marks in rows if marks]
    title = _box(table.key, node)
    yield f"  {title} {{" if keys else f"  {title}"
    yield from keys
    if keys:
        yield "  }"


def _box(key: Key, node: str) -> str:
    return f'{node}["{_quoted(names.shown_key(key))}"]'


def _key_line(table: Relation, key: Constraint, nodes: dict[Key, str], target: Key) -> str:
    many = "|o" if is_unique(table, key.columns) else "}o"
    one = "o|" if is_optional(table, key.columns) else "||"
    columns = _quoted(names.shown(", ".join(key.columns)))
    return f'  {nodes[table.key]} {many}--{one} {nodes[target]} : "{columns}"'


def _word(text: str) -> str:
    word = _NO_WORD.sub("_", text)
    return word if word[:1].isalpha() else f"c{word}"


def _quoted(text: str) -> str:
    """Return a text within quotes: Mermaid has entities by their names or numbers."""
    return re.sub(r'[#"&<>;`\\{}%]', lambda odd: f"#{ord(odd[0])};", text)
