"""What is dropped and created again is taken out of operations, for one direction or for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.ops.reversal import reversed_operations
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.without_drops import recreated_objects, without_drops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

VIEW = ("DROP VIEW v;", "CREATE VIEW v AS SELECT 1;")
DROP = StatementOp("drop", "view v", VIEW[:1], VIEW[1:])
CREATE = StatementOp("create", "view v", VIEW[1:], VIEW[:1])
OTHER = StatementOp("create", "view v", ("CREATE VIEW v AS SELECT 2;",), VIEW[:1])
TYPE = StatementOp("change", "table t", ("ALTER 1;",), ("ALTER 2;",))
COLUMN = ("ALTER TABLE t DROP COLUMN b;", "ALTER TABLE t ADD COLUMN b int;")
DROP_COLUMN = StatementOp("change", "table t", COLUMN[:1], COLUMN[1:])
ADD_COLUMN = StatementOp("change", "table t", ("ALTER 3;", *COLUMN[1:]), COLUMN[:1])


def said(operations: Sequence[MigrateOperation]) -> list[str]:
    """Return the statements of a direction."""
    return [
        text
        for operation in operations
        for one in (operation.upgrade if isinstance(operation, ReversibleOp) else [operation])
        if isinstance(one, StatementOp)
        for text in one.upgrade
    ]


@pytest.mark.parametrize("ways", ["", "up", "down", "up and down"])
@pytest.mark.parametrize(
    ("operations", "without"),
    [
        ([DROP, TYPE, CREATE], (["ALTER 1;"], ["ALTER 2;"])),
        (
            [DROP, TYPE, OTHER],
            (
                ["ALTER 1;", "CREATE OR REPLACE VIEW v AS SELECT 2;"],
                ["ALTER 2;", "CREATE OR REPLACE VIEW v AS SELECT 1;"],
            ),
        ),
        ([DROP_COLUMN, TYPE, ADD_COLUMN], (["ALTER 1;", "ALTER 3;"], ["ALTER 2;"])),
    ],
    ids=["as it was", "replaced", "a column"],
)
def test_what_is_left(
    operations: list[MigrateOperation], without: tuple[list[str], list[str]], ways: str
) -> None:
    objects = recreated_objects(operations)
    found = without_drops(
        operations, objects if "up" in ways else (), objects if "down" in ways else ()
    )
    back = reversed_operations(operations)
    assert said(found) == (without[0] if "up" in ways else said(operations))
    assert said(reversed_operations(found)) == (without[1] if "down" in ways else said(back))


def test_a_materialized_view_of_other_values_is_computed_anew() -> None:
    create = ("CREATE MATERIALIZED VIEW public.m AS SELECT b FROM t;",)
    drop = ("DROP MATERIALIZED VIEW public.m;",)
    values = ("ALTER TABLE t ALTER COLUMN b SET EXPRESSION AS (1);",)
    operations = [
        StatementOp("drop", "materialized view m", drop, create),
        StatementOp("change", "table t", values, values),
        StatementOp("create", "materialized view m", create, drop),
    ]
    objects = recreated_objects(operations)
    found = without_drops(operations, objects, objects)
    refreshed = [*values, "REFRESH MATERIALIZED VIEW public.m;"]
    assert said(found) == said(reversed_operations(found)) == refreshed
