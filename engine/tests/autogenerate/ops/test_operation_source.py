"""An operation is rendered once, however often it is tried."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.autogenerate import render, renderers
from alembic.operations import MigrateOperation, ops
from alembic_pg.autogenerate.ops import operation_source
from alembic_pg.autogenerate.ops.operation_source import OperationSources
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from sqlalchemy.dialects import postgresql
from tests.autogenerate import rendering
from tests.matrix.inside import there

if TYPE_CHECKING:
    import pytest
    from alembic.autogenerate.api import AutogenContext
    from alembic_pg.database.scratch import ScratchServer


@dataclass
class _CountedOp(MigrateOperation):
    """Count how often it is rendered."""

    rendered: int = 0


@renderers.dispatch_for(_CountedOp)
def _render(_: AutogenContext, operation: _CountedOp) -> str:
    operation.rendered += 1
    return "op.execute('')"


def test_it_is_rendered_once() -> None:
    sources, operation = OperationSources(), _CountedOp()
    texts = {sources.source(rendering.context(), operation) for _ in range(3)}
    assert texts == {"op.execute('')"}
    assert operation.rendered == 1


def test_another_operation_in_its_place_has_its_own_text() -> None:
    sources, context = OperationSources(), rendering.context()
    for number in range(100):  # of which many have the identity of one that is gone
        operation = StatementOp("create", "", (f"SELECT {number};",), ())
        assert f"SELECT {number}" in sources.source(context, operation)
        del operation


def test_a_proof_renders_each_table_once(
    databases: ScratchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up, and up again: the operations of both are the same."""
    rendered: list[str] = []

    def counted(context: AutogenContext, operation: MigrateOperation) -> list[str]:
        lines = render.render_op(context, operation)
        rendered.extend(lines)
        return lines

    monkeypatch.setattr(operation_source, "render_op", counted)
    there(databases, "", 'Table("t", m, Column("id", Integer, primary_key=True))\n')
    assert len([text for text in rendered if "create_table" in text]) == 1


def test_nobody_is_warned_of_a_downgrade_that_gets_the_name_postgresql_gives(
    databases: ScratchServer,
) -> None:
    """The constraint has no name in the model, as unique=True makes it."""
    key = 'Table("t", m, Column("id", Integer, primary_key=True), Column("a", Text%s))\n'
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        change = there(databases, key % "", key % ", unique=True")
    assert "t_a_key" in change.down
    assert not [one for one in said if "drop_constraint" in str(one.message)]


def test_what_was_tried_is_written_as_it_was_tried() -> None:
    sources, operation = OperationSources(), _CountedOp()
    assert sources.written(operation) is operation, "nobody has rendered it yet"
    sources.source(rendering.context(), operation)
    written = sources.written(operation)
    assert render.render_op(rendering.context(), written) == ["op.execute('')"]
    assert operation.rendered == 1


def test_the_file_imports_what_its_operations_need_and_no_more() -> None:
    sources, context = OperationSources(), rendering.context()
    context.imports.add("import other")
    kinds = sa.Column("k", postgresql.JSONB), sa.Column("t", sa.Text)
    operations = [ops.AddColumnOp("t", column) for column in kinds]
    texts = [sources.source(context, operation) for operation in operations]
    assert "import" not in texts[1]
    imports = {"from sqlalchemy.dialects import postgresql"}
    assert context.imports == imports | {"import other"}
    found = rendering.context()
    render.render_op(found, sources.written(operations[1]))
    assert not found.imports
    render.render_op(found, sources.written(operations[0]))
    assert found.imports == imports
