"""Which online form a statement has, if any, on the database as it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_pg.online.run import dropped_objects, journal, large_tables
from alembic_pg.online.strategies import (
    add_check_or_fk,
    add_column,
    add_enum_value,
    add_unique,
    alter_domain,
    attach_partition,
    change_type,
    create_index,
    create_index_partitioned,
    detach_partition,
    large_dml,
    maintenance,
    multi_statement,
    other_alter_table,
    set_not_null,
    update,
)
from alembic_pg.sql import parser, statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner

    Form = Callable[[Runner, Any, Relation, str], None]


def choose(runner: Runner, sql: str, *, asked: bool) -> Callable[[str], None] | None:
    """Return what to do instead of executing a statement, None for nothing.

    asked: whether the revision wants it done in batches. What is returned takes the statement's
    key. Plain is what has no online form, and what concerns a table that this run has made itself.
    Raises LeftNothingError for what would stop the work on a large table.
    """
    shape = parser.parse(sql)
    if asked and not isinstance(shape, statements.Change):
        raise runner.refuse("in batches goes one UPDATE or DELETE, without WITH or RETURNING.")
    if not (runner.known or isinstance(shape, statements.AddValue)):
        return None
    if shape is None:
        multi_statement.expect_short(runner, sql, partial(choose, runner, asked=False))
        return None
    return _chosen(runner, shape, asked=asked)


def _chosen(
    runner: Runner, shape: statements.Shape, *, asked: bool
) -> Callable[[str], None] | None:
    if isinstance(shape, statements.DropIndex | statements.AddValue | statements.Beside):
        return None if runner.whole else _without_table(runner, shape)
    if type(shape) in _GUARDS:
        _GUARDS[type(shape)](runner, shape)
        return None
    table = runner.find(shape.table)
    if table is not None and table.kind == "v" and isinstance(shape, statements.Change):
        large_dml.expect_few(runner, shape)
    if table is None or table.kind not in _TABLES or table.persistence == "t":
        return None
    if table.oid not in runner.known:
        return None
    form = _form(runner, shape, table, asked=asked)
    if form is not None and runner.whole:
        large_tables.allow(
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
    if not isinstance(shape, statements.Retype):  # which may be prepared before
        dropped_objects.expect_none(runner, table)
    return partial(form, runner, shape, table)


def kept(fills: dict[Any, statements.Change], sql: str) -> dict[Any, statements.Change]:
    """Return what still fills columns as it did, once a statement has been executed.

    None of it after one that may change what their values are made of.
    """
    shape = parser.parse(sql)
    harmless = isinstance(shape, _HARMLESS) or (
        isinstance(shape, statements.Change) and bool(shape.fills)
    )
    return fills if harmless else {}


def passed(runner: Runner, sql: str) -> None:
    """Remember of a statement that an earlier run has done what a later one may need."""
    shape = parser.parse(sql)
    runner.fills = kept(runner.fills, sql)
    if isinstance(shape, statements.Change) and shape.fills:
        table = runner.find(shape.table)
        if table is not None:
            update.remember(runner, shape, table)


def _without_table(
    runner: Runner, shape: statements.DropIndex | statements.AddValue | statements.Beside
) -> Callable[[str], None] | None:
    if isinstance(shape, statements.Beside):
        return partial(maintenance.beside, runner, shape)
    if isinstance(shape, statements.AddValue):
        return partial(add_enum_value.add, runner, shape)
    key = journal.key(shape.sql)
    if next(dropped_objects.of(runner), ""):
        return None  # a moment, too, and nothing is missing for longer
    return (
        partial(create_index.drop, runner, shape)
        if create_index.droppable(runner, shape, key)
        else None
    )


def _form(runner: Runner, shape: statements.Shape, table: Relation, *, asked: bool) -> Form | None:
    if isinstance(shape, statements.Change):
        return update.form(runner, shape, table, asked=asked)
    if isinstance(shape, _ALONE) and shape.only and table.parent:
        large_tables.allow(runner, table, "ALTER TABLE ONLY", "Leave ONLY out.")
        return None
    return _FORMS[type(shape)](runner, shape, table)


def _index(runner: Runner, shape: statements.CreateIndex, table: Relation) -> Form:
    del runner, shape
    return create_index_partitioned.create_index if table.kind == "p" else create_index.create


def _constraint(runner: Runner, shape: statements.AddConstraint, table: Relation) -> Form | None:
    if shape.kind in {"CHECK", "FOREIGN"}:
        return add_check_or_fk.form(runner, shape, table)
    if shape.kind in {"UNIQUE", "PRIMARY"} and table.kind == "r" and add_unique.possible(shape):
        if add_unique.nameable(runner, shape, table):
            return add_unique.add
        large_tables.allow(runner, table, "Adding a constraint without a name", "Give it one.")
        return None
    large_tables.allow(
        runner,
        table,
        f"Adding the constraint {shape.name}",
        "A unique index, created by itself, costs nothing.",
    )
    return None


# Their steps take those that inherit along.
_ALONE = (statements.SetNotNull, statements.AddColumn, statements.Retype)

# They change no value of a row.
_HARMLESS = (
    statements.SetNotNull,
    statements.Validate,
    statements.AddConstraint,
    statements.CreateIndex,
    statements.DropIndex,
)

# Tables, those with partitions, and materialised views.
_TABLES = {"r", "p", "m"}

# What has no online form, and is not about one table that it names first.
_GUARDS: dict[type[statements.Shape], Callable[[Runner, Any], None]] = {
    statements.Rewrite: maintenance.expect_small,
    statements.UnnamedIndex: maintenance.expect_name,
    statements.AlterDomain: alter_domain.expect_small,
    statements.Writes: large_dml.expect_few,
}

_FORMS: dict[type[statements.Shape], Callable[[Runner, Any, Relation], Form | None]] = {
    statements.CreateIndex: _index,
    statements.AddConstraint: _constraint,
    statements.Validate: add_check_or_fk.late,
    statements.SetNotNull: lambda *_: set_not_null.set_not_null,
    statements.AddColumn: add_column.form,
    statements.Retype: change_type.form,
    statements.AlterTable: other_alter_table.form,
    statements.AddPartition: attach_partition.form,
    statements.DetachPartition: lambda *_: detach_partition.detach,
}
