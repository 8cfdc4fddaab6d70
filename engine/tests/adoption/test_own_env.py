"""An env.py that keeps its own way to the database, and calls environment.configure()."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from alembic_pg.testing.tree import scratch_variables
from tests.adoption.stock import HEAD, url_for, write_stock

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL
    from tests.adoption.stock import Stock

INDEX = f'''"""index"""
from alembic import op
revision = "bbbbbbbbbbbb"
down_revision = "{HEAD}"
def upgrade() -> None:
    op.create_index("orders_total", "orders", ["total"])
    op.create_table("orders")
def downgrade() -> None:
    op.drop_index("orders_total", "orders")
'''

DRIVERS = {"generic": "postgresql+psycopg2", "async": "postgresql+asyncpg"}


@pytest.fixture(params=DRIVERS)
def project(
    request: pytest.FixtureRequest, databases: ScratchServer, empty: URL, tmp_path: Path
) -> Stock:
    """A project whose env.py has the two edits that docs/adopt.md names."""
    variables = scratch_variables(databases) | {"DATABASE_URL": ""}
    url = url_for(empty, DRIVERS[request.param])
    made = write_stock(tmp_path / "project", request.param, url, environment=variables)
    made.edit(made.env, "import context\n", "import context\nfrom alembic_pg import environment\n")
    made.edit(made.env, "context.configure(", "environment.configure(")
    return made


def test_all_of_it(project: Stock, empty: URL) -> None:
    project.expect("upgrade", "head")
    assert state.versions(empty) == [HEAD]
    assert project.expect("current") == f"{HEAD} (head)\n"
    checked = project.alembic("check")
    assert checked.code == 255
    assert "alter column: default  orders.status" in checked.out
    assert "Running upgrade" not in checked.err, "nothing ran but in a scratch database"
    project.expect("revision", "--autogenerate", "-m", "unseen", "--rev-id", "aaaaaaaaaaaa")
    assert "Nothing was done: this was the plan." in project.expect("-x", "plan", "upgrade", "head")
    assert state.versions(empty) == [HEAD]
    project.expect("upgrade", "head")
    project.expect("check")
    lines = project.expect("upgrade", "head", "--sql").splitlines()
    assert lines.count("BEGIN;") == lines.count("COMMIT;") == 11
    project.expect("downgrade", "-1")
    project.expect("stamp", "head")
    assert state.versions(empty) == ["aaaaaaaaaaaa"]


def test_a_run_that_fails_goes_on(project: Stock, empty: URL) -> None:
    project.expect("upgrade", "head")
    file = project.scripts / "versions" / "bbbbbbbbbbbb_index.py"
    file.write_text(INDEX)
    done = project.alembic("upgrade", "head")
    assert done.code == 1, "as where the engine makes the connection"
    assert "FAILED: Revision bbbbbbbbbbbb (index) fails: " in done.err
    assert "goes on from there" in done.err, "the index was built in a step of its own"
    assert "Traceback" not in done.err
    file.write_text(INDEX.replace('    op.create_table("orders")\n', ""))
    project.expect("upgrade", "head")
    assert state.versions(empty) == ["bbbbbbbbbbbb"]


def test_a_transaction_of_the_callers_is_theirs(project: Stock, empty: URL) -> None:
    if "async" in project.env.read_text():
        project.edit(
            project.env, "async with connectable.connect()", "async with connectable.begin()"
        )
    else:
        project.edit(project.env, "with connectable.connect()", "with connectable.begin()")
    project.expect("upgrade", "head")
    assert state.versions(empty) == [HEAD]
    (project.scripts / "versions" / "bbbbbbbbbbbb_index.py").write_text(INDEX)
    done = project.alembic("upgrade", "head")
    assert done.code == 1
    assert "the database is as it was before it" in done.err
    assert state.versions(empty) == [HEAD]


def test_arguments_of_the_revisions(project: Stock, empty: URL) -> None:
    project.edit(project.env, "context.run_migrations()", 'context.run_migrations(tenant="one")')
    for file in (project.scripts / "versions").glob("*.py"):
        text = file.read_text().replace("def upgrade()", "def upgrade(tenant)")
        file.write_text(text.replace("def downgrade()", "def downgrade(tenant)"))
    project.expect("upgrade", "head")
    assert state.versions(empty) == [HEAD]
    assert "orders.status" in project.alembic("check").out
    project.expect("downgrade", "base")
    assert state.versions(empty) == []


def test_a_connection_that_translates_schemas_is_refused(project: Stock) -> None:
    translated = "connection=connection.execution_options(schema_translate_map={None: 'x'})"
    project.edit(project.env, "connection=connection", translated)
    done = project.alembic("upgrade", "head")
    assert "FAILED: The connection has a schema_translate_map, which puts tables" in done.out


def test_one_that_translates_nothing_runs_as_any_other(project: Stock, empty: URL) -> None:
    same = "connection=connection.execution_options(schema_translate_map={None: 'public'})"
    project.edit(project.env, "connection=connection", same)
    project.expect("upgrade", "head")
    assert state.versions(empty) == [HEAD]
    assert "orders.status" in project.alembic("check").out
    index = INDEX.replace('    op.create_table("orders")\n', "")
    (project.scripts / "versions" / "bbbbbbbbbbbb_index.py").write_text(index)
    done = project.alembic("upgrade", "head", ALEMBIC_LARGE_TABLE="0")
    assert done.code == 0, done.err
    assert state.versions(empty) == ["bbbbbbbbbbbb"]
    project.expect("downgrade", "base")
    assert state.versions(empty) == []


def test_one_database_after_the_other(project: Stock, empty: URL) -> None:
    """The same one stands for another here: what is told is of the connection of its turn."""
    both = "else:\n    run_migrations_online()\n    run_migrations_online()\n"
    project.edit(project.env, "else:\n    run_migrations_online()\n", both)
    done = project.alembic("upgrade", "head")
    assert done.code == 0, done.err
    assert done.err.count("Upgrade of database ") == 1
    assert done.err.splitlines()[-1].startswith("Nothing to do: database ")
    assert state.versions(empty) == [HEAD]
    project.expect("downgrade", "base")
    assert state.versions(empty) == []
