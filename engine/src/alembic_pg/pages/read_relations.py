"""Make tables and views, with their parts, of the rows of the catalog."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.pages.schema import Column, Constraint, Grant, Part, Relation, Size
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.pages.schema import Reference

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
}
_CONSTRAINTS = {
    "p": "primary key",
    "u": "unique",
    "f": "foreign key",
    "c": "check",
    "x": "exclude",
}
_GENERATED = {"s": "stored", "v": "virtual"}
_IDENTITY = {"a": "identity, always", "d": "identity, by default"}
_TRIGGERS = {"D": "disabled", "R": "on replicas", "A": "always"}
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_PERSISTENCE = {"u": "unlogged", "t": "temporary"}


@dataclass(frozen=True)
class Found:
    """Hold what the catalog says of objects of all kinds.

    places: what a kind and a number stand for. own_role: the one that is not told as an owner.
    grants: by kind and number. uses, users: what an object uses, and what uses it.
    """

    places: Mapping[tuple[str, int], Reference]
    own_role: str
    grants: Mapping[tuple[str, int], tuple[Grant, ...]]
    uses: Mapping[Reference, tuple[Reference, ...]]
    users: Mapping[Reference, tuple[Reference, ...]]

    def owner(self, name: str) -> str:
        """Return an owner, "" where it is whoever made a scratch database."""
        return "" if name == self.own_role else name

    def depends_on(self, user: Reference) -> tuple[Reference, ...]:
        """Return what an object uses."""
        return self.uses.get(user, ())

    def used_by(self, used: Reference) -> tuple[Reference, ...]:
        """Return what uses an object."""
        return self.users.get(used, ())


def read_grants(rows: Iterable[Row[Any]]) -> dict[tuple[str, int], tuple[Grant, ...]]:
    """Return the rights of others than owners, by the kind and number of the object."""
    found: dict[tuple[str, int], list[Grant]] = defaultdict(list)
    for row in rows:
        found[row.catalog, row.oid].append(Grant(row.role, row.privileges, row.column))
    return {key: tuple(grants) for key, grants in found.items()}


def read_relations(
    rows: Sequence[Row[Any]], found: Mapping[str, Sequence[Row[Any]]], common: Found
) -> tuple[Relation, ...]:
    """Return the tables and views; partitions stand in their table.

    rows: those of pg_class that count. found: the rows of all other questions, by their kinds.
    """
    parts = {
        kind: _by_table(found[kind])
        for kind in ("columns", "constraints", "indexes", "triggers", "policies")
    }
    keys = {row.oid: (row.schema, row.name) for row in rows}
    below: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if row.root:
            below[row.root].append(row)

    def make(row: Row[Any]) -> Relation:
        place = common.places["relation", row.oid]
        return Relation(
            key=keys[row.oid],
            kind=_KINDS[row.kind],
            owner=common.owner(row.owner),
            comment=row.comment,
            definition=row.definition.strip(),
            partitioned_by=row.partitioned_by,
            partitions=tuple(Part(one.name, one.bound or "partitioned") for one in below[row.oid]),
            inherits=tuple(keys[oid] for oid in row.parents if oid in keys),
            notes=tuple(_notes(row)),
            size=_size([row, *below[row.oid]]),
            columns=tuple(_column(one, common) for one in parts["columns"][row.oid]),
            constraints=tuple(_constraint(one, common) for one in parts["constraints"][row.oid]),
            indexes=tuple(map(_index, parts["indexes"][row.oid])),
            triggers=tuple(map(_trigger, parts["triggers"][row.oid])),
            policies=tuple(map(_policy, parts["policies"][row.oid])),
            grants=common.grants.get(("relation", row.oid), ()),
            depends_on=common.depends_on(place),
            used_by=common.used_by(place),
        )

    return tuple(make(row) for row in rows if not row.root)


def _by_table(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.oid].append(row)
    return found


def _notes(row: Row[Any]) -> Iterator[str]:
    if row.persistence in _PERSISTENCE:
        yield _PERSISTENCE[row.persistence]
    if row.guarded:
        yield "row-level security" + (", for its owner too" if row.forced else "")
    yield from sorted(row.options or ())


def _size(rows: Sequence[Row[Any]]) -> Size | None:
    sizes = [row.bytes for row in rows if row.bytes is not None]
    counts = [row.rows for row in rows if row.bytes is not None]
    if not sizes:
        return None
    return Size(sum(sizes), -1 if min(counts) < 0 else sum(counts))


def _column(row: Row[Any], common: Found) -> Column:
    return Column(
        name=row.name,
        type=row.type,
        not_null=row.not_null,
        default=row.default,
        generated=_GENERATED.get(row.generated, "") or _IDENTITY.get(row.identity, ""),
        collation=row.collation or "",
        comment=row.comment,
        type_of=common.places.get(("type", row.element)),
    )


def _constraint(row: Row[Any], common: Found) -> Constraint:
    target = common.places.get(("relation", row.refers_to)) if row.refers_to else None
    return Constraint(
        name=row.name,
        kind=_CONSTRAINTS[row.kind],
        definition=row.definition,
        columns=tuple(row.columns),
        refers_to=target.key if target else None,
        to_columns=tuple(row.to_columns),
        valid=row.valid,
        comment=row.comment,
    )


def _index(row: Row[Any]) -> Part:
    return Part(row.name, row.definition, "" if row.valid else "invalid", row.comment)


def _trigger(row: Row[Any]) -> Part:
    return Part(row.name, row.definition, _TRIGGERS.get(row.enabled, ""), row.comment)


def _policy(row: Row[Any]) -> Part:
    """Return a policy in the words in which it was made, the table's name apart."""
    roles = (name if name == "PUBLIC" else quote_name(name) for name in row.roles)
    words = [
        f"FOR {_COMMANDS.get(row.command, 'ALL')} TO {', '.join(roles)}",
        f"USING ({row.using})" if row.using else "",
        f"WITH CHECK ({row.checks})" if row.checks else "",
    ]
    note = "" if row.permissive else "restrictive"
    return Part(row.name, "\n".join(filter(None, words)), note, row.comment)
