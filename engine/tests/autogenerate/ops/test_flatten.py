"""The operations that are left of those that comparators propose."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from alembic.operations import MigrateOperation, ops
from alembic_pg.autogenerate.ops.flatten import is_known_operation
from alembic_pg.autogenerate.ops.statement_op import StatementOp


@dataclass
class OtherOp(MigrateOperation):
    """An operation of another package, whose comparator is registered for all of Alembic."""


@pytest.mark.parametrize(
    ("operation", "known"),
    [
        (ops.DropTableOp("t"), True),
        (StatementOp("create", "view v", (), ()), True),
        (OtherOp(), False),
    ],
)
def test_what_other_packages_propose_is_not_known(
    operation: MigrateOperation, *, known: bool
) -> None:
    assert is_known_operation(operation) is known
