"""Take what is dropped and created again just as it was out of operations."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter.change_in_place import REPLACEABLE_KINDS, is_replaceable
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import QUALIFIED_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from alembic.operations import MigrateOperation

# What changes the rows that a materialized view was made of.
_SET_EXPRESSION = re.compile(r" SET EXPRESSION ")


_MATERIALIZED_VIEW = re.compile(rf"CREATE MATERIALIZED VIEW (?P<name>{QUALIFIED_NAME}) ")

_CREATE = re.compile(rf"^CREATE (?=(?:{'|'.join(sorted(REPLACEABLE_KINDS))}) )")

# A column that is dropped and added again, in the words of alter.alter_table and detach_columns.
DROP_COLUMN = re.compile(r"(?P<table>ALTER TABLE .*) DROP COLUMN (?P<name>\S.*);")

# What is said of an object that is not dropped, but replaced by another one of its name.
IN_ITS_PLACE = " in its place"


def recreated_objects(operations: Sequence[MigrateOperation]) -> set[str]:
    """Return what operations drop and create again, just as it was or as PostgreSQL can replace it.

    It is the label of an object, or of a column each of the two statements.
    """
    statements = [operation for operation in operations if isinstance(operation, StatementOp)]
    dropped = {one.label: one.downgrade for one in statements if one.action == "drop"}
    created = {one.label: one.upgrade for one in statements if one.action == "create"}
    return {
        *(label for label, text in dropped.items() if created.get(label) == text),
        *(
            f"{label}{IN_ITS_PLACE}"
            for label, text in dropped.items()
            if created.get(label, text) != text
            if is_replaceable(label) and _replace_statements(created[label])
        ),
        *(text for pair in recreated_columns(statements) for text in pair),
    }


def _replace_statements(create: tuple[str, ...]) -> tuple[str, ...]:
    """Return statements that replace an object instead of creating it, none where none can."""
    first = _CREATE.sub("CREATE OR REPLACE ", create[0]) if create else ""
    return (first, *create[1:]) if create and first != create[0] else ()


def without_drops(
    operations: Sequence[MigrateOperation], upgrade: Collection[str], downgrade: Collection[str]
) -> list[MigrateOperation]:
    """Return operations without drops and creations that are needless in a direction.

    upgrade, downgrade: what stays in each direction, as in recreated_objects.
    """
    refreshed = any(
        _SET_EXPRESSION.search(text)
        for operation in operations
        if isinstance(operation, StatementOp)
        for text in (*operation.upgrade, *operation.downgrade)
    )
    shortened: list[MigrateOperation] = []
    for operation in operations:
        if isinstance(operation, StatementOp):
            up, down = (
                _statements_left(operation, upgrade),
                _statements_left(operation.reverse(), downgrade),
            )
            if refreshed:
                up = up or _refresh_statements(operation, upgrade)
                down = down or _refresh_statements(operation.reverse(), downgrade)
            shortened += _with_statements(operation, up, down)
        else:
            shortened.append(operation)
    return shortened


def _statements_left(operation: StatementOp, stays: Collection[str]) -> tuple[str, ...]:
    if operation.action in {"drop", "create"}:
        if operation.label in stays:
            return ()
        if f"{operation.label}{IN_ITS_PLACE}" in stays:
            drops = operation.action == "drop"
            return () if drops else _replace_statements(operation.upgrade)
    return tuple(text for text in operation.upgrade if text not in stays)


def _refresh_statements(operation: StatementOp, stays: Collection[str]) -> tuple[str, ...]:
    """Return what computes a materialized view anew that is not created anew."""
    if operation.action != "create" or operation.label not in stays:
        return ()
    matches = map(_MATERIALIZED_VIEW.match, operation.upgrade)
    return tuple(f"REFRESH MATERIALIZED VIEW {match['name']};" for match in matches if match)


def _with_statements(
    operation: StatementOp, up: tuple[str, ...], down: tuple[str, ...]
) -> list[MigrateOperation]:
    """Return an operation with other statements; what only the way back has is not shown before."""
    if (up, down) == (operation.upgrade, operation.downgrade):
        return [operation]
    if up:
        return [replace(operation, upgrade=up, downgrade=down)]
    back = replace(operation.reverse(), upgrade=down, downgrade=())
    return [ReversibleOp([], [back])] if down else []


def recreated_columns(statements: Sequence[StatementOp]) -> Iterator[tuple[str, str]]:
    """Yield the statements that drop a column and add it again as it was."""
    for place, operation in enumerate(statements):
        for text in operation.upgrade:
            match = DROP_COLUMN.fullmatch(text)
            head = f"{match['table']} ADD COLUMN {match['name']} " if match else ""
            again = [one for one in operation.downgrade if head and one.startswith(head)]
            if again:
                later = {one for other in statements[place + 1 :] for one in other.upgrade}
                yield from ((text, one) for one in again if one in later)
