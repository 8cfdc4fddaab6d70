"""Find the edits of a table's arguments: its indexes and constraints."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint

from alembic_pg.adopt.model_source import place_edits, written
from alembic_pg.adopt.model_source.source import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Table
    from sqlalchemy.engine.reflection import Inspector

    from alembic_pg.adopt.model_source.place import Place
    from alembic_pg.drift.difference import Difference


def index(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    """Return the edits of an index; the arguments are those of `edits_for`."""
    found = reflected(there.get_indexes, place.table, difference.name)
    text = written.index_source(found, place.names) if found else ""
    return _replaced(difference, place, difference.name, text)


def check(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    """Return the edits of a CHECK constraint; the arguments are those of `edits_for`."""
    name = difference.name.removeprefix(f"{place.table.name} ")
    found = reflected(there.get_check_constraints, place.table, name)
    text = written.check_source(found, place.table, place.names) if found else ""
    return _replaced(difference, place, name, text)


def unique(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    """Return the edits of a UNIQUE constraint; the arguments are those of `edits_for`."""
    name = difference.name.removeprefix(f"{place.table.name} ")
    found = reflected(there.get_unique_constraints, place.table, name)
    text = written.unique_source(found, place.table, place.names) if found else ""
    return _replaced(difference, place, name, text)


def key(difference: Difference, place: Place, there: Inspector) -> list[Edit] | None:
    """Return the edits of a foreign key; the arguments are those of `edits_for`."""
    name = difference.name.removeprefix(f"{place.table.name} ")
    found = reflected(there.get_foreign_keys, place.table, name)
    text = written.key_source(found, place.table, place.names) if found else ""
    return _replaced(difference, place, name, text)


def _replaced(difference: Difference, place: Place, name: str, text: str) -> list[Edit] | None:
    """Return what takes the old argument of a table out, where there is one, and adds the new."""
    if difference.change == "extra":
        return place_edits.add_to_table(place, text) if text else None
    old = _argument(place, name)
    if old is not None:
        if difference.change == "changed" and text:
            return [Edit(*place.source.span(old), text)]
        return place_edits.remove_from_table(place, old)
    return _without_keyword(place, name) if difference.change == "missing" else None


def _argument(place: Place, name: str) -> ast.expr | None:
    """Return the argument of a table that makes a constraint or an index, None without one."""
    short = {name, *(written.short_name(name, kind, place.table) for kind in ("ck", "uq", "fk"))}
    columns = _columns_of(place.table, name)
    for one in place.argument_list():
        if not isinstance(one, ast.Call) or _called(one) == Column.__name__:
            continue
        texts = [arg.value for arg in one.args if isinstance(arg, ast.Constant)]
        said = next(
            (
                k.value.value
                for k in one.keywords
                if k.arg == "name" and isinstance(k.value, ast.Constant)
            ),
            texts[0] if texts and _called(one) == "Index" else None,
        )
        if said in short or (said is None and columns and texts[-len(columns) :] == columns):
            return one
    return None


def _without_keyword(place: Place, name: str) -> list[Edit] | None:
    """Return what takes index=True, unique=True or ForeignKey() out of the call of a column."""
    columns = _columns_of(place.table, name)
    if len(columns) != 1:
        return None
    call = place.column_call(place.table.columns[columns[0]])
    if call is None:
        return None
    for constraint in place.table.foreign_key_constraints:
        if str(constraint.name) == name:
            keys = (one for one in call.args if isinstance(one, ast.Call))
            found = next((one for one in keys if _called(one) == ForeignKey.__name__), None)
            return place_edits.remove_argument(place.source, call, found) if found else None
    words = [one.arg for one in call.keywords if one.arg in {"index", "unique"}]
    if len(words) != 1 or words[0] is None:
        return None
    return place_edits.set_keyword(place.source, call, words[0], "")


def _columns_of(table: Table, name: str) -> list[str]:
    every: Iterable[Any] = [*table.indexes, *table.constraints]
    for one in every:
        if str(one.name) == name and isinstance(one, (Index, UniqueConstraint)):
            return [column.name for column in one.columns]
    for key in table.foreign_key_constraints:
        if str(key.name) == name:
            return [column.name for column in key.columns]
    return []


def reflected(ask: Callable[..., list[Any]], table: Table, name: str) -> dict[str, Any] | None:
    """Return what the inspector has of one part of a table, None without it."""
    return next((one for one in ask(table.name, schema=table.schema) if one["name"] == name), None)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
