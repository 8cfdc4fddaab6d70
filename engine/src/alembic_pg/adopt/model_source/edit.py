"""Find the edits of the models' source that say what differs in a database."""

from __future__ import annotations

import ast
import keyword
import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Computed, ForeignKey, Identity
from sqlalchemy.types import TypeEngine

from alembic_pg.adopt.model_source import arguments, place_edits, written
from alembic_pg.adopt.model_source.arguments import reflected
from alembic_pg.adopt.model_source.nullability import nullability_edits
from alembic_pg.adopt.model_source.source import Edit, string_literal
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from sqlalchemy.engine.reflection import Inspector

    from alembic_pg.adopt.model_source.place import Place
    from alembic_pg.drift.difference import Difference

# What an attribute of a mapped class may not be called.
_RESERVED = {"metadata", "registry"}


def edits_for(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    """Return the edits of a table's source after which it says what a database has.

    there: of the database. None where no edit of the source can say it.
    """
    editor = _EDITORS.get(difference.kind)
    return editor(difference, place, there) if editor else None


def _column(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    name = difference.name.removeprefix(f"{place.table.name}.")
    own = place.table.columns.get(name)
    if difference.change == "extra":
        return _added_column(place, reflected(there.get_columns, place.table, name))
    if own is None:
        return None
    if difference.change == "missing":
        return _removed_column(place, own)
    return _changed_column(difference, place, own, there)


def _added_column(place: Place, found: dict[str, Any] | None) -> list[Edit] | None:
    if found is None:
        return None
    names, name = place.names, found["name"]
    said = written.column_arguments(found, names)
    if isinstance(place.node, ast.Call):
        said = [string_literal(name), *said]
        if not found["nullable"]:
            said.append("nullable=False")
        return place_edits.add_to_table(place, f"{names.use('Column')}({', '.join(said)})")
    taken = {target for one in place.statements() if (target := _name(one))} | _RESERVED
    attribute = name if name.isidentifier() and not keyword.iskeyword(name) else f"column_{name}"
    attribute = "".join(one if one.isidentifier() or one.isdigit() else "_" for one in attribute)
    while attribute in taken or attribute.startswith("__"):
        attribute = f"{attribute.lstrip('_')}_"
    if attribute != name:
        said.insert(0, string_literal(name))
    if _is_annotated(place):
        made = names.use("mapped_column", "sqlalchemy.orm")
        kind = written.annotation_source(found["type"], names)
        kind += " | None" if found["nullable"] and kind != "Any" else ""
        if kind == "Any":
            said.append(f"nullable={found['nullable']}")
        mapped = names.use("Mapped", "sqlalchemy.orm")
        line = f"{attribute}: {mapped}[{kind}] = {made}({', '.join(said)})"
        return place_edits.add_statement(place, line)
    if not found["nullable"]:
        said.append("nullable=False")
    line = f"{attribute} = {names.use('Column')}({', '.join(said)})"
    return place_edits.add_statement(place, line)


def _removed_column(place: Place, column: Column[Any]) -> list[Edit] | None:
    if isinstance(place.node, ast.Call):
        call = place.column_call(column)
        return place_edits.remove_argument(place.source, place.node, call) if call else None
    statement = place.attribute(column)
    return place_edits.remove_statement(place.source, statement) if statement else None


def _changed_column(
    difference: Difference, place: Place, column: Column[Any], there: Inspector
) -> list[Edit] | None:
    before, after = (
        table_definition.parse_column(one) for one in (difference.expected, difference.found)
    )
    if (before.generated, before.collation) != (after.generated, after.collation):
        return None
    found = reflected(there.get_columns, place.table, column.name)
    if found is None:
        return None
    changes: list[list[Edit] | None] = []
    said: list[str] = []
    if before.type != after.type:
        kind = written.type_source(found["type"], place.names)
        said.append(kind)
        changes.append(_changed_type(place, column, kind))
    # A string takes on the type of its column: '7' of a bigint is another expression than 7.
    given = getattr(column.server_default, "arg", None)
    takes_type = isinstance(given, str) and before.type != after.type and bool(after.default)
    if before.default != after.default or takes_type:
        value = written.default_source(after.default, place.names) if after.default else ""
        said.append(f"server_default={value or None}")
        changes.append(column_keyword(place, column, "server_default", value))
    if said and place.column_call(column) is None:
        changes = [_new_call(place, column, ", ".join(said))]
    if before.not_null != after.not_null:
        changes.append(nullability_edits(place, column, nullable=not after.not_null))
    edits = [edit for made in changes if made for edit in made]
    return edits if edits and None not in changes else None


def _changed_type(place: Place, column: Column[Any], text: str) -> list[Edit] | None:
    call = place.column_call(column)
    if call is None:
        return None
    for argument in call.args:
        if _is_type(argument, place):
            return [Edit(*place.source.span(argument), text)]
    if any(one.arg == "type_" for one in call.keywords):
        return place_edits.set_keyword(place.source, call, "type_", text)
    first = next(iter([*call.args, *(one.value for one in call.keywords)]), None)
    if first is None:
        end = place.source.span(call)[1] - 1
        return [Edit(end, end, text)]
    if isinstance(call.args[0] if call.args else None, ast.Constant):
        end = place.source.span(call.args[0])[1]
        return [Edit(end, end, f", {text}")]
    start = place.source.text.index("(", place.source.span(call.func)[1]) + 1
    return [Edit(start, start, f"{text}, ")]


def column_keyword(place: Place, column: Column[Any], name: str, value: str) -> list[Edit] | None:
    """Return what gives a keyword of the call of a column a value, "" to take it out."""
    call = place.column_call(column)
    if call is not None:
        return place_edits.set_keyword(place.source, call, name, value)
    return _new_call(place, column, f"{name}={value}") if value else None


def _new_call(place: Place, column: Column[Any], arguments: str) -> list[Edit] | None:
    """Return what gives a bare annotation its mapped_column()."""
    statement = place.attribute(column)
    if statement is None or statement.value is not None:
        return None
    end = place.source.span(statement)[1]
    made = place.names.use("mapped_column", "sqlalchemy.orm")
    return [Edit(end, end, f" = {made}({arguments})")]


def _comment(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    if difference.name.startswith("COLUMN "):
        column = next((one for one in place.table.columns if _is_on(difference, one.name)), None)
        if column is None:
            return None
        found = reflected(there.get_columns, place.table, column.name)
        text = str((found or {}).get("comment") or "")
        return column_keyword(place, column, "comment", string_literal(text) if text else "")
    if not difference.name.startswith("TABLE "):
        return None
    found_text = there.get_table_comment(place.table.name, schema=place.table.schema)["text"]
    return _table_comment(place, string_literal(found_text) if found_text else "")


def _table_comment(place: Place, literal: str) -> list[Edit] | None:
    """Return what gives a table a comment. literal: as Python's constant, "" for none."""
    source = place.source
    if isinstance(place.node, ast.Call):
        return place_edits.set_keyword(source, place.node, "comment", literal)
    found = place_edits.table_dictionary(place)
    if found is None:
        entry = f'{{"comment": {literal}}}'
        if place.arguments() is None:
            return place_edits.new_arguments(place, entry)
        return place_edits.add_to_table(place, entry)
    for key, value in zip(found.keys, found.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "comment":
            return [Edit(*source.span(value), literal or "None")]
    start = source.span(found)[0] + 1
    return [Edit(start, start, f'"comment": {literal}{", " if found.keys else ""}')]


def _is_on(difference: Difference, column: str) -> bool:
    return difference.name.endswith(f".{quote_name(column)}")


def _is_annotated(place: Place) -> bool:
    texts = [one for one in place.statements() if isinstance(one, ast.AnnAssign)]
    calls = [one for one in place.statements() if isinstance(one.value, ast.Call)]
    return any("Mapped" in place.source.text_of(one.annotation) for one in texts) or not calls


def _is_type(node: ast.expr, place: Place) -> bool:
    named = node.func if isinstance(node, ast.Call) else node
    if not isinstance(named, (ast.Name, ast.Attribute)):
        return False
    value: Any = next(
        (one for one in list(sys.modules.values()) if _file_of(one) == str(place.source.file)), None
    )
    for part in place.source.text_of(named).split("."):
        value = getattr(value, part, None)
    beside = (Computed, Identity, ForeignKey)
    if isinstance(value, type) and issubclass(value, beside):
        return False
    return isinstance(value, TypeEngine) or (
        isinstance(value, type) and issubclass(value, TypeEngine)
    )


def _file_of(module: object) -> str:
    return str(getattr(module, "__file__", ""))


def _name(statement: ast.AnnAssign | ast.Assign) -> str:
    first = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    return first.id if isinstance(first, ast.Name) else ""


_EDITORS = {
    "column": _column,
    "comment": _comment,
    "index": arguments.index,
    "check constraint": arguments.check,
    "constraint": arguments.unique,
    "foreign key": arguments.key,
}
