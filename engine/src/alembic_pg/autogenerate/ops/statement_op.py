"""Define an operation that executes SQL statements, and holds those that undo them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import MetaData, text

from alembic_pg.autogenerate.ops import alembic_calls, statement_source

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_pg.autogenerate.dump.entry import ColumnPath


# How Alembic calls a kind of constraint, by the beginning of its label.
_CONSTRAINT_TYPES = {
    "check constraint ": "check",
    "foreign key ": "foreignkey",
    "primary key ": "primary",
    "unique constraint ": "unique",
}


@dataclass
class StatementOp(MigrateOperation):
    """Execute statements for one object.

    upgrade, downgrade: the statements of each direction, in the order in which they run.
    action: "create", "drop" or "change". label: the object, for the table on the screen.
    in_words: whether statements are written as Alembic's own operations where it has them.
    columns: those that were there, and of which the statements change the type or NOT NULL.
    """

    action: str
    label: str
    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]
    in_words: bool = field(default=False, kw_only=True)
    columns: frozenset[ColumnPath] = field(default=frozenset(), kw_only=True)

    def reverse(self) -> StatementOp:
        """Return the operation that takes this one back."""
        action = {"create": "drop", "drop": "create"}.get(self.action, self.action)
        return replace(self, action=action, upgrade=self.downgrade, downgrade=self.upgrade)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check reports."""
        return (self.action, self.label)


@Operations.implementation_for(StatementOp)
def _run(operations: Operations, operation: StatementOp) -> None:
    for statement in operation.upgrade:
        operations.execute(text(statement_source.escape_colons(statement)))


@renderers.dispatch_for(StatementOp)
def _render(context: AutogenContext, operation: StatementOp) -> list[str]:
    return [
        (_call_source(context, statement, operation.label) if operation.in_words else "")
        or _execute_source(context, statement)
        for statement in operation.upgrade
    ]


def _call_source(context: AutogenContext, statement: str, label: str) -> str:
    """Return the source of Alembic's own operation, "" where it has none."""
    prefixes = [context.opts[f"{name}_module_prefix"] for name in ("alembic", "sqlalchemy")]
    call = alembic_calls.alembic_call(statement) if prefixes == ["op.", "sa."] else None
    if call is None:
        return ""
    kind = next((kind for words, kind in _CONSTRAINT_TYPES.items() if label.startswith(words)), "")
    if call.function == "drop_constraint" and kind:
        call = replace(call, arguments=[*call.arguments, f'type_="{kind}"'])
    if call.imports_postgresql:
        context.imports.add("from sqlalchemy.dialects import postgresql")
    return call.source(final_names=_has_naming_convention(context))


def _has_naming_convention(context: AutogenContext) -> bool:
    """Return whether the models have names of constraints that are made of others."""
    models = context.opts.get("target_metadata")
    every = [models] if isinstance(models, MetaData) else models or ()
    return any(set(one.naming_convention) - {"ix"} for one in every)


def _execute_source(context: AutogenContext, statement: str) -> str:
    text = statement_source.escape_colons(statement.removesuffix(";"))
    return (
        f"{context.opts['alembic_module_prefix']}execute({statement_source.python_literal(text)})"
    )
