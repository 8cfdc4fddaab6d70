"""Which online form a statement has, if any, on the database as it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ddl.online import (
    add_column,
    alter_table,
    attach,
    blocking,
    detach,
    domain,
    enum_value,
    index,
    journal,
    maintenance,
    many,
    missing,
    not_null,
    parser,
    partitions,
    retype,
    several,
    shapes,
    unique,
    update,
    validated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner

    Form = Callable[[Runner, Any, Relation, str], None]


def choose(runner: Runner, sql: str, *, asked: bool) -> Callable[[str], None] | None:
    """Return what to do instead of executing a statement, None for nothing.

    asked: whether the revision wants it done in batches. What is returned takes the statement's
    key. Plain is what has no online form, and what concerns a table that this run has made itself.
    Raises LeftNothingError for what would stop the work on a large table.
    """
    shape = parser.parse(sql)
    if asked and not isinstance(shape, shapes.Change):
        raise runner.refuse("in batches goes one UPDATE or DELETE, without WITH or RETURNING.")
    if not (runner.known or isinstance(shape, shapes.AddValue)):
        return None
    if shape is None:
        several.expect_short(runner, sql, partial(choose, runner, asked=False))
        return None
    return _chosen(runner, shape, asked=asked)


def _chosen(runner: Runner, shape: shapes.Shape, *, asked: bool) -> Callable[[str], None] | None:
    if isinstance(shape, shapes.DropIndex | shapes.AddValue | shapes.Beside):
        return None if runner.whole else _without_table(runner, shape)
    if type(shape) in _GUARDS:
        _GUARDS[type(shape)](runner, shape)
        return None
    table = runner.find(shape.table)
    if table is not None and table.kind == "v" and isinstance(shape, shapes.Change):
        many.expect_few(runner, shape)
    if table is None or table.kind not in _TABLES or table.persistence == "t":
        return None
    if table.oid not in runner.known:
        return None
    form = _form(runner, shape, table, asked=asked)
    if form is not None and runner.whole:
        blocking.allow(
            runner,
            table,
            f"A statement of a revision that {runner.whole}",
            "Let the table's owner run it, or a role of theirs."
            if runner.unnoted
            else "Let a revision of its own come before or after.",
        )
        form = None
    if form is None:
        return None
    if not isinstance(shape, shapes.Retype):  # which may be prepared before
        missing.expect_none(runner, table)
    return partial(form, runner, shape, table)


def kept(fills: dict[Any, shapes.Change], sql: str) -> dict[Any, shapes.Change]:
    """Return what still fills columns as it did, once a statement has been executed.

    None of it after one that may change what their values are made of.
    """
    shape = parser.parse(sql)
    harmless = isinstance(shape, _HARMLESS) or (
        isinstance(shape, shapes.Change) and bool(shape.fills)
    )
    return fills if harmless else {}


def passed(runner: Runner, sql: str) -> None:
    """Remember of a statement that an earlier run has done what a later one may need."""
    shape = parser.parse(sql)
    runner.fills = kept(runner.fills, sql)
    if isinstance(shape, shapes.Change) and shape.fills:
        table = runner.find(shape.table)
        if table is not None:
            update.remember(runner, shape, table)


def _without_table(
    runner: Runner, shape: shapes.DropIndex | shapes.AddValue | shapes.Beside
) -> Callable[[str], None] | None:
    if isinstance(shape, shapes.Beside):
        return partial(maintenance.beside, runner, shape)
    if isinstance(shape, shapes.AddValue):
        return partial(enum_value.add, runner, shape)
    key = journal.key(shape.sql)
    if next(missing.of(runner), ""):
        return None  # a moment, too, and nothing is missing for longer
    return partial(index.drop, runner, shape) if index.droppable(runner, shape, key) else None


def _form(runner: Runner, shape: shapes.Shape, table: Relation, *, asked: bool) -> Form | None:
    if isinstance(shape, shapes.Change):
        return update.form(runner, shape, table, asked=asked)
    if isinstance(shape, _ALONE) and shape.only and table.parent:
        blocking.allow(runner, table, "ALTER TABLE ONLY", "Leave ONLY out.")
        return None
    return _FORMS[type(shape)](runner, shape, table)


def _index(runner: Runner, shape: shapes.CreateIndex, table: Relation) -> Form:
    del runner, shape
    return partitions.create_index if table.kind == "p" else index.create


def _constraint(runner: Runner, shape: shapes.AddConstraint, table: Relation) -> Form | None:
    if shape.kind in {"CHECK", "FOREIGN"}:
        return validated.form(runner, shape, table)
    if shape.kind in {"UNIQUE", "PRIMARY"} and table.kind == "r" and unique.possible(shape):
        if unique.nameable(runner, shape, table):
            return unique.add
        blocking.allow(runner, table, "Adding a constraint without a name", "Give it one.")
        return None
    blocking.allow(
        runner,
        table,
        f"Adding the constraint {shape.name}",
        "A unique index, created by itself, costs nothing.",
    )
    return None


# Their steps take those that inherit along.
_ALONE = (shapes.SetNotNull, shapes.AddColumn, shapes.Retype)

# They change no value of a row.
_HARMLESS = (
    shapes.SetNotNull,
    shapes.Validate,
    shapes.AddConstraint,
    shapes.CreateIndex,
    shapes.DropIndex,
)

# Tables, those with partitions, and materialised views.
_TABLES = {"r", "p", "m"}

# What has no online form, and is not about one table that it names first.
_GUARDS: dict[type[shapes.Shape], Callable[[Runner, Any], None]] = {
    shapes.Rewrite: maintenance.expect_small,
    shapes.UnnamedIndex: maintenance.expect_name,
    shapes.AlterDomain: domain.expect_small,
    shapes.Writes: many.expect_few,
}

_FORMS: dict[type[shapes.Shape], Callable[[Runner, Any, Relation], Form | None]] = {
    shapes.CreateIndex: _index,
    shapes.AddConstraint: _constraint,
    shapes.Validate: validated.late,
    shapes.SetNotNull: lambda *_: not_null.set_not_null,
    shapes.AddColumn: add_column.form,
    shapes.Retype: retype.form,
    shapes.AlterTable: alter_table.form,
    shapes.AddPartition: attach.form,
    shapes.DetachPartition: lambda *_: detach.detach,
}
