"""A table is where create_all() puts it, or the models are refused in a sentence that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.alembic_command import refuse_translated_schemas
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from tests.autogenerate.proof.test_needless_drops import revise, without_revisions
from tests.matrix.case import PRELUDE
from tests.matrix.databases import execute, rows
from tests.matrix.project import BASE

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

TABLES = """
table(Column("a", Text, comment="c", index=True))
table(Column("t", ForeignKey("t.id")), name="u")
"""
MOVED = {
    "a listener when a table is declared": f"""
@event.listens_for(Table, "after_parent_attach")
def move(target, parent):
    if parent is m:
        target.schema = "x"
{TABLES}""",
    "code after the declaration": f"""{TABLES}
for one in m.tables.values():
    one.schema = "x"
""",
    "a listener when all is built": f"""{TABLES}
@event.listens_for(m, "before_create")
def move(target, connection, **_):
    for one in target.tables.values():
        one.schema = "x"
""",
}


@pytest.mark.parametrize("models", MOVED.values(), ids=MOVED.keys())
def test_a_table_that_was_moved_after_it_was_declared_is_refused(
    tree: Tree, empty: URL, models: str
) -> None:
    tree = without_revisions(tree.on(empty))
    (tree.root / "models" / "__init__.py").write_text(PRELUDE + models + BASE)
    done = tree.alembic("revision", "--autogenerate", "-m", "first")
    assert done.err.startswith("FAILED: The table t of the models is x.t since "), done.err
    assert not [*tree.versions.glob("*.py")]
    assert tree.alembic("check").err.startswith("FAILED: The table t of the models is x.t since ")


def test_a_listener_that_translates_schemas_is_followed(tree: Tree, empty: URL) -> None:
    tree = without_revisions(tree.on(empty))
    models = f"""{TABLES}
@event.listens_for(m, "before_create")
def move(target, connection, **_):
    connection.execution_options(schema_translate_map={{None: "x"}})
"""
    assert "CREATE TABLE x.t" in revise(tree, f'before("CREATE SCHEMA x"){models}', "first")
    assert tree.alembic("upgrade", "head").code == 0
    assert tree.alembic("check").code == 0
    found = rows(empty, "SELECT tablename FROM pg_tables WHERE schemaname = 'x' ORDER BY 1")
    assert found == [("t",), ("u",)]
    assert tree.alembic("downgrade", "base").code == 0
    assert not [key for key in pg_dump.dump_database(empty) if key.startswith("TABLE ")]


def test_a_connection_that_translates_schemas_is_refused(empty: URL) -> None:
    execute(empty, "CREATE SCHEMA x")
    with connect(empty, source="the tests") as connection:
        refuse_translated_schemas(None)
        refuse_translated_schemas(connection)
        options = connection.execution_options
        for same in ({"x": "x"}, {None: "public"}, {"public": None}):
            refuse_translated_schemas(options(schema_translate_map=same))
        with pytest.raises(UserError, match="tables without a schema into x; revisions cannot"):
            refuse_translated_schemas(options(schema_translate_map={None: "x"}))
        with pytest.raises(UserError, match="tables of the schema x into the default schema; "):
            refuse_translated_schemas(options(schema_translate_map={"x": None}))
