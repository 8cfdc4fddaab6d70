"""Render operations as the text that a revision will have, each of them once."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import ref

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import MigrateOperation

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@dataclass(frozen=True)
class _Rendered:
    """Hold the lines of an operation, and the imports that they need."""

    operation: ref[MigrateOperation]
    lines: list[str]
    imports: frozenset[str]


class OperationSources:
    """Give the text of operations, which nobody changes once it is asked for.

    One revision is rendered for each trial of it, and a table's columns are copied each time.
    """

    def __init__(self) -> None:
        # Of an operation that is gone, another one may have the identity.
        self._known: dict[int, _Rendered] = {}

    def source(self, context: AutogenContext, operation: MigrateOperation) -> str:
        """Return the text of an operation, with the imports that it needs."""
        rendered = self._find(operation)
        if rendered is None:
            rendered = self._known[id(operation)] = _render(context, operation)
        return "\n".join([*sorted(rendered.imports), *rendered.lines])

    def written(self, operation: MigrateOperation) -> MigrateOperation:
        """Return what is rendered as an operation was, the operation where nobody asked for it."""
        rendered = self._find(operation)
        if rendered is None:
            return operation
        return WrittenOp(operation, rendered.lines, rendered.imports)

    def _find(self, operation: MigrateOperation) -> _Rendered | None:
        rendered = self._known.get(id(operation))
        return rendered if rendered and rendered.operation() is operation else None


@dataclass
class WrittenOp(MigrateOperation):
    """Hold an operation that is rendered already: its lines, and the imports that they need."""

    operation: MigrateOperation
    lines: list[str]
    imports: frozenset[str]

    def reverse(self) -> MigrateOperation:
        """Return what undoes the operation."""
        back: MigrateOperation = self.operation.reverse()
        return back

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what Alembic's check reports."""
        return tuple(self.operation.to_diff_tuple())


@renderers.dispatch_for(WrittenOp)
def _lines(context: AutogenContext, operation: WrittenOp) -> list[str]:
    context.imports.update(operation.imports)
    return operation.lines


def _render(context: AutogenContext, operation: MigrateOperation) -> _Rendered:
    """Return an operation as it is rendered.

    Alembic warns that a constraint without a name cannot be dropped: what is tried here gets the
    name that PostgreSQL chose, before it is written.
    """
    others, context.imports = context.imports, set()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", r"Autogenerate rendered a drop_constraint\(\) directive"
            )
            lines = render_op(context, operation)
        return _Rendered(ref(operation), lines, frozenset(context.imports))
    finally:
        context.imports = others | context.imports
