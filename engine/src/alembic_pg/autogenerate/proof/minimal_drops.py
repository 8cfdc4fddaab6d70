"""What is dropped to be created again, a view say, is away for as little as can be.

A revision's online steps commit. So what need not stand between DROP and CREATE comes before them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

# What others would miss meanwhile.
_LABEL_PREFIXES = (
    "view ",
    "materialized view ",
    "function ",
    "procedure ",
    "trigger ",
    "policy ",
    "rule ",
)

# What PostgreSQL refuses while a view or a trigger names the column.
_ALTER_TYPE = re.compile(r" ALTER COLUMN .* TYPE ", re.DOTALL)

# What changes the rows that a materialized view was made of.
_SET_EXPRESSION = re.compile(r" SET EXPRESSION ")


def omit_needless_drops(found: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations without what they drop and create again just as it was.

    The same list where nothing is, or where a type or what a column is made of changes; whether
    PostgreSQL lets all that stay is to be proven.
    """
    known = [one for one in found if isinstance(one, StatementOp)]
    values = any(_SET_EXPRESSION.search(text) for one in known for text in one.upgrade)
    if values or any(map(_alters_column_type, found)):
        return list(found)
    was = {one.label: one.downgrade for one in known if one.action == "drop"}
    comes = {one.label: one.upgrade for one in known if one.action == "create"}
    same = {label for label, create in was.items() if comes.get(label) == create}
    return [one for one in found if not (isinstance(one, StatementOp) and one.label in same)]


def delay_drops(found: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations of which only changes of types stand between DROP and CREATE.

    The same list where nothing is dropped to be created again, or nothing else is in between;
    whether the order leads there is to be proven.
    """
    known = [
        one
        for one in found
        if isinstance(one, StatementOp) and one.label.startswith(_LABEL_PREFIXES)
    ]
    labels = {one.label for one in known if one.action == "drop"}
    labels &= {one.label for one in known if one.action == "create"}
    drops = [one for one in known if one.action == "drop" and one.label in labels]
    creates = [one for one in known if one.action == "create" and one.label in labels]
    if not labels:
        return list(found)
    places = {id(one): at for at, one in enumerate(found)}
    start, end = places[id(drops[0])], places[id(creates[-1])]
    edges = {id(one) for one in drops + creates}
    between = [one for one in found[start : end + 1] if id(one) not in edges]
    types = [one for one in between if _alters_column_type(one)]
    others = [one for one in between if not _alters_column_type(one)]
    return [*found[:start], *others, *drops, *types, *creates, *found[end + 1 :]]


def _alters_column_type(operation: MigrateOperation) -> bool:
    if isinstance(operation, ops.AlterColumnOp):
        return operation.modify_type is not None
    return isinstance(operation, StatementOp) and any(map(_ALTER_TYPE.search, operation.upgrade))
