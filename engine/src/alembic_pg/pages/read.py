"""Read the schema of a database from its catalog, in one question for each kind of object."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg.database import server_features
from alembic_pg.pages import catalog_queries, read_others, read_relations
from alembic_pg.pages.read_relations import Found
from alembic_pg.pages.schema import Reference, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Row

    from alembic_pg.pages.schema import Relation


def read_schema(connection: Connection, *, live: bool, left_out: str) -> Schema:
    """Return the schema of a database.

    connection: in a transaction, whose search_path is changed. live: whether sizes, owners and
    roles' attributes are those of a database of somebody, and not of a scratch server.
    left_out: the name of Alembic's own table.
    """
    connection.exec_driver_sql(catalog_queries.PREPARE)
    found = _ask(connection, live=live)
    out = left_out if "." in left_out else f"public.{left_out}"
    rows = [row for row in found["relations"] if f"{row.schema}.{row.name}" != out]
    places = _places(rows, found)
    own_role = "" if live else found["server"][0].role
    uses = list(_uses(found["dependencies"], places))
    common = Found(
        places=places,
        own_role=own_role,
        grants=read_relations.read_grants(found["grants"]),
        uses=_grouped(uses),
        users=_grouped((used, user) for user, used in uses),
    )
    relations = read_relations.read_relations(rows, found, common)
    functions = read_others.read_functions(found["functions"], common, relations)
    namespaces = read_others.read_namespaces(found["namespaces"], common)
    named = _role_names(relations, functions, namespaces) | {
        role for row in found["policies"] for role in row.roles
    }
    return Schema(
        major=server_features.major_of(found["server"][0].version),
        relations=relations,
        functions=functions,
        types=read_others.read_types(found["types"], common),
        sequences=read_others.read_sequences(found["sequences"]),
        extensions=read_others.read_extensions(found["extensions"], live=live),
        roles=_read_roles(connection, named - {"PUBLIC", ""}, live=live),
        namespaces=namespaces,
        others=read_others.read_rest(found["others"], own_role),
    )


def _ask(connection: Connection, *, live: bool) -> dict[str, Sequence[Row[Any]]]:
    """Return the rows of each question, by the name of its kind."""
    kinds = ("relations", "columns", "constraints", "indexes", "triggers", "policies", "grants")
    more = ("functions", "dependencies", "types", "sequences", "extensions", "namespaces", "others")
    return {
        kind: connection.execute(
            text(getattr(catalog_queries, kind.upper())),
            {"live": live} if kind == "relations" else {},
        ).all()
        for kind in (*kinds, *more, "server")
    }


def _places(
    relations: Sequence[Row[Any]], found: dict[str, Sequence[Row[Any]]]
) -> dict[tuple[str, int], Reference]:
    """Return what an object's number stands for, by its kind; a partition for its table."""
    by_oid = {row.oid: Reference("relation", (row.schema, row.name)) for row in relations}
    places = {
        ("relation", row.oid): by_oid.get(row.root or row.oid, by_oid[row.oid]) for row in relations
    }
    for row in found["functions"]:
        places["function", row.oid] = Reference("function", (row.schema, row.name), row.arguments)
    for row in found["types"]:
        made = Reference("type", (row.schema, row.name))
        places["type", row.oid] = places["type", row.array_type] = made
    return places


def _uses(
    rows: Sequence[Row[Any]], places: dict[tuple[str, int], Reference]
) -> Iterator[tuple[Reference, Reference]]:
    """Yield what uses something, with what it uses; each pair may come twice."""
    for row in rows:
        user = places.get((row.user_kind, row.user_oid))
        used = places.get((row.kind, row.oid))
        if user is not None and used is not None and user != used:
            yield user, used


def _grouped(
    pairs: Iterable[tuple[Reference, Reference]],
) -> dict[Reference, tuple[Reference, ...]]:
    """Return the second of pairs by the first, each once and sorted."""
    found: dict[Reference, set[Reference]] = defaultdict(set)
    for first, second in pairs:
        found[first].add(second)
    return {
        first: tuple(sorted(others, key=lambda one: (one.kind, one.key, one.arguments)))
        for first, others in found.items()
    }


def _role_names(relations: Sequence[Relation], *others: Sequence[Any]) -> set[str]:
    every = [*relations, *(one for several in others for one in several)]
    owners = {one.owner for one in every}
    return owners | {grant.role for one in every for grant in one.grants}


def _read_roles(connection: Connection, names: set[str], *, live: bool) -> tuple[Any, ...]:
    rows = connection.execute(text(catalog_queries.ROLES), {"names": sorted(names)}).all()
    return read_others.read_roles(rows, live=live)
