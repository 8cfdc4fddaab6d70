"""Parse a CREATE TABLE as pg_dump prints it into columns, constraints and options."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import brackets
from alembic_pg.sql import split

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Entry

NAME = re.compile(r'"(?:[^"]|"")*"|[^\s"]+')

CREATE_TABLE = re.compile(
    r'CREATE (?P<unlogged>UNLOGGED )?TABLE (?P<name>(?:"(?:[^"]|"")*"|[^\s"(])+)'
    r"(?P<partition> PARTITION OF \S.*?)? \("
)

_CONSTRAINT = re.compile(rf"\bADD CONSTRAINT ({NAME.pattern}) ")

_NOT_NULL = re.compile(
    r" (?:CONSTRAINT (?P<name>\x01+|\S+) )?NOT NULL(?P<no_inherit> NO INHERIT)?$"
)
_VALUE_CLAUSE = re.compile(r" (?P<kind>DEFAULT|GENERATED ALWAYS AS) ")
_COLLATE = re.compile(r" COLLATE ")
_LAST_COLLATE = re.compile(r" COLLATE (?P<name>\S+)$")


@dataclass(frozen=True)
class Column:
    """Hold one column; an attribute that it does not have is empty.

    name: quoted where it must be. default: the expression. generated: the expression in its
    parentheses with STORED where it is. not_null: "NOT NULL", with its constraint's name before
    it when that is not the one PostgreSQL would choose.
    """

    name: str
    type: str
    collation: str = ""
    default: str = ""
    generated: str = ""
    not_null: str = ""


@dataclass(frozen=True)
class Table:
    """Hold a table without its CHECK constraints.

    options: what stands behind the parentheses, by its leading word ("INHERITS", "WITH", …).
    alter_statements: the ALTER TABLE statements that pg_dump adds to the definition.
    """

    name: str
    unlogged: bool
    columns: dict[str, Column]
    constraints: tuple[str, ...]
    options: dict[str, str]
    alter_statements: tuple[str, ...]


def parse_column(item: str) -> Column:
    """Return a column of its definition."""
    name = NAME.match(item)
    end = name.end() if name else 0
    rest, mask = item[end:], brackets.mask_nested_parts(item)[end:]
    # A table's column has its collation at the end, a domain behind its type.
    last = _LAST_COLLATE.search(mask)
    collation = rest[last.start("name") :] if last else ""
    mask = mask[: last.start()] if last else mask
    not_null = _NOT_NULL.search(mask)
    text = rest[not_null.start() : len(mask)].strip() if not_null else ""
    mask = mask[: not_null.start()] if not_null else mask
    value = _VALUE_CLAUSE.search(mask)
    expression = rest[value.end() : len(mask)].strip() if value else ""
    mask = mask[: value.start()] if value else mask
    collate = _COLLATE.search(mask)
    if collate:
        collation = rest[collate.end() : len(mask)].strip()
    return Column(
        name=item[:end],
        type=rest[: collate.start() if collate else len(mask)].strip(),
        collation=collation,
        default=expression if value and value["kind"] == "DEFAULT" else "",
        generated=expression if value and value["kind"] != "DEFAULT" else "",
        not_null=text,
    )


def column_definition(column: Column) -> str:
    """Return a column as ADD COLUMN takes it."""
    return " ".join(
        part
        for part in (
            column.name,
            column.type,
            f"COLLATE {column.collation}" if column.collation else "",
            f"DEFAULT {column.default}" if column.default else "",
            f"GENERATED ALWAYS AS {column.generated}" if column.generated else "",
            column.not_null,
        )
        if part
    )


def unquote_name(name: str) -> str:
    """Return a name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def constraint_name(create: str) -> str:
    """Return the name of the constraint that a statement adds, quoted as there; "" of others."""
    found = _CONSTRAINT.search(create)
    return found[1] if found else ""


def parse_entry(entry: Entry) -> Table | None:
    """Return a table of its entry, or None when the text is no plain CREATE TABLE."""
    return parse_definition(entry.create, split.script_statements(entry.create))


def entry_columns(entry: Entry) -> dict[str, Column]:
    """Return a table's columns by their names as printed; none when it is no plain CREATE TABLE."""
    table = parse_entry(entry)
    return table.columns if table else {}


def column_names(entry: Entry) -> list[str]:
    """Return the names of a table's columns, without quotes."""
    return [unquote_name(name) for name in entry_columns(entry)]


def generated_columns(entry: Entry) -> set[str]:
    """Return the names of a table's generated columns, without quotes."""
    columns = entry_columns(entry).values()
    return {unquote_name(column.name) for column in columns if column.generated}


def replace_items(entry: Entry, start: int, end: int, items: list[str]) -> Entry:
    """Return a table's entry with other items between its parentheses.

    It is compared with its items sorted, since their order is no difference: a new column comes
    last in PostgreSQL. start, end: the places of the parentheses' inside in the definition.
    """
    create, normalized = (
        f"{entry.create[:start]}\n    {text}\n{entry.create[end:]}"
        for text in (",\n    ".join(items), ",\n    ".join(sorted(items)))
    )
    return replace(entry, create=create, normalized=normalized)


def parse_definition(definition: str, script: list[str]) -> Table | None:
    """Return a table of its definition, or None when the text is no plain CREATE TABLE.

    script: the definition, and the statements that add to it.
    """
    head = CREATE_TABLE.match(definition)
    if head is None or head["partition"]:
        return None
    items, end = brackets.bracketed_items(definition, head.end())
    create = len(script[0])
    plain = [item for item in items if not _is_constraint(item)]
    return Table(
        name=head["name"],
        unlogged=bool(head["unlogged"]),
        columns={made.name: made for made in map(parse_column, plain)},
        constraints=tuple(sorted(item for item in items if _is_constraint(item))),
        options=_parse_options(definition[end + 1 : create].removesuffix(";")),
        alter_statements=tuple(script[1:]),
    )


def _is_constraint(item: str) -> bool:
    return item.startswith(("CONSTRAINT ", "NOT NULL "))


def _parse_options(tail: str) -> dict[str, str]:
    """Return the options behind the parentheses by their leading words."""
    options = {}
    for line in tail.strip().splitlines():
        match = re.match(r"(INHERITS|PARTITION BY|WITH|USING|SERVER|TABLESPACE) ?(.*)", line)
        options[match[1] if match else line] = match[2] if match else line
    return options
