"""Make functions, types, sequences, extensions and roles of the rows of the catalog."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from alembic_pg.pages.schema import (
    Extension,
    Function,
    Namespace,
    Other,
    Reference,
    Relation,
    Role,
    Sequence,
    UserType,
)
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Row

    from alembic_pg.pages.read_relations import Found
    from alembic_pg.pages.schema import Key

_FUNCTIONS = {"f": "function", "p": "procedure", "a": "aggregate", "w": "window function"}
_TYPES = {"e": "enum", "d": "domain", "c": "composite type", "r": "range"}
# What PostgreSQL calls a kind, and people do otherwise.
_KINDS = {
    "default acl": "default privileges",
    "server": "foreign server",
    "statistics object": "extended statistics",
}

# A schema that nobody writes.
_PUBLIC = re.compile(r"(?<![\w\"'.])public\.")

_ATTRIBUTES = {
    "rolsuper": "superuser",
    "rolcreatedb": "creates databases",
    "rolcreaterole": "creates roles",
    "rolcanlogin": "logs in",
    "rolbypassrls": "passes row-level security",
    "rolreplication": "replicates",
}


def read_functions(
    rows: Iterable[Row[Any]], common: Found, relations: Iterable[Relation]
) -> tuple[Function, ...]:
    """Return the functions, with the tables that their bodies name."""
    known = {one.key for one in relations}

    def make(row: Row[Any]) -> Function:
        place = common.places["function", row.oid]
        used = common.depends_on(place)
        named = (Reference("relation", key) for key in _named_tables(row.body or "", known))
        return Function(
            key=(row.schema, row.name),
            arguments=row.arguments,
            kind=_FUNCTIONS[row.kind],
            result=row.result,
            language=row.language,
            owner=common.owner(row.owner),
            comment=row.comment,
            definition=row.definition.strip(),
            grants=common.grants.get(("function", row.oid), ()),
            depends_on=used,
            mentions=tuple(one for one in named if one not in used),
            used_by=common.used_by(place),
        )

    return tuple(map(make, rows))


def _named_tables(body: str, known: set[Key]) -> list[Key]:
    """Return the tables whose names stand in a body, after a schema or as one of public."""
    tokens = tokenize(body)
    found: set[Key] = set()
    for number, token in enumerate(tokens):
        if not token.identifier:
            continue
        qualified = number > 1 and tokens[number - 1].text == "."
        schema = tokens[number - 2].identifier if qualified else "public"
        if (schema, token.identifier) in known:
            found.add((schema, token.identifier))
    return sorted(found)


def read_types(rows: Iterable[Row[Any]], common: Found) -> tuple[UserType, ...]:
    """Return the types that the schema has itself."""
    return tuple(
        UserType(
            key=(row.schema, row.name),
            kind=_TYPES[row.kind],
            comment=row.comment,
            details=tuple(_details(row)),
            used_by=common.used_by(common.places["type", row.oid]),
        )
        for row in rows
    )


def _details(row: Row[Any]) -> Iterator[str]:
    if row.base:
        yield row.base + (" NOT NULL" if row.typnotnull else "")
        if row.default:
            yield f"DEFAULT {row.default}"
    if row.range_of:
        yield f"of {row.range_of}"
    yield from (*row.labels, *row.checks, *row.fields)


def read_sequences(rows: Iterable[Row[Any]]) -> tuple[Sequence, ...]:
    """Return the sequences that belong to no column."""
    return tuple(
        Sequence(
            key=(row.schema, row.name),
            details=f"{row.type}, from {row.start} by {row.increment}"
            + (", in a cycle" if row.cycle else ""),
            comment=row.comment,
        )
        for row in rows
    )


def read_extensions(rows: Iterable[Row[Any]], *, live: bool) -> tuple[Extension, ...]:
    """Return the extensions; live: whether their versions are those of somebody's database."""
    return tuple(
        Extension(row.name, row.schema, row.version if live else "", row.comment) for row in rows
    )


def read_namespaces(rows: Iterable[Row[Any]], common: Found) -> tuple[Namespace, ...]:
    """Return the schemas."""
    return tuple(
        Namespace(
            row.name,
            "" if row.owner == "pg_database_owner" else common.owner(row.owner),
            row.comment,
            common.grants.get(("namespace", row.oid), ()),
        )
        for row in rows
    )


def read_rest(rows: Iterable[Row[Any]], own_role: str) -> tuple[Other, ...]:
    """Return what has no page. own_role: of a scratch server, whose name nobody minds."""

    def shown(text: str) -> str:
        return _PUBLIC.sub("", text.replace(f"for role {own_role} ", "") if own_role else text)

    return tuple(
        Other((_KINDS.get(row.kind, row.kind), shown(row.name)), shown(row.details), row.comment)
        for row in rows
    )


def read_roles(rows: Iterable[Row[Any]], *, live: bool) -> tuple[Role, ...]:
    """Return roles; live: whether their attributes are those that count."""
    return tuple(
        Role(
            row.name,
            tuple(word for name, word in _ATTRIBUTES.items() if live and getattr(row, name)),
            tuple(row.member_of),
        )
        for row in rows
    )
