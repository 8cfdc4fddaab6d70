"""Alter one enum, composite type or domain into another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import brackets, table_definition
from alembic_pg.autogenerate.dump.entry_diff import InexpressibleError
from alembic_pg.sql.quoting import quote_literal, unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

_NAME = r'(?P<name>(?:"(?:[^"]|"")*"|[^\s"])+)'
_ENUM = re.compile(rf"CREATE TYPE {_NAME} AS ENUM \(")
_COMPOSITE = re.compile(rf"CREATE TYPE {_NAME} AS \(")
_DOMAIN = re.compile(rf"CREATE DOMAIN {_NAME} AS (?P<rest>.*);$", re.DOTALL)
_ANY_TYPE = re.compile(rf"CREATE (?:TYPE|DOMAIN) {_NAME} AS ")
_CHECK_SEPARATOR = "\n\tCONSTRAINT "
_CONSTRAINT = re.compile(r'CONSTRAINT (?P<name>"(?:[^"]|"")*"|\S+) ')


def alter_statements(old: Entry, new: Entry, dump: Dump, _: ServerFeatures) -> list[str] | None:
    """Return the statements that turn one type into another, or None where it must be recreated.

    The list is empty where recreate_type does it: for an enum that loses a value or changes their
    order, and for a composite type that columns use and of which an attribute changes its type.
    dump: where tables of a composite type are found. Raises InexpressibleError for another order
    of the attributes of a type that tables use.
    """
    if enum_name(old) and enum_name(new):
        return add_value_statements(old, new) or []
    if _COMPOSITE.match(old.create) and _COMPOSITE.match(new.create):
        attributes = base_and_attributes(old)[1], base_and_attributes(new)[1]
        if not _keeps_attribute_order(*attributes):
            if is_used_by_table(old, dump):
                raise InexpressibleError(old, new)
            return None
        typed = any(
            e.kind == "TABLE" and re.search(rf" OF {re.escape(type_name(new))}[ ;]", e.create)
            for e in dump.values()
        )
        return list(_alter_attributes(type_name(new), *attributes, " CASCADE" if typed else ""))
    old_match, new_match = _DOMAIN.match(old.create), _DOMAIN.match(new.create)
    if old_match and new_match:
        return _alter_domain(new_match["name"], old_match["rest"], new_match["rest"])
    return None


def enum_name(entry: Entry) -> str:
    """Return an enum's name, as PostgreSQL's statements have it."""
    match = _ENUM.match(entry.create)
    return match["name"] if match else ""


def enum_labels(entry: Entry) -> list[str]:
    """Return an enum's values in their order; of another type, none."""
    match = _ENUM.match(entry.create)
    return (
        [unquote_literal(item) for item in _definition_items(entry.create, match.end())]
        if match
        else []
    )


def type_name(entry: Entry) -> str:
    """Return the name of a type as PostgreSQL's statements have it, "" of anything else."""
    match = _ANY_TYPE.match(entry.create)
    return match["name"] if match else ""


def base_and_attributes(entry: Entry) -> tuple[str, dict[str, str]]:
    """Return the type that a domain is over, or "", and the attributes of a composite type."""
    if match := _DOMAIN.match(entry.create):
        return table_definition.parse_column(
            f"x {match['rest'].partition(_CHECK_SEPARATOR)[0]}"
        ).type, {}
    if match := _COMPOSITE.match(entry.create):
        return "", dict(map(_parse_attribute, _definition_items(entry.create, match.end())))
    return "", {}


def _definition_items(definition: str, start: int) -> list[str]:
    return brackets.bracketed_items(definition, start)[0]


def add_value_statements(old: Entry, new: Entry) -> list[str] | None:
    """Return how an enum gets its new values, or None where one goes or the order changes."""
    name, labels_so_far, labels = enum_name(new), enum_labels(old), enum_labels(new)
    if [label for label in labels if label in labels_so_far] != labels_so_far:
        return None
    statements = []
    for position, label in enumerate(labels):
        if label in labels_so_far:
            continue
        neighbor = labels[position - 1] if position else labels_so_far[0] if labels_so_far else ""
        where = (
            f" {'AFTER' if position else 'BEFORE'} {quote_literal(neighbor)}"
            if labels_so_far
            else ""
        )
        statements.append(f"ALTER TYPE {name} ADD VALUE {quote_literal(label)}{where};")
        labels_so_far.append(label)
    return statements


def lost_values(old: Entry, new: Entry) -> list[str]:
    """Return the values that an enum has and another one has not."""
    new_labels = enum_labels(new)
    return [label for label in enum_labels(old) if label not in new_labels]


def changes_attribute_type(old: Entry, new: Entry) -> bool:
    """Return whether an attribute of a composite type changes its type."""
    old_attributes, new_attributes = base_and_attributes(old)[1], base_and_attributes(new)[1]
    return any(
        name in new_attributes and new_attributes[name] != kind
        for name, kind in old_attributes.items()
    )


def is_used_by_table(entry: Entry, dump: Dump) -> bool:
    """Return whether a table has a column of a type, or of one that is made of it."""
    keys = {entry.key}
    for key, dependent in dump.items():
        if dependent.kind in {"DOMAIN", "TABLE", "TYPE"} and keys.intersection(dependent.needs):
            if dependent.kind == "TABLE":
                return True
            keys.add(key)
    return False


def _keeps_attribute_order(old: dict[str, str], new: dict[str, str]) -> bool:
    """Return whether attributes that come last and such that go are all the difference."""
    kept = [name for name in old if name in new]
    return list(new)[: len(kept)] == kept


def _alter_attributes(
    name: str, old: dict[str, str], new: dict[str, str], end: str
) -> Iterator[str]:
    for attribute, kind in new.items():
        if attribute not in old:
            yield f"ALTER TYPE {name} ADD ATTRIBUTE {attribute} {kind}{end};"
        elif old[attribute] != kind:
            yield f"ALTER TYPE {name} ALTER ATTRIBUTE {attribute} TYPE {kind}{end};"
    for attribute in old:
        if attribute not in new:
            yield f"ALTER TYPE {name} DROP ATTRIBUTE {attribute}{end};"


def _parse_attribute(item: str) -> tuple[str, str]:
    name = table_definition.NAME.match(item)
    end = name.end() if name else 0
    return item[:end], item[end:].strip()


def _alter_domain(name: str, old: str, new: str) -> list[str] | None:
    """Return how a domain changes; PostgreSQL changes no domain's type or collation."""
    old_parts, new_parts = _domain_parts(old), _domain_parts(new)
    if old_parts.pop("type") != new_parts.pop("type"):
        return None
    statements = []
    for key, text in old_parts.items():
        if new_parts.get(key) != text:
            undo = {"DEFAULT": "DROP DEFAULT", "NOT NULL": "DROP NOT NULL"}
            statements.append(f"ALTER DOMAIN {name} {undo.get(key, f'DROP CONSTRAINT {key}')};")
    for key, text in new_parts.items():
        if old_parts.get(key) != text:
            word = "ADD" if text.startswith("CONSTRAINT") else "SET"
            statements.append(f"ALTER DOMAIN {name} {word} {text};")
    return statements


def _domain_parts(rest: str) -> dict[str, str]:
    """Return a domain's type, default, NOT NULL and constraints, these by their names."""
    first, *lines = rest.split(_CHECK_SEPARATOR)
    checks = {}
    for line in lines:
        match = _CONSTRAINT.match(f"CONSTRAINT {line}")
        checks[match["name"] if match else line] = f"CONSTRAINT {line.strip()}"
    column = table_definition.parse_column(f"x {first.strip()}")
    parts = {"type": f"{column.type} {column.collation}", **checks}
    if column.default:
        parts["DEFAULT"] = f"DEFAULT {column.default}"
    if column.not_null:
        parts["NOT NULL"] = "NOT NULL"
    return parts
