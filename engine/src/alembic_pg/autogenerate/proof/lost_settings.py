"""Leave out what a direction says of an object that it drops afterwards, or says anew.

A downgrade takes back one operation of the upgrade after the other: the comment on an index, then
the index. PostgreSQL drops the comment, and rights and the like, along with the index.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeGuard

from alembic.operations import ops

from alembic_pg.autogenerate.ops.rename_op import RenameOp
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.object_settings import (
    ObjectPath,
    dropped_object,
    relation_path,
    renames_object,
    setting_of_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.operations import MigrateOperation

# Of which the way back drops something.
_MAKERS = (ops.CreateTableOp, ops.CreateIndexOp, ops.AddColumnOp, ops.AddConstraintOp)

_Direction: TypeAlias = Literal["upgrade", "downgrade"]

# Of a StatementOp, by its identity and a direction, the statements that have an effect.
_Kept: TypeAlias = dict[tuple[int, _Direction], tuple[str, ...]]


def leave_out_lost_settings(
    operations: list[MigrateOperation], holds: Callable[[list[MigrateOperation]], bool]
) -> list[MigrateOperation]:
    """Return operations without what has no effect in a direction, if the proof holds.

    operations: proven. holds: proves others there and back.
    """
    shorter = _without_lost_settings(operations)
    is_shorter = [*map(id, shorter)] != [*map(id, operations)]
    return shorter if is_shorter and holds(shorter) else operations


def _without_lost_settings(operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    kept: _Kept = {}
    for direction in ("upgrade", "downgrade"):
        _keep_statements([*_steps(operations, direction)], kept)
    return [one for operation in operations for one in _rewritten(operation, kept)]


def _steps(
    operations: Sequence[MigrateOperation], direction: _Direction
) -> Iterator[tuple[MigrateOperation, _Direction]]:
    """Yield operations in the order of a direction, each with that of its own that runs then."""
    in_order = operations if direction == "upgrade" else [*reversed(operations)]
    for operation in in_order:
        if isinstance(operation, ReversibleOp):
            yield from _steps(getattr(operation, direction), "upgrade")
        else:
            yield operation, direction


def _keep_statements(steps: Sequence[tuple[MigrateOperation, _Direction]], kept: _Kept) -> None:
    """Note which statements have an effect, from the last step to the first."""
    later = _Later()
    for operation, direction in reversed(steps):
        if isinstance(operation, StatementOp):
            statements: tuple[str, ...] = getattr(operation, direction)
            left = [one for one in reversed(statements) if later.lets_last(one)]
            if len(left) < len(statements):
                kept[id(operation), direction] = tuple(reversed(left))
        elif _comments_only(operation) and not later.gone.isdisjoint(_commented(operation)):
            kept[id(operation), direction] = ()
        else:
            later.begins_with(operation, direction)


@dataclass
class _Later:
    """Hold what happens later in a direction, by the names that objects have now.

    gone: what is dropped. said: what is said anew.
    """

    gone: set[ObjectPath] = field(default_factory=set)
    said: set[ObjectPath] = field(default_factory=set)

    def lets_last(self, statement: str) -> bool:
        """Return whether a statement has an effect in the end; it is then a part of what is later.

        A rename forgets all: what has the name afterwards is another object.
        """
        setting = setting_of_object(statement)
        if setting is not None:
            if not self.gone.isdisjoint(setting.paths) or setting.replaces in self.said:
                return False
            if setting.replaces:
                self.said.add(setting.replaces)
        elif renames_object(statement):
            self._forget()
        elif dropped := dropped_object(statement):
            self.gone.add(dropped)
        return True

    def begins_with(self, operation: MigrateOperation, direction: _Direction) -> None:
        """Note what one of Alembic's operations does."""
        if _renames(operation):
            self._forget()
        self.gone.update(_dropped_by(operation, direction))

    def _forget(self) -> None:
        self.gone.clear()
        self.said.clear()


def _comments_only(operation: MigrateOperation) -> TypeGuard[ops.AlterColumnOp]:
    """Return whether one of Alembic's operations changes nothing but the comment on a column."""
    if not isinstance(operation, ops.AlterColumnOp) or operation.modify_comment is False:
        return False
    changes = (operation.modify_type, operation.modify_nullable, operation.modify_name)
    more = any(name.startswith("modify_") for name in operation.kw)
    return changes == (None, None, None) and operation.modify_server_default is False and not more


def _commented(operation: ops.AlterColumnOp) -> tuple[ObjectPath, ...]:
    table = relation_path(operation.schema, operation.table_name)
    return ("column", *table[1:], operation.column_name), table


def _renames(operation: MigrateOperation) -> bool:
    return isinstance(operation, (RenameOp, ops.RenameTableOp)) or (
        isinstance(operation, ops.AlterColumnOp) and operation.modify_name is not None
    )


def _dropped_by(operation: MigrateOperation, direction: _Direction) -> Iterator[ObjectPath]:
    """Yield what one of Alembic's operations drops in a direction."""
    if direction == "downgrade" and not isinstance(operation, _MAKERS):
        return
    made = operation if direction == "upgrade" else operation.reverse()
    if isinstance(made, ops.DropTableOp):
        yield relation_path(made.schema, made.table_name)
    elif isinstance(made, ops.DropIndexOp):
        yield relation_path(made.schema, str(made.index_name))
    elif isinstance(made, ops.DropColumnOp):
        yield ("column", *relation_path(made.schema, made.table_name)[1:], made.column_name)
    elif isinstance(made, ops.DropConstraintOp):
        table = relation_path(made.schema, made.table_name)
        yield ("constraint", *table[1:], str(made.constraint_name))


def _rewritten(operation: MigrateOperation, kept: _Kept) -> Iterator[MigrateOperation]:
    """Yield what is left of an operation, the same one where it is whole."""
    if isinstance(operation, ReversibleOp):
        parts = [
            [left for one in way for left in _rewritten(one, kept)]
            for way in (operation.upgrade, operation.downgrade)
        ]
        yield (
            operation if parts == [operation.upgrade, operation.downgrade] else ReversibleOp(*parts)
        )
    elif isinstance(operation, StatementOp):
        up = kept.get((id(operation), "upgrade"), operation.upgrade)
        down = kept.get((id(operation), "downgrade"), operation.downgrade)
        if (up, down) == (operation.upgrade, operation.downgrade):
            yield operation
        elif up or (down and operation.action == "drop"):
            yield replace(operation, upgrade=up, downgrade=down)
        elif down:
            # What only the way back has is not shown before.
            yield ReversibleOp([], [replace(operation.reverse(), upgrade=down, downgrade=())])
    elif (id(operation), "upgrade") in kept:
        if (id(operation), "downgrade") not in kept:
            yield ReversibleOp([], [operation.reverse()])
    elif (id(operation), "downgrade") in kept:
        yield ReversibleOp([operation])
    else:
        yield operation
