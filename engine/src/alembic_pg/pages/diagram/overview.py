"""Choose what the overview draws: one picture a connected part, without the edges to hubs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.pages import names
from alembic_pg.pages.diagram.boxes import Box, Edge, Row, graph_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alembic_pg.pages.changes import Changes
    from alembic_pg.pages.schema import Constraint, Key, Relation

# A table that more others refer to is a hub: with its edges, a picture becomes a ball.
MOST_REFERRERS = 10


@dataclass(frozen=True)
class Overview:
    """Hold what is drawn.

    hubs: tables that many refer to, and how many. parts: the tables of each picture, the largest
    first. alone: tables that are in no picture.
    """

    hubs: tuple[tuple[Key, int], ...]
    parts: tuple[tuple[Relation, ...], ...]
    alone: tuple[Relation, ...]


@dataclass(frozen=True)
class Drawing:
    """Hold what every picture of a schema needs.

    tables: all of them. hubs: those whose keys are chips. referred: the columns to which others
    refer, by the table. referrers: the other tables that refer to one. changes: what differs.
    """

    tables: Mapping[Key, Relation]
    hubs: frozenset[Key]
    referred: Mapping[Key, frozenset[str]]
    referrers: Mapping[Key, tuple[Relation, ...]]
    changes: Changes


def prepare_drawing(tables: Iterable[Relation], changes: Changes) -> Drawing:
    """Return what the pictures of tables need."""
    by_key = {table.key: table for table in tables}
    referred: dict[Key, set[str]] = defaultdict(set)
    referrers: dict[Key, dict[Key, Relation]] = defaultdict(dict)
    for table in by_key.values():
        for key in table.foreign_keys:
            if key.refers_to in by_key:
                referred[key.refers_to].update(key.to_columns)
                if key.refers_to != table.key:
                    referrers[key.refers_to][table.key] = table
    return Drawing(
        tables=by_key,
        hubs=frozenset(one for one, others in referrers.items() if len(others) > MOST_REFERRERS),
        referred={key: frozenset(names) for key, names in referred.items()},
        referrers={key: tuple(others.values()) for key, others in referrers.items()},
        changes=changes,
    )


def plan_overview(drawing: Drawing) -> Overview:
    """Return what is drawn of tables."""
    by_key = drawing.tables
    tables = tuple(by_key.values())
    hubs = {key: len(drawing.referrers[key]) for key in drawing.hubs}
    neighbours: dict[Key, set[Key]] = defaultdict(set)
    for table in tables:
        for target in _targets(table, by_key) - hubs.keys():
            neighbours[table.key].add(target)
            neighbours[target].add(table.key)
    parts = [tuple(by_key[key] for key in sorted(part)) for part in _parts(neighbours)]
    # A table whose only keys lead to hubs is worth its box.
    drawn = {table.key for part in parts for table in part}
    lone = [table for table in tables if table.key not in drawn]
    with_chips = [table for table in lone if _targets(table, by_key)]
    parts += [(table,) for table in with_chips]
    return Overview(
        hubs=tuple(sorted(hubs.items(), key=lambda hub: (-hub[1], hub[0]))),
        parts=tuple(sorted(parts, key=lambda part: (-len(part), part[0].key))),
        alone=tuple(table for table in lone if table not in with_chips),
    )


def part_graph(part: Iterable[Relation], drawing: Drawing) -> str:
    """Return the graph of one picture, with the keys of its tables."""
    part = tuple(part)
    nodes = {table.key: f"t{number}" for number, table in enumerate(part)}
    boxes = [_key_box(table, nodes[table.key], drawing) for table in part]
    edges = []
    for table in part:
        for key in table.foreign_keys:
            target = key.refers_to
            if target in nodes and target not in drawing.hubs and target != table.key:
                ends = (nodes[table.key], table), (nodes[target], drawing.tables[target])
                edges.append(key_edge(key, *ends, drawing))
    return graph_text(boxes, edges)


def _key_box(table: Relation, node: str, drawing: Drawing) -> Box:
    wanted = {
        *table.primary_key,
        *drawing.referred.get(table.key, ()),
        *(column for key in table.foreign_keys for column in key.columns),
    }
    rows = (
        column_row(table, number, drawing.hubs, drawing.changes)
        for number, column in enumerate(table.columns)
        if column.name in wanted or drawing.changes.of_column(table.key, column.name)
    )
    return Box(
        node=node,
        title=names.shown_key(table.key),
        link=names.relation_page(table.key),
        rows=tuple(rows),
        change=drawing.changes.of_relation(table.key),
    )


def column_row(
    table: Relation, number: int, chips: frozenset[Key], changes: Changes, *, root: str = ""
) -> Row:
    """Return a row for a column; a key to one of the chips, or to its own table, is a chip.

    number: the column's place in the table. root: the way from the page to the folder of all.
    """
    column = table.columns[number].name
    keys = [key for key in table.foreign_keys if column in key.columns]
    targets = (key.refers_to for key in keys)
    target = next((one for one in targets if one in chips or one == table.key), None)
    return Row(
        port=f"c{number}",
        name=names.shown(column),
        marks=marks_of(table, column),
        chip=names.shown_key(target) if target else "",
        chip_link=f"{root}{names.relation_page(target)}" if target else "",
        change=changes.drawn(table.key, "columns", column),
    )


def marks_of(table: Relation, column: str) -> str:
    """Return in which keys a column is: of the table, to another one."""
    own = ["PK"] if column in table.primary_key else []
    foreign = any(column in key.columns for key in table.foreign_keys)
    return " ".join([*own, *(["FK"] if foreign else [])])


def key_edge(
    key: Constraint, start: tuple[str, Relation], end: tuple[str, Relation], drawing: Drawing
) -> Edge:
    """Return the edge of a foreign key. start, end: nodes, and their tables."""
    (node, table), (to_node, target) = start, end
    return Edge(
        from_node=node,
        from_port=port(table, key.columns),
        to_node=to_node,
        to_port=port(target, key.to_columns),
        one=is_unique(table, key.columns),
        optional=is_optional(table, key.columns),
        change=drawing.changes.drawn(table.key, "constraints", key.name),
    )


def port(table: Relation, columns: tuple[str, ...]) -> str:
    """Return the port of the first of some columns, "" without them."""
    places = {column.name: number for number, column in enumerate(table.columns)}
    return f"c{places[columns[0]]}" if columns and columns[0] in places else ""


def is_unique(table: Relation, columns: tuple[str, ...]) -> bool:
    """Return whether a constraint lets each value of some columns be in one row only."""
    return any(
        one.kind in {"primary key", "unique"} and set(one.columns) <= set(columns)
        for one in table.constraints
    )


def is_optional(table: Relation, columns: tuple[str, ...]) -> bool:
    """Return whether one of some columns may be NULL."""
    return any(one.name in columns and not one.not_null for one in table.columns)


def _targets(table: Relation, known: Mapping[Key, Relation]) -> set[Key]:
    found = {key.refers_to for key in table.foreign_keys if key.refers_to is not None}
    return {key for key in found if key in known and key != table.key}


def _parts(neighbours: Mapping[Key, set[Key]]) -> Iterable[set[Key]]:
    """Yield the keys of each connected part."""
    left = set(neighbours)
    while left:
        ask, part = [min(left)], set()
        while ask:
            key = ask.pop()
            if key not in part:
                part.add(key)
                ask += neighbours[key]
        left -= part
        yield part
