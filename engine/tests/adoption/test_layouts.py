"""Projects that keep their files, their table and their URL elsewhere than Alembic's template."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.testing.tree import scratch_variables
from sqlalchemy import text
from tests.adoption.stock import HEAD, Stock, url_for, write_models, write_revisions

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL

ENV = """from alembic_pg import environment

environment.run(metadata="shop"{more})
"""

INI = """[alembic]
script_location = %(here)s/../database/scripts
version_locations = %(here)s/../database/old %(here)s/../database/new
path_separator = space
recursive_version_locations = true
prepend_sys_path = %(here)s/../src
sqlalchemy.url = {url}
"""

TOML = """[tool.alembic]
script_location = "%(here)s/migrations"
prepend_sys_path = ["src"]
"""

# A statement that commits what is before it, and one that fails.
HALF = f'''"""half"""
from alembic import op
import sqlalchemy as sa
revision = "bbbbbbbbbbbb"
down_revision = "{HEAD}"
def upgrade() -> None:
    op.create_index("orders_total", "orders", ["total"])
    op.create_table("orders")
def downgrade() -> None:
    op.drop_index("orders_total", "orders")
'''


@pytest.fixture
def project(databases: ScratchServer, tmp_path: Path) -> Stock:
    """A folder with models in src/, and nothing of Alembic."""
    root = tmp_path / "project"
    root.mkdir()
    write_models(root / "src")
    return Stock(root, root / "migrations", scratch_variables(databases) | {"DATABASE_URL": ""})


def write_scripts(project: Stock, folder: Path, *, more: str = "") -> None:
    """Write env.py, and stock's template of a revision."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text(ENV.format(more=more))
    made = project.alembic("init", "unused")
    assert made.code == 0, made.err
    shutil.copy(project.root / "unused" / "script.py.mako", folder)
    shutil.rmtree(project.root / "unused")
    (project.root / "alembic.ini").unlink(missing_ok=True)


def test_several_folders_and_another_place(project: Stock, empty: URL, tmp_path: Path) -> None:
    write_scripts(project, project.root / "database" / "scripts")
    write_revisions(project.root / "database" / "old" / "2020")
    (project.root / "database" / "new").mkdir()
    late = project.root / "database" / "new" / "late"
    late.mkdir()
    shutil.move(next((project.root / "database" / "old" / "2020").glob(f"{HEAD}_*")), late)
    place = project.root / "settings" / "place.ini"
    place.parent.mkdir()
    place.write_text(INI.format(url=url_for(empty, "postgresql+asyncpg").replace("%", "%%")))

    def alembic(*arguments: str) -> tuple[int, str]:
        program = (project.python, "-m", "alembic", "-c", str(place), *arguments)
        done = project.run(*program, folder=tmp_path)
        return done.code, done.out + done.err

    assert alembic("upgrade", "head")[0] == 0
    assert alembic("current") == (0, f"{HEAD} (head)\n")
    code, said = alembic("check")
    assert (code, "orders.status" in said) == (255, True), said
    new = f"{place.parent}/../database/new"
    code, said = alembic("revision", "--autogenerate", "-m", "x", "--version-path", new)
    assert code == 0, said
    assert len(list(late.parent.glob("*_x.py"))) == 1
    assert alembic("check")[0] == 0
    note = place.parent / ".postgres"
    assert (note / "clean.json").exists(), "beside the configuration file"
    assert (note / ".gitignore").read_text() == "*\n"
    assert not (tmp_path / ".postgres").exists()
    assert not (project.root / ".postgres").exists()
    (late / "cccccccccccc_x.py").write_text("def upgrade(:\n")
    assert "Syntax error in " in alembic("heads")[1]


def test_pyproject_alone(project: Stock, empty: URL) -> None:
    write_scripts(project, project.scripts)
    write_revisions(project.scripts / "versions")
    (project.root / "pyproject.toml").write_text(TOML)
    url = url_for(empty, "postgres")
    project.expect("upgrade", "head", DATABASE_URL=url)
    assert project.expect("current", DATABASE_URL=url) == f"{HEAD} (head)\n"
    checked = project.alembic("check")
    assert checked.code == 255
    assert "orders.status" in checked.out
    # Neither formatter nor template are the engine's.
    project.expect("revision", "--autogenerate", "-m", "differs", PATH="/nowhere")
    (written,) = (project.scripts / "versions").glob("*_differs.py")
    assert "server_default" in written.read_text()
    project.expect("check")


def test_another_version_table(project: Stock, empty: URL) -> None:
    write_scripts(
        project, project.scripts, more=', version_table="past", version_table_schema="ops"'
    )
    write_revisions(project.scripts / "versions")
    (project.root / "pyproject.toml").write_text(TOML)
    project.environment["DATABASE_URL"] = url_for(empty)
    with connect(empty, source="the test") as connection, connection.begin():
        connection.execute(text("CREATE SCHEMA ops"))
    project.expect("upgrade", "head")
    assert project.expect("current") == f"{HEAD} (head)\n"
    checked = project.alembic("check")
    assert checked.code == 255
    assert [line.split()[-1] for line in checked.out.splitlines()[1:-1]] == ["orders.status"]
    project.expect("revision", "--autogenerate", "-m", "status", "--rev-id", "aaaaaaaaaaaa")
    project.expect("stamp", "aaaaaaaaaaaa")
    assert project.expect("current") == "aaaaaaaaaaaa (head)\n"
    project.expect("stamp", "--purge", HEAD)
    next((project.scripts / "versions").glob("aaaaaaaaaaaa*")).unlink()
    (project.scripts / "versions" / "bbbbbbbbbbbb_half.py").write_text(HALF)
    assert project.alembic("upgrade", "head").code == 1
    with connect(empty, source="the test") as connection:
        comment = connection.scalar(text("SELECT obj_description('ops.past'::regclass)"))
        assert "bbbbbbbbbbbb" in comment
        assert connection.scalar(text("SELECT to_regclass('public.alembic_version')")) is None
    assert project.alembic("downgrade", HEAD).code == 0
    assert project.expect("current") == f"{HEAD}\n"
