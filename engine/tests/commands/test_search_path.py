"""No command puts half of the history into another schema than public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect
from alembic_pg.testing import state

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_an_upgrade_is_refused_before_its_first_statement(project: Tree, empty: URL) -> None:
    with connect(empty, source="the tests", autocommit=True) as connection:
        connection.exec_driver_sql("CREATE SCHEMA app")
        connection.exec_driver_sql(f"ALTER DATABASE {empty.database} SET search_path = app, public")
    before = state.schema(empty)
    for options in ((), ("-x", "plan")):
        done = project.alembic(*options, "upgrade", "head")
        assert done.code == 1
        assert f"The search_path of the database {empty.database} is app, public" in done.err
        assert f"ALTER DATABASE {empty.database} RESET search_path" in done.err
    assert state.schema(empty) == before
    with connect(empty, source="the tests", autocommit=True) as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {empty.database} SET search_path = public, app")
    assert project.alembic("upgrade", "head").code == 0


def test_a_script_asks_first(project: Tree) -> None:
    done = project.alembic("upgrade", "head", "--sql")
    assert done.code == 0, done.err
    asked = done.out.index("DO $$BEGIN IF current_schema() <> 'public' THEN")
    assert asked < done.out.index("CREATE TABLE")
