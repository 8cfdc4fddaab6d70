"""Draw one table: who refers to it on the left, whom it refers to on the right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.pages import names
from alembic_pg.pages.diagram.boxes import Box, Edge, Row, graph_text
from alembic_pg.pages.diagram.overview import column_row, key_edge, marks_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.pages.diagram.overview import Drawing
    from alembic_pg.pages.schema import Constraint, Key, Relation

# More referrers are listed below the picture and not drawn.
MOST_DRAWN = 24


def neighbourhood_graph(table: Relation, drawing: Drawing) -> str:
    """Return the graph of a table, all of its columns, and its neighbours' keys.

    A table that is on both sides has two boxes.
    """
    rows = (
        replace(
            column_row(table, number, frozenset(), drawing.changes, root="../"),
            type=names.shown(one.type),
        )
        for number, one in enumerate(table.columns)
    )
    title, change = names.shown_key(table.key), drawing.changes.of_relation(table.key)
    boxes = [Box("t", title, "", tuple(rows), change, is_focus=True)]
    edges: list[Edge] = []
    referrers = drawing.referrers.get(table.key, ())
    for number, other in enumerate(referrers if len(referrers) <= MOST_DRAWN else ()):
        keys = [key for key in other.foreign_keys if key.refers_to == table.key]
        boxes.append(_box(f"l{number}", other, [key.columns for key in keys], drawing))
        edges += [key_edge(key, (f"l{number}", other), ("t", table), drawing) for key in keys]
    for number, (target, keys) in enumerate(_keys_by_target(table, drawing)):
        other = drawing.tables[target]
        boxes.append(_box(f"r{number}", other, [key.to_columns for key in keys], drawing))
        edges += [key_edge(key, ("t", table), (f"r{number}", other), drawing) for key in keys]
    return graph_text(boxes, edges)


def _keys_by_target(table: Relation, drawing: Drawing) -> list[tuple[Key, list[Constraint]]]:
    found: dict[Key, list[Constraint]] = {}
    for key in table.foreign_keys:
        target = key.refers_to
        if target is not None and target in drawing.tables and target != table.key:
            found.setdefault(target, []).append(key)
    return sorted(found.items())


def _box(node: str, table: Relation, wanted: Iterable[tuple[str, ...]], drawing: Drawing) -> Box:
    wanted_names = {name for columns in wanted for name in columns}
    rows = (
        Row(
            f"c{number}",
            names.shown(one.name),
            marks=marks_of(table, one.name),
            change=drawing.changes.drawn(table.key, "columns", one.name),
        )
        for number, one in enumerate(table.columns)
        if one.name in wanted_names
    )
    return Box(
        node=node,
        title=names.shown_key(table.key),
        link=f"../{names.relation_page(table.key)}",
        rows=tuple(rows),
        change=drawing.changes.of_relation(table.key),
    )
