r"""Refuse models in which SQLAlchemy takes a word for a parameter, and writes NULL for it.

``:word`` in text() is one (SQLAlchemy, text()), and so in the string of a CHECK or a default:
``code ~ '^(?:ab|cd)$'`` would become ``'^(?NULL|cd)$'``, in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, CheckConstraint, Column
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement, TextClause

from alembic_pg.autogenerate.sides.declared_at import source_place
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Table


def refuse_parameters(tables: Iterable[Table]) -> None:
    """Raise UserError for the parameters without a value in what tables consist of."""
    found = [
        (name, _label(table, kind, part))
        for table in tables
        for kind, part, clause in _clauses(table)
        for name in parameters(clause)
    ]
    if not found:
        return
    if len(found) == 1:
        ((name, where),) = found
        raise UserError(
            f'SQLAlchemy writes NULL for ":{name}" in {where}, a parameter without a value: write '
            f'"\\\\:{name}".'
        )
    lines = [f'":{name}" in {where}' for name, where in found]
    head = 'SQLAlchemy writes NULL for parameters without a value; write "\\\\:word" for a colon:'
    raise UserError("\n  ".join([head, *lines]))


def parameters(clause: object) -> Iterator[str]:
    """Yield the names of a clause's parameters that have no value."""
    if isinstance(clause, TextClause) and ":" not in clause.text:
        return  # as nearly all are
    if isinstance(clause, ClauseElement) and not isinstance(clause, Column):
        for part in visitors.iterate(clause):
            if isinstance(part, BindParameter) and part.required:
                yield str(part.key)


def _clauses(table: Table) -> Iterator[tuple[str, str, Any]]:
    """Yield the texts of a table: what kind of part has each, its name, and the text."""
    for column in table.columns:
        default: Any = column.server_default
        if default is not None:
            clause = getattr(default, "arg", None)
            yield "column", column.name, getattr(default, "sqltext", clause)
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            yield "CHECK constraint", str(constraint.name or ""), constraint.sqltext
        elif (condition := getattr(constraint, "where", None)) is not None:
            yield "exclusion constraint", str(constraint.name or ""), condition
    for index in table.indexes:
        for clause in (*index.expressions, index.dialect_options["postgresql"]["where"]):
            yield "index", str(index.name or ""), clause


def _label(table: Table, kind: str, name: str) -> str:
    """Return what a message calls a part of a table, with its place in the models' source."""
    place = readable_name(table.schema or "public", table.name)
    where = source_place(table, name)
    label = f"column {place}.{name}" if kind == "column" else ""
    label = (
        label or f"{kind} {name or 'without a name'} {'on' if kind == 'index' else 'of'} {place}"
    )
    return f"{label} ({where})" if where else label
