"""Change one argument or keyword of a call, or one statement of a class, and nothing around it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.adopt.model_source.source import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.adopt.model_source.place import Place
    from alembic_pg.adopt.model_source.source import Source

_COMMA = re.compile(r"\s*,")


def set_keyword(source: Source, call: ast.Call, name: str, value: str) -> list[Edit] | None:
    """Return what gives a keyword of a call another value, "" to take it out.

    None where the call has none to take out.
    """
    there = next((one for one in call.keywords if one.arg == name), None)
    if there is not None and value:
        return [Edit(*source.span(there.value), value)]
    every: list[ast.expr] = sorted(
        [*call.args, *(one.value for one in call.keywords)], key=source.span
    )
    if there is not None:
        start = source.text.rfind(name, 0, source.span(there.value)[0])
        return [_cut(source, every, there.value, start)]
    if not value:
        return None
    end = source.span(call)[1] - 1
    if not every:
        return [Edit(end, end, f"{name}={value}")]
    return [_after(source, every[-1], f"{name}={value}")]


def remove_argument(source: Source, call: ast.Call, argument: ast.expr) -> list[Edit]:
    """Return what takes a positional argument out of a call."""
    every = sorted([*call.args, *(one.value for one in call.keywords)], key=source.span)
    return [_cut(source, every, argument, source.span(argument)[0])]


def remove_statement(source: Source, statement: ast.stmt) -> list[Edit]:
    """Return what takes a statement out of a class, with its lines."""
    start, end = source.span(statement)
    return [Edit(source.line_start(start), source.line_end(end), "")]


def add_statement(place: Place, line: str) -> list[Edit]:
    """Return what adds a statement to a class: after the last column, else after what is first."""
    source = place.source
    statements = list(place.statements())
    columns = [one for one in statements if _is_column(one)]
    assert isinstance(place.node, ast.ClassDef)  # noqa: S101  # a table's call has arguments
    last: ast.stmt = (
        columns[-1] if columns else statements[-1] if statements else place.node.body[0]
    )
    end = source.line_end(source.span(last)[1])
    before = "" if source.text[:end].endswith("\n") else "\n"
    return [Edit(end, end, f"{before}{place.indent}{line}\n")]


def add_to_table(place: Place, argument: str) -> list[Edit] | None:
    """Return what adds a constraint or an index to the arguments of a table.

    None where they are made by something else than a tuple or a dictionary.
    """
    source, found = place.source, place.arguments()
    if isinstance(place.node, ast.Call):
        return [_after(source, place.node.args[-1], argument)]
    if found is None:
        return new_arguments(place, f"({argument},)")
    start, end = source.span(found)
    if isinstance(found, ast.Dict):
        return [Edit(start, start, f"({argument}, "), Edit(end, end, ")")]
    return _add_to_tuple(source, found, argument) if isinstance(found, ast.Tuple) else None


def new_arguments(place: Place, value: str) -> list[Edit] | None:
    """Return what gives a class without any its __table_args__."""
    name = next((one for one in place.statements() if not _is_column(one)), None)
    if name is None:
        return None
    end = place.source.line_end(place.source.span(name)[1])
    return [Edit(end, end, f"{place.indent}__table_args__ = {value}\n")]


def _add_to_tuple(source: Source, found: ast.Tuple, argument: str) -> list[Edit] | None:
    if any(isinstance(one, ast.Starred) for one in found.elts):
        return None
    start, end = source.span(found)
    if not found.elts:
        return [Edit(start, end, f"({argument},)")]
    last = found.elts[-1]
    if not isinstance(last, ast.Dict):
        return [_after(source, last, argument)]
    at = source.span(last)[0]
    return [Edit(at, at, f"{argument}{_between(source, last)}")]


def remove_from_table(place: Place, argument: ast.expr) -> list[Edit]:
    """Return what takes an argument out of those of a table."""
    if isinstance(place.node, ast.Call):
        return remove_argument(place.source, place.node, argument)
    every = place.argument_list()
    if len(every) == 1:
        found = place.arguments()
        assert found is not None  # noqa: S101  # it has the argument
        return [Edit(*place.source.span(found), "()")]
    source = place.source
    cut = _cut(source, every, argument, source.span(argument)[0])
    left = next(one for one in every if one is not argument)
    end = source.span(left)[1]
    # What is alone in a tuple has a comma behind it.
    behind = cut.end if cut.start == end else end
    if len(every) > 2 or _COMMA.match(source.text, behind):  # noqa: PLR2004  # (a,)
        return [cut]
    return [replace(cut, text=",")] if cut.start == end else [cut, Edit(end, end, ",")]


def table_dictionary(place: Place) -> ast.Dict | None:
    """Return the dictionary among the arguments of a table, None without one."""
    found = place.arguments()
    if isinstance(found, ast.Tuple) and found.elts:
        found = found.elts[-1]
    return found if isinstance(found, ast.Dict) else None


def _is_column(statement: ast.AnnAssign | ast.Assign) -> bool:
    name = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    if isinstance(name, ast.Name) and name.id.startswith("__"):
        return False
    value = statement.value
    called = value.func if isinstance(value, ast.Call) else None
    word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if word in {"relationship", "column_property", "synonym", "composite", "association_proxy"}:
        return False
    return isinstance(statement, ast.AnnAssign) or word in {"mapped_column", "Column"}


def _between(source: Source, node: ast.expr) -> str:
    """Return what stands between two arguments: a new line where a node begins one."""
    start = source.span(node)[0]
    before = source.text[source.line_start(start) : start]
    return f",\n{before}" if not before.strip() else ", "


def _after(source: Source, node: ast.expr, text: str) -> Edit:
    """Return what puts a text behind an argument; a keyword's value has its name before it."""
    end = source.span(node)[1]
    first = source.span(node)[0]
    line = source.text[source.line_start(first) : first]
    name = re.fullmatch(r"(\s*)\w+\s*=\s*", line)
    between = f",\n{name[1]}" if name else _between(source, node)
    return Edit(end, end, f"{between}{text}")


def _cut(source: Source, every: Sequence[ast.expr], node: ast.expr, start: int) -> Edit:
    """Return what takes one of several arguments out, with the comma that goes with it."""
    end = source.span(node)[1]
    at = list(every).index(node)
    comma = _COMMA.match(source.text, end)
    line = source.text[source.line_start(start) : start]
    if comma and not line.strip():
        stop = source.line_end(comma.end())
        if not source.text[comma.end() : stop].strip():
            return Edit(source.line_start(start), stop, "")
    if at + 1 < len(every) and comma:
        rest = source.text[comma.end() :]
        return Edit(start, comma.end() + len(rest) - len(rest.lstrip(" ")), "")
    if at:
        return Edit(source.span(every[at - 1])[1], end, "")
    return Edit(start, comma.end() if comma else end, "")
