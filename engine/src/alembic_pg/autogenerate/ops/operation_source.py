"""Render operations as the text that a revision will have, each of them once."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING
from weakref import ref

from alembic.autogenerate.render import render_op

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation


class OperationSources:
    """Give the text of operations, which nobody changes once it is asked for.

    One revision is rendered for each trial of it, and a table's columns are copied each time.
    """

    def __init__(self) -> None:
        # Of an operation that is gone, another one may have the identity.
        self._known: dict[int, tuple[ref[MigrateOperation], str]] = {}

    def source(self, context: AutogenContext, operation: MigrateOperation) -> str:
        """Return the text of an operation, with the imports that it needs."""
        rendered, text = self._known.get(id(operation), (None, ""))
        if rendered is None or rendered() is not operation:
            lines = _render(context, operation)
            text = "\n".join([*sorted(context.imports), *lines])
            self._known[id(operation)] = ref(operation), text
        return text


def _render(context: AutogenContext, operation: MigrateOperation) -> list[str]:
    """Return the lines of an operation.

    Alembic warns that a constraint without a name cannot be dropped: what is tried here gets the
    name that PostgreSQL chose, before it is written.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Autogenerate rendered a drop_constraint\(\) directive")
        return render_op(context, operation)
