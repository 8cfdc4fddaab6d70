"""Write tables as boxes of rows, in Graphviz's language."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

# A colour stands for a class of the page's style sheet, which knows light and dark.
PAINTS = {
    "#000001": "line",
    "#000002": "head",
    "#000003": "chip",
    "#000004": "mark",
    "#000005": "type",
    "#000006": "name",
    "#000007": "body",
    "#000008": "edge",
    "#000009": "focus",
    "#00000a": "link",
    "#00000b": "added",
    "#00000c": "changed",
    "#00000d": "gone",
}
_COLOURS = {name: colour for colour, name in PAINTS.items()}

# In pixels; every glyph of a Courier is 0.6 of it wide, so that any such font fits.
FONT_SIZE = 13

# Characters of a name or a type that a box has room for.
_LONGEST = 40


@dataclass(frozen=True)
class Row:
    """Hold a row of a box.

    port: where an edge ends. marks: PK, FK. chip: a table that is named and not drawn, and
    chip_link its page. change: "", "added", "changed" or "gone".
    """

    port: str
    name: str
    type: str = ""
    marks: str = ""
    chip: str = ""
    chip_link: str = ""
    change: str = ""


@dataclass(frozen=True)
class Box:
    """Hold a box. node: its name in the graph. link: the page of its table, "" for none."""

    node: str
    title: str
    link: str
    rows: tuple[Row, ...] = ()
    change: str = ""
    is_focus: bool = False


@dataclass(frozen=True)
class Edge:
    """Hold a foreign key between two rows; a port "" is the title of the box.

    one: whether at most one row refers to another. optional: whether a row may refer to none.
    """

    from_node: str
    from_port: str
    to_node: str
    to_port: str
    one: bool = False
    optional: bool = False
    change: str = ""


def graph_text(boxes: list[Box], edges: list[Edge]) -> str:
    """Return a graph whose edges go from left to right."""
    lines = [
        'digraph "schema" {',
        "graph [rankdir=LR bgcolor=transparent nodesep=0.25 ranksep=0.7 splines=spline pad=0.1]",
        f'node [shape=plain fontname="Courier" fontsize={FONT_SIZE}]',
        f'edge [color="{_COLOURS["edge"]}" dir=both arrowtail=crow arrowsize=0.7]',
        *map(_box_text, boxes),
        *map(_edge_text, edges),
        "}",
    ]
    return "\n".join(lines)


def _box_text(box: Box) -> str:
    columns = 2 + any(row.type for row in box.rows) + any(row.chip for row in box.rows)
    head = box.change or ("focus" if box.is_focus else "head")
    link = f' HREF="{escape(box.link)}" TITLE="{_text(box.title)}"' if box.link else ""
    title = f'<FONT COLOR="{_COLOURS["link"]}"><B>{_text(_short(box.title))}</B></FONT>'
    cell = f'COLSPAN="{columns}" BGCOLOR="{_COLOURS[head]}" PORT="head"{link}'
    rows = [
        f"<TR><TD {cell}>{title}</TD></TR>",
        *(_row_text(row, box) for row in box.rows),
    ]
    table = (
        f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" '
        f'COLOR="{_COLOURS["line"]}" BGCOLOR="{_COLOURS["body"]}">{"".join(rows)}</TABLE>'
    )
    return f'{box.node} [id="{box.node}" tooltip="" label=<{table}>]'


def _row_text(row: Row, box: Box) -> str:
    colour = f' BGCOLOR="{_COLOURS[row.change]}"' if row.change else ""
    cells = [(row.marks, "mark", colour), (_short(row.name), "name", colour)]
    if any(one.type for one in box.rows):
        cells.append((_short(row.type), "type", colour))
    if any(one.chip for one in box.rows):
        link = f' HREF="{escape(row.chip_link)}" TITLE="{_text(row.chip)}"'
        chip = f' BGCOLOR="{_COLOURS["chip"]}"{link}' if row.chip else colour
        cells.append((f"\u2192 {_short(row.chip)}" if row.chip else "", "link", chip))
    # An edge ends at the box's own border: at the first cell of a row, or begins at the last.
    ports = [""] * len(cells)
    ports[0], ports[-1] = f' PORT="{row.port}i"', f' PORT="{row.port}o"'
    made = (
        _cell(text, paint, f"{more}{port}")
        for (text, paint, more), port in zip(cells, ports, strict=True)
    )
    return f"<TR>{''.join(made)}</TR>"


def _cell(text: str, paint: str, more: str) -> str:
    inside = f'<FONT COLOR="{_COLOURS[paint]}">{_text(text)}</FONT>' if text else ""
    return f'<TD ALIGN="LEFT"{more}>{inside}</TD>'


def _edge_text(edge: Edge) -> str:
    start = f"{edge.from_node}:{edge.from_port}o" if edge.from_port else f"{edge.from_node}:head"
    end = f"{edge.to_node}:{edge.to_port}i" if edge.to_port else f"{edge.to_node}:head"
    tail = "tee" if edge.one else "crow"
    head = "teeodot" if edge.optional else "tee"
    kinds = f"from-{edge.from_node} to-{edge.to_node} {edge.change}".strip()
    colour = f' color="{_COLOURS[edge.change]}"' if edge.change else ""
    return f'{start}:e -> {end}:w [class="{kinds}" arrowtail={tail} arrowhead={head}{colour}]'


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"


def _text(text: str) -> str:
    return escape(text)
