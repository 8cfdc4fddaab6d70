"""ALTER TABLE: what its actions destroy, and what breaks on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.revisions import impact_create_table
from alembic_pg.revisions.impact_findings import Found
from alembic_pg.revisions.schema_model import Column, Enum, Schema, Table, called
from alembic_pg.sql import column_types
from alembic_pg.sql.quoting import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.sql.column_types import Type
    from alembic_pg.sql.cursor import Cursor, Name

_CONSTRAINTS = ("CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE")


def read(schema: Schema, cursor: Cursor, existing: Mapping[str, Type]) -> Found:
    """Return what a statement does, and do it to the schema; cursor: after ALTER TABLE."""
    cursor.maybe("IF", "EXISTS")
    cursor.maybe("ONLY")
    name = cursor.name()
    cursor.maybe("*")
    if cursor.sees("RENAME", "TO") or cursor.sees("SET", "SCHEMA"):
        return _move(schema, name, cursor)
    # A table that nothing tells of was there before.
    table = schema.tables.setdefault(name, Table())
    found = Found()
    for action in cursor.parts():
        found.add(_action(schema, name, table, action, existing))
    if table.made:
        found.breaks.clear()
        found.later.clear()
    return found


def _move(schema: Schema, name: Name, cursor: Cursor) -> Found:
    renamed = bool(cursor.maybe("RENAME", "TO"))
    cursor.maybe("SET", "SCHEMA")
    said = cursor.identifier()
    new = (name[0], said) if renamed else (said, name[1])
    table = schema.tables.pop(name, None) or Table()
    schema.tables[new] = table
    return Found(breaks=[] if table.made else [f"{called(name)} is now {called(new)}"])


def _action(
    schema: Schema, name: Name, table: Table, cursor: Cursor, existing: Mapping[str, Type]
) -> Found:
    verb = cursor.any("ADD", "ALTER", "DROP", "RENAME")
    if verb == "ADD":
        return _add(schema, name, table, cursor)
    if verb == "RENAME":
        return _rename(name, table, cursor)
    if verb == "DROP" and not cursor.sees("CONSTRAINT"):
        cursor.maybe("COLUMN")
        cursor.maybe("IF", "EXISTS")
        return dropped(name, table, cursor.identifier())
    if verb == "ALTER" and not cursor.sees("CONSTRAINT"):
        cursor.maybe("COLUMN")
        return _alter(schema, name, table, cursor, existing)
    return Found()


def _add(schema: Schema, name: Name, table: Table, cursor: Cursor) -> Found:
    if cursor.word in _CONSTRAINTS:
        said = cursor.identifier() if cursor.maybe("CONSTRAINT") else ""
        what = said or f"a new {cursor.word} constraint"
        return Found(breaks=[f"new rows of {called(name)} must fit {what}"])
    cursor.maybe("COLUMN")
    if (
        cursor.maybe("IF", "NOT", "EXISTS")
        and cursor.now
        and cursor.now.identifier in table.columns
    ):
        return Found()
    said = cursor.identifier()
    column = impact_create_table.definition(schema, cursor)
    table.columns[said] = column
    if column.not_null and not column.default:
        return Found(later={(*name, said): _must_be_given(name, said)})
    return Found()


def _rename(name: Name, table: Table, cursor: Cursor) -> Found:
    if cursor.maybe("CONSTRAINT"):
        return Found()
    cursor.maybe("COLUMN")
    old = cursor.identifier()
    cursor.maybe("TO")
    new = cursor.identifier()
    column = table.columns.pop(old, None) or Column(None)
    table.columns[new] = column
    if column.made:
        return Found()
    return Found(breaks=[f"{called(name)}.{old} is now {called(name)}.{new}"])


def dropped(name: Name, table: Table, column: str) -> Found:
    """Return what the loss of a column does, and let it be gone."""
    gone = table.columns.pop(column, Column(None))
    if gone.made or table.made:
        return Found(later={(*name, column): ""})
    what = f"{called(name)}.{column}"
    return Found([] if gone.generated else [f"column {what}"], [f"{what} is gone"])


def _alter(
    schema: Schema, name: Name, table: Table, cursor: Cursor, existing: Mapping[str, Type]
) -> Found:
    said = cursor.identifier()
    column = table.columns.setdefault(said, Column(existing.get(said)))
    cursor.maybe("SET", "DATA")
    if cursor.maybe("TYPE"):
        return _retype(schema, name, table, said, cursor)
    # What a new row needs; a later statement may give it.
    key, needs = (*name, said), ""
    if cursor.any("SET NOT NULL"):
        column.not_null = True
        needs = _null(name, said)
        if column.made:
            needs = "" if column.default else _must_be_given(name, said)
        elif column.default:
            return Found(breaks=[needs])
    elif cursor.any("DROP DEFAULT", "DROP IDENTITY"):
        column.default = False
        needs = _must_be_given(name, said) if column.not_null else ""
    elif cursor.any("SET DEFAULT", "ADD GENERATED"):
        column.default = True
    elif cursor.any("DROP NOT NULL"):
        column.not_null = False
    else:
        column.generated = column.generated and not cursor.any("DROP EXPRESSION")
        return Found()
    return Found(later={key: needs})


def _must_be_given(name: Name, column: str) -> str:
    return f"{called(name)}.{column} must be given"


def _null(name: Name, column: str) -> str:
    return f"{called(name)}.{column} must not be NULL"


def _retype(schema: Schema, name: Name, table: Table, said: str, cursor: Cursor) -> Found:
    column = table.columns[said]
    old, enum = column.type, column.enum
    new = schema.column(cursor)
    column.declared, column.enum, column.domains = new.declared, new.enum, new.domains
    if column.made or table.made:
        return Found()
    kind = new.type
    what = f"{called(name)}.{said}"
    if old is None or kind is None:
        return Found([f"column {what} as it was"], [f"{what} is now {kind}"])
    if enum is not None and old.array == kind.array and kind.values:
        return lost_values(enum, [value for value in old.values if value not in kind.values])
    breaks = [] if column_types.alike(old, kind) else [f"{what} is now {kind}"]
    kept = column.generated or (column_types.keeps(old, kind) and _casts(said, cursor))
    return Found([] if kept else [f"column {what} as {old}"], breaks)


def _casts(column: str, cursor: Cursor) -> bool:
    """Return whether what USING says is the column itself, cast or not; cursor: after the type."""
    if cursor.maybe("COLLATE"):
        cursor.name()
    if not cursor.maybe("USING"):
        return True
    found = cursor.rest()
    names = [token for token in found if token.identifier and token.keyword != "CAST"]
    signs = {token.text for token in found if token.kind == "sign"}
    constant = any(token.kind in {"string", "dollar"} for token in found)
    return (
        bool(names) and names[0].identifier == column and signs <= set("():.,[]") and not constant
    )


def lost_values(enum: Enum, values: Sequence[str]) -> Found:
    """Return what the loss of values of an enum does."""
    name = called(enum.origin)
    return Found(
        [f"value {literal(value)} of {name}" for value in values],
        [f"{literal(value)} of {name} is gone" for value in values],
    )
