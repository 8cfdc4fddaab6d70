"""The statements that turn one enum, composite type or domain into another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ddl.compare import statements, table_parts
from ddl.compare.names import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ddl.compare.entry import Dump, Entry

_NAME = r'(?P<name>(?:"(?:[^"]|"")*"|[^\s"])+)'
_ENUM = re.compile(rf"CREATE TYPE {_NAME} AS ENUM \(")
_COMPOSITE = re.compile(rf"CREATE TYPE {_NAME} AS \(")
_DOMAIN = re.compile(rf"CREATE DOMAIN {_NAME} AS (?P<rest>.*);$", re.DOTALL)
_CONSTRAINT = re.compile(r'CONSTRAINT (?P<name>"(?:[^"]|"")*"|\S+) ')


def turn(old: Entry, new: Entry, dump: Dump) -> list[str] | None:
    """Return the statements that turn one type into another, or None where it must come anew.

    dump: the database of the old one, in which the columns of the type are found.
    """
    one, other = _ENUM.match(old.create), _ENUM.match(new.create)
    if one and other:
        labels = _items(old.create, one.end()), _items(new.create, other.end())
        added = _added(other["name"], *labels)
        lost = {label for label in labels[0] if label not in labels[1]}
        return added if added is not None else swap(new, other["name"], dump, lost)
    one, other = _COMPOSITE.match(old.create), _COMPOSITE.match(new.create)
    if one and other:
        attributes = _items(old.create, one.end()), _items(new.create, other.end())
        return list(_attributes(other["name"], *attributes))
    one, other = _DOMAIN.match(old.create), _DOMAIN.match(new.create)
    if one and other:
        return _domain(other["name"], one["rest"], other["rest"])
    return None


def swapped(old: Entry, new: Entry) -> str | None:
    """Return the name of an enum that loses a value, so that its columns change their type."""
    one, other = _ENUM.match(old.create), _ENUM.match(new.create)
    if not one or not other:
        return None
    labels = _items(old.create, one.end()), _items(new.create, other.end())
    return other["name"] if _added(other["name"], *labels) is None else None


def enum_name(entry: Entry) -> str:
    """Return an enum's name, as PostgreSQL's statements have it."""
    match = _ENUM.match(entry.create)
    return match["name"] if match else ""


def enum_labels(entry: Entry) -> list[str]:
    """Return an enum's values in their order; of another type, none."""
    match = _ENUM.match(entry.create)
    return [unquoted(item) for item in _items(entry.create, match.end())] if match else []


def _items(definition: str, start: int) -> list[str]:
    return table_parts.items(definition, start)[0]


def _added(name: str, old: list[str], new: list[str]) -> list[str] | None:
    """Return how values are added, or None where one goes or the order changes."""
    if [label for label in new if label in old] != old:
        return None
    found, known = [], list(old)
    for place, label in enumerate(new):
        if label in known:
            continue
        where = f" AFTER {new[place - 1]}" if place else f" BEFORE {known[0]}" if known else ""
        found.append(f"ALTER TYPE {name} ADD VALUE {label}{where};")
        known.append(label)
    return found


def swap(new: Entry, name: str, dump: Dump, lost: set[str]) -> list[str]:
    """Return how columns come to a new type of the old name, by way of their text.

    lost: the values that the new type does not have; a default with one of them goes with it.
    """
    schema, _, plain = name.rpartition(".")
    temporary = f'{plain[:-1]}_old"' if plain.endswith('"') else f"{plain}_old"
    moves: list[str] = []
    # A partition's column changes with its table's.
    partitions = {(e.schema, e.name) for e in dump.values() if e.kind == "TABLE ATTACH"}
    for entry in dump.values():
        table = table_parts.parse(entry.create, statements.split(entry.create))
        if table is None or entry.kind != "TABLE" or (entry.schema, entry.name) in partitions:
            continue
        for column in table.columns.values():
            if column.type in {name, f"{name}[]"}:
                alter = f"ALTER TABLE {table.name} ALTER COLUMN {column.name}"
                array = column.type[len(name) :]
                using = f"{column.name}::text{array}::{column.type}"
                moves += [f"{alter} DROP DEFAULT;"] if column.default else []
                moves.append(f"{alter} TYPE {column.type} USING {using};")
                if column.default and not any(label in column.default for label in lost):
                    moves.append(f"{alter} SET DEFAULT {column.default};")
    return [
        f"ALTER TYPE {name} RENAME TO {temporary};",
        new.create,
        *moves,
        f"DROP TYPE {schema}.{temporary};",
    ]


def _attributes(name: str, old: list[str], new: list[str]) -> Iterator[str]:
    one, other = (dict(map(_attribute, items)) for items in (old, new))
    for attribute, kind in other.items():
        if attribute not in one:
            yield f"ALTER TYPE {name} ADD ATTRIBUTE {attribute} {kind};"
        elif one[attribute] != kind:
            yield f"ALTER TYPE {name} ALTER ATTRIBUTE {attribute} TYPE {kind};"
    for attribute in one:
        if attribute not in other:
            yield f"ALTER TYPE {name} DROP ATTRIBUTE {attribute};"


def _attribute(item: str) -> tuple[str, str]:
    name = table_parts.NAME.match(item)
    end = name.end() if name else 0
    return item[:end], item[end:].strip()


def _domain(name: str, old: str, new: str) -> list[str] | None:
    """Return how a domain changes; PostgreSQL changes no domain's type or collation."""
    one, other = _domain_parts(old), _domain_parts(new)
    if one.pop("type") != other.pop("type"):
        return None
    found = []
    for key, text in one.items():
        if other.get(key) != text:
            undo = {"DEFAULT": "DROP DEFAULT", "NOT NULL": "DROP NOT NULL"}
            found.append(f"ALTER DOMAIN {name} {undo.get(key, f'DROP CONSTRAINT {key}')};")
    for key, text in other.items():
        if one.get(key) != text:
            word = "ADD" if text.startswith("CONSTRAINT") else "SET"
            found.append(f"ALTER DOMAIN {name} {word} {text};")
    return found


def _domain_parts(rest: str) -> dict[str, str]:
    """Return a domain's type, default, NOT NULL and constraints, these by their names."""
    first, *lines = rest.split("\n\tCONSTRAINT ")
    checks = {}
    for line in lines:
        match = _CONSTRAINT.match(f"CONSTRAINT {line}")
        checks[match["name"] if match else line] = f"CONSTRAINT {line.strip()}"
    column = table_parts.column(f"x {first.strip()}")
    parts = {"type": f"{column.type} {column.collation}", **checks}
    if column.default:
        parts["DEFAULT"] = f"DEFAULT {column.default}"
    if column.not_null:
        parts["NOT NULL"] = "NOT NULL"
    return parts
