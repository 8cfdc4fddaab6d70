"""Name a database object as a person calls it, of what pg_dump says about it."""

from __future__ import annotations

import re

from alembic_pg.autogenerate.dump import kinds
from alembic_pg.sql.quoting import part_name, readable_name, without_public

_ON_RELATION = frozenset(
    {"CHECK CONSTRAINT", "CONSTRAINT", "FK CONSTRAINT", "POLICY", "RULE", "TRIGGER"}
)

_WITH_ARGUMENTS = frozenset({"AGGREGATE", "FUNCTION", "PROCEDURE"})

# pg_dump writes a view that another object needs first as an empty one, and its query as a rule.
_QUERY_RULE = "_RETURN"

_CONSTRAINT_WORDS = {
    " UNIQUE ": "unique constraint",
    " PRIMARY KEY ": "primary key",
    " EXCLUDE ": "exclusion constraint",
}

# What the name of a grant or a comment begins with; a name in capitals is in quotes there.
_OBJECT = re.compile(r"(?P<kind>[A-Z]+(?: [A-Z]+)*) (?P<name>\S.*)", re.DOTALL)

_IDENTITY = re.compile(
    r"ALTER TABLE (?:ONLY )?(?P<table>\S+) "
    r'ALTER COLUMN (?P<column>"(?:[^"]|"")*"|\S+) ADD GENERATED '
)


def object_label(kind: str, schema: str, name: str, create: str, needs: tuple[str, ...]) -> str:
    """Return the name of an object for a person, without the schema public.

    kind, schema, name, create, needs: as an Entry has them.
    """
    if kind in _ON_RELATION or kind == "DEFAULT":
        relation, part = _split_part(schema, name, needs)
        if (kind, part) == ("RULE", _QUERY_RULE):
            return f"query of view {readable_name(schema, relation)}"
        if kind == "DEFAULT":
            return f"default of {readable_name(schema, relation, part)}"
        return part_label(_constraint_words(kind, create), schema, relation, part)
    if kind in _BY_KIND:
        return _BY_KIND[kind](schema, name)
    if kind == "SEQUENCE" and (identity := _IDENTITY.match(create)):
        return f"identity of {identity['table'].removeprefix('public.')}.{identity['column']}"
    words = "enum" if kind == "TYPE" and " AS ENUM (" in create else kind.lower()
    own = without_public(name) if kind in _WITH_ARGUMENTS else name
    return f"{words} {readable_name(schema, own) if schema else own}"


def part_label(words: str, schema: str, relation: str, part: str) -> str:
    """Return the name of a part of a table or view for a person, without the schema public.

    words: what kind of part it is: "column", "index", "foreign key", "trigger" ….
    """
    if words == "column":
        return f"{words} {readable_name(schema, relation, part)}"
    return f"{words} {part_name(words, schema, relation, part)}"


def _grants(schema: str, name: str) -> str:
    # A view is a TABLE there.
    return f"grants on {_object_in_name(schema, name).removeprefix('table ')}"


def _comment(schema: str, name: str) -> str:
    return f"comment on {_object_in_name(schema, name)}"


def _default_privileges(schema: str, name: str) -> str:
    return f"{name.lower()} in schema {schema}" if schema else name.lower()


def _row_security(schema: str, name: str) -> str:
    return f"row level security of {readable_name(schema, name)}"


def _sequence_owner(schema: str, name: str) -> str:
    return f"owner of sequence {readable_name(schema, name)}"


def _attachment(schema: str, name: str) -> str:
    return f"attachment of {readable_name(schema, name)}"


def _published_table(schema: str, name: str) -> str:
    publication, _, table = name.partition(" ")
    return f"table {readable_name(schema, table)} in publication {publication}"


def _published_schema(schema: str, name: str) -> str:
    del schema
    publication, _, published = name.partition(" ")
    return f"schema {published} in publication {publication}"


def _cast(schema: str, name: str) -> str:
    del schema
    return f"cast {without_public(name.removeprefix('CAST '))}"


def _user_mapping(schema: str, name: str) -> str:
    del schema
    return (
        f"user mapping of {name.removeprefix('USER MAPPING ').replace(' SERVER ', ' on server ')}"
    )


# The kinds that have words of their own.
_BY_KIND = {
    "ACL": _grants,
    "CAST": _cast,
    "COMMENT": _comment,
    "DEFAULT ACL": _default_privileges,
    "INDEX ATTACH": _attachment,
    "PUBLICATION TABLE": _published_table,
    "PUBLICATION TABLES IN SCHEMA": _published_schema,
    "ROW SECURITY": _row_security,
    "SEQUENCE OWNED BY": _sequence_owner,
    "TABLE ATTACH": _attachment,
    "USER MAPPING": _user_mapping,
}


def _constraint_words(kind: str, create: str) -> str:
    if kind == "CONSTRAINT":
        head = create.partition("(")[0]
        found = (words for sign, words in _CONSTRAINT_WORDS.items() if sign in head)
        return next(found, "constraint")
    return "foreign key" if kind == "FK CONSTRAINT" else kind.lower()


def _split_part(schema: str, name: str, needs: tuple[str, ...]) -> tuple[str, str]:
    """Return the relation and the part of it that a name consists of; both may have spaces."""
    place = f" {schema}."
    relations = [
        key.partition(place)[2] for key in needs if key.startswith(kinds.RELATION_PREFIXES)
    ]
    for relation in sorted(relations, key=len, reverse=True):
        if relation and name.startswith(f"{relation} "):
            return relation, name.removeprefix(f"{relation} ")
    relation, _, part = name.partition(" ")
    return relation, part


def _object_in_name(schema: str, name: str) -> str:
    """Return the object that an entry's name says, with its schema where that is not public."""
    found = _OBJECT.fullmatch(name)
    if not found:
        return name
    kind, place = found["kind"], found["name"]
    prefix = "" if schema in {"", "public"} or kind == "SCHEMA" else f"{schema}."
    if " ON " in place and kind in {"CONSTRAINT", "POLICY", "RULE", "TRIGGER"}:
        part, _, relation = place.rpartition(" ON ")
        if relation.startswith("DOMAIN "):
            prefix, relation = f"domain {prefix}", relation.removeprefix("DOMAIN ")
        return f"{kind.lower()} {part} on {prefix}{relation}"
    return f"{kind.lower()} {prefix}{without_public(place) if kind in _WITH_ARGUMENTS else place}"
