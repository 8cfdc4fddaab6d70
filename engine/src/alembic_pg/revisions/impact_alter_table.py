"""Find what the actions of ALTER TABLE destroy or break."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.revisions import impact_create_table
from alembic_pg.revisions.impact_findings import Impact
from alembic_pg.revisions.schema_model import Column, Enum, Schema, Table
from alembic_pg.sql import column_types
from alembic_pg.sql.quoting import object_label, quote_literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.sql.column_types import ColumnType
    from alembic_pg.sql.cursor import Cursor, QualifiedName

_CONSTRAINT_WORDS = ("CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE")


def read_alter_table(schema: Schema, cursor: Cursor, existing: Mapping[str, ColumnType]) -> Impact:
    """Return what an ALTER TABLE destroys or breaks, and change the schema as it does.

    cursor: after ALTER TABLE. existing: the types of columns before, where nothing else tells them.
    """
    name = cursor.altered_table()
    if cursor.peek("RENAME", "TO") or cursor.peek("SET", "SCHEMA"):
        return _rename_or_move(schema, name, cursor)
    # A table that nothing tells of was there before.
    table = schema.tables.setdefault(name, Table())
    found = Impact()
    for action in cursor.split_commas():
        found.merge(_action(schema, name, table, action, existing))
    if table.is_new:
        found.breaks.clear()
        found.pending_breaks.clear()
    return found


def _rename_or_move(schema: Schema, name: QualifiedName, cursor: Cursor) -> Impact:
    renamed = bool(cursor.accept("RENAME", "TO"))
    cursor.accept("SET", "SCHEMA")
    said = cursor.identifier()
    new = (name[0], said) if renamed else (said, name[1])
    table = schema.tables.pop(name, None) or Table()
    schema.tables[new] = table
    if table.is_new:
        return Impact()
    # Renamed and moved, it is told once.
    table.former_name = old = table.former_name or name
    told: dict[tuple[str, ...], str] = {
        ("", *old): f"{object_label(old)} is now {object_label(new)}" if old != new else ""
    }
    for column, known in table.columns.items():
        told |= _column_rename(new, table, column, known)
    return Impact(pending_breaks=told)


def _column_rename(
    name: QualifiedName, table: Table, column: str, known: Column
) -> dict[tuple[str, ...], str]:
    """Return what code of the release before, which knows only the old names, breaks on."""
    if not known.former_name:
        return {}
    old_table, old = table.former_name or name, known.former_name
    told = f"{object_label(old_table)}.{old} is now {object_label(name)}.{column}"
    return {("", *old_table, old): told if old != column else ""}


def read_alter_view(schema: Schema, cursor: Cursor) -> Impact:
    """Return what an ALTER VIEW breaks. cursor: after its kind."""
    cursor.accept("IF", "EXISTS")
    name = cursor.qualified_name()
    label = object_label(name)
    if cursor.accept_any("RENAME TO", "SET SCHEMA"):
        schema.views.rename(name)
        return Impact(breaks=[f"{label} has another name"])
    if not cursor.accept("RENAME"):
        return Impact()
    cursor.accept("COLUMN")
    old = cursor.identifier()
    cursor.accept("TO")
    new = cursor.identifier()
    schema.views.rename_column(name, old, new)
    return Impact(breaks=[f"{label}.{old} is now {label}.{new}"])


def read_alter_composite_type(name: str, cursor: Cursor) -> Impact:
    """Return what ALTER TYPE does to the attributes of a composite type."""
    found = Impact()
    for action in cursor.split_commas():
        verb = action.accept_any("DROP ATTRIBUTE", "ALTER ATTRIBUTE")
        action.accept("IF", "EXISTS")
        what = f"{name}.{action.identifier()}"
        if verb == "DROP ATTRIBUTE":
            found.merge(Impact([f"attribute {what}"], [f"{what} is gone"]))
        elif verb:
            found.merge(Impact([f"attribute {what} as it was"], [f"{what} has another type"]))
    return found


def _action(
    schema: Schema,
    name: QualifiedName,
    table: Table,
    cursor: Cursor,
    existing: Mapping[str, ColumnType],
) -> Impact:
    verb = cursor.accept_any("ADD", "ALTER", "DROP", "RENAME")
    if verb == "ADD":
        return _add_column_or_constraint(schema, name, table, cursor)
    if verb == "RENAME":
        return _rename_column(name, table, cursor)
    if verb == "DROP" and not cursor.peek("CONSTRAINT"):
        cursor.accept("COLUMN")
        cursor.accept("IF", "EXISTS")
        return drop_column(name, table, cursor.identifier())
    if verb == "DROP" and cursor.accept("CONSTRAINT"):
        cursor.accept("IF", "EXISTS")
        table.dropped_constraints.add(cursor.identifier())
        return Impact()
    if verb == "ALTER" and not cursor.peek("CONSTRAINT"):
        cursor.accept("COLUMN")
        return _alter_column(schema, name, table, cursor, existing)
    return Impact()


def _add_column_or_constraint(
    schema: Schema, name: QualifiedName, table: Table, cursor: Cursor
) -> Impact:
    if cursor.current_word in _CONSTRAINT_WORDS:
        said = cursor.identifier() if cursor.accept("CONSTRAINT") else ""
        what = said or f"a new {cursor.current_word} constraint"
        known = table.add_constraint(said, cursor.remaining_text())
        if known or schema.is_kept(name, said):
            return Impact()
        return Impact(breaks=[f"new rows of {object_label(name)} must fit {what}"])
    cursor.accept("COLUMN")
    if (
        cursor.accept("IF", "NOT", "EXISTS")
        and cursor.current
        and cursor.current.identifier in table.columns
    ):
        return Impact()
    said = cursor.identifier()
    column = impact_create_table.read_column_definition(schema, cursor)
    table.columns[said] = column
    if column.not_null and not column.default:
        return Impact(pending_breaks={(*name, said): _must_be_given(name, said)})
    return Impact(pending_breaks={(*name, said, "generated"): ""} if column.generated else {})


def _rename_column(name: QualifiedName, table: Table, cursor: Cursor) -> Impact:
    is_constraint = cursor.accept("CONSTRAINT")
    cursor.accept("COLUMN")
    old = cursor.identifier()
    cursor.accept("TO")
    new = cursor.identifier()
    if is_constraint:
        if old in table.constraints:
            table.constraints[new] = table.constraints.pop(old)
        return Impact()
    table.rename_in_constraints(old, new)
    column = table.columns.pop(old, None) or Column(None)
    table.columns[new] = column
    if column.is_new:
        return Impact()
    column.former_name = column.former_name or old
    return Impact(pending_breaks=_column_rename(name, table, new, column))


def drop_column(name: QualifiedName, table: Table, column: str) -> Impact:
    """Drop a column from the model; return what that destroys and breaks."""
    gone = table.columns.pop(column, Column(None))
    table.drop_constraints_of(column)
    if gone.is_new or table.is_new:
        return Impact(pending_breaks={(*name, column): ""})
    what = f"{object_label(name)}.{column}"
    if gone.generated:
        # Added again with the same name, its values are there.
        return Impact(pending_breaks={(*name, column, "generated"): f"{what} is gone"})
    known = f"{object_label(table.former_name or name)}.{gone.former_name or column}"
    renamed = dict.fromkeys(_column_rename(name, table, column, gone), "")
    return Impact([f"column {what}"], [f"{known} is gone"], renamed)


def _alter_column(
    schema: Schema,
    name: QualifiedName,
    table: Table,
    cursor: Cursor,
    existing: Mapping[str, ColumnType],
) -> Impact:
    said = cursor.identifier()
    column = table.columns.setdefault(said, Column(existing.get(said)))
    cursor.accept("SET", "DATA")
    if cursor.accept("TYPE"):
        return _alter_column_type(schema, name, table, said, cursor)
    # What a new row needs; a later statement may give it.
    key, needs = (*name, said), ""
    if cursor.accept_any("SET NOT NULL"):
        column.not_null = True
        needs = _must_not_be_null(name, said)
        if column.is_new:
            needs = "" if column.default else _must_be_given(name, said)
        elif column.default:
            return Impact(breaks=[needs])
    elif cursor.accept_any("DROP DEFAULT", "DROP IDENTITY"):
        column.default = False
        needs = _must_be_given(name, said) if column.not_null else ""
    elif cursor.accept_any("SET DEFAULT", "ADD GENERATED"):
        column.default = True
    elif cursor.accept_any("DROP NOT NULL"):
        column.not_null = False
    else:
        column.generated = column.generated and not cursor.accept_any("DROP EXPRESSION")
        return Impact()
    return Impact(pending_breaks={key: needs})


def _must_be_given(name: QualifiedName, column: str) -> str:
    return f"{object_label(name)}.{column} must be given"


def _must_not_be_null(name: QualifiedName, column: str) -> str:
    return f"{object_label(name)}.{column} must not be NULL"


def _alter_column_type(
    schema: Schema, name: QualifiedName, table: Table, said: str, cursor: Cursor
) -> Impact:
    column = table.columns[said]
    old, enum = column.type, column.enum
    new = schema.read_column(cursor)
    column.declared_type, column.enum, column.domain_chain = (
        new.declared_type,
        new.enum,
        new.domain_chain,
    )
    if column.is_new or table.is_new:
        return Impact()
    kind = new.type
    what = f"{object_label(name)}.{said}"
    if old is None or kind is None:
        return Impact([f"column {what} as it was"], [f"{what} is now {kind}"])
    if enum is not None and old.array == kind.array and kind.values:
        return lost_values_impact(enum, [value for value in old.values if value not in kind.values])
    breaks = [] if column_types.are_compatible(old, kind) else [f"{what} is now {kind}"]
    element = replace(kind, array=False)
    kept = column.generated or (
        _using_array_of(said, cursor) and column_types.keeps_every_value(old, element)
        if kind.array and not old.array
        else column_types.keeps_every_value(old, kind) and _using_only_casts(said, cursor)
    )
    return Impact([] if kept else [f"column {what} as {old}"], breaks)


def _using_only_casts(column: str, cursor: Cursor) -> bool:
    """Return whether USING names but the column itself, cast or not; cursor: after the type."""
    if cursor.accept("COLLATE"):
        cursor.qualified_name()
    if not cursor.accept("USING"):
        return True
    found = cursor.remaining()
    names = [token for token in found if token.identifier and token.keyword != "CAST"]
    signs = {token.text for token in found if token.kind == "sign"}
    constant = any(token.kind in {"string", "dollar"} for token in found)
    return (
        bool(names) and names[0].identifier == column and signs <= set("():.,[]") and not constant
    )


def _using_array_of(column: str, cursor: Cursor) -> bool:
    """Return whether USING makes each value an array of itself; cursor: after the type."""
    if not cursor.accept("USING"):
        return False
    found = [token.keyword or token.identifier or token.text for token in cursor.remaining()]
    array = ["ARRAY", "[", column, "]"]
    case = ["CASE", "WHEN", column, "IS", "NOT", "NULL", "THEN", *array, "END"]
    names = [one.lower() if one.lower() == column else one for one in found]
    return names in (array, case)


def lost_values_impact(enum: Enum, values: Sequence[str]) -> Impact:
    """Return what is destroyed and broken where an enum loses values."""
    name = object_label(enum.original_name)
    return Impact(
        [f"value {quote_literal(value)} of {name}" for value in values],
        [f"{quote_literal(value)} of {name} is gone" for value in values],
    )
