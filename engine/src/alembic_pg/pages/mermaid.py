"""Write the keys of a schema as a diagram in Mermaid's language, which code hosts draw."""

from __future__ import annotations

import re
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
    from collections.abc import Iterator, Sequence

    from alembic_pg.pages.schema import Constraint, Key, Relation, Schema

# What GitHub draws at most.
MOST_CHARACTERS = 50_000
MOST_EDGES = 500

_EDGE = re.compile(r"^  t\d+ [|}]o--", re.MULTILINE)

# What an attribute may be written with; everything else becomes a low line.
_NO_WORD = re.compile(r"[^A-Za-z0-9_]")


def mermaid_diagrams(schema: Schema) -> list[str]:
    """Return one diagram of all tables, or one for each connected part where that is too large.

    Raises UserError where a part is still larger than what GitHub draws.
    """
    whole = mermaid_diagram(schema.tables)
    if is_drawn_by_github(whole):
        return [whole]
    parts = plan_overview(prepare_drawing(schema.tables, Changes())).parts
    found = [mermaid_diagram(part) for part in parts]
    if not all(map(is_drawn_by_github, found)):
        raise UserError(
            f"A code host draws no diagram of more than {MOST_CHARACTERS} characters and "
            f"{MOST_EDGES} keys, and this schema needs a larger one: alembic-pg pages draws it."
        )
    return found


def mermaid_diagram(tables: Sequence[Relation]) -> str:
    """Return tables with the columns of their keys, and the foreign keys between them."""
    nodes = {table.key: f"t{number}" for number, table in enumerate(tables)}
    lines = ["erDiagram"]
    for table in tables:
        lines += _table_lines(table, nodes[table.key])
    for table in tables:
        for key in table.foreign_keys:
            if key.refers_to in nodes:
                lines.append(_key_line(table, key, nodes, key.refers_to))
    return "\n".join(lines) + "\n"


def is_drawn_by_github(diagram: str) -> bool:
    """Return whether a diagram is within the limits of GitHub."""
    return len(diagram) <= MOST_CHARACTERS and len(_EDGE.findall(diagram)) <= MOST_EDGES


def _table_lines(table: Relation, node: str) -> Iterator[str]:
    rows = [(one, marks_of(table, one.name).replace(" ", ", ")) for one in table.columns]
    keys = [f"    {_word(one.type)} {_word(one.name)} {marks}" for one, marks in rows if marks]
    title = f'{node}["{_quoted(names.shown_key(table.key))}"]'
    yield f"  {title} {{" if keys else f"  {title}"
    yield from keys
    if keys:
        yield "  }"


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
