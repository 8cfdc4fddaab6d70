"""What models change for the whole process stands in the revision, and in no trial of one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_VARIABLE, scratch_server

if TYPE_CHECKING:
    import pytest
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

MODEL = """
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
from models.base import Base

@event.listens_for(sa.Table, "after_create")
def secure(target, connection, **_):
    if target.name == "seen":
        connection.execute(sa.DDL(f"ALTER TABLE {target.name} ENABLE ROW LEVEL SECURITY"))

@compiles(sa.Time, "postgresql")
def stamp(element, compiler, **kw):
    return "TIME(0) WITH TIME ZONE"

@compiles(CreateTable, "postgresql")
def filled(element, compiler, **kw):
    more = " WITH (fillfactor=80)" if element.element.name == "seen" else ""
    return compiler.visit_create_table(element, **kw).rstrip() + more

sa.Table("seen", Base.metadata, sa.Column("at", sa.Time()), comment="When somebody came.")
"""

STATE = """
SELECT relrowsecurity, reloptions, format_type(atttypid, atttypmod)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'at'
WHERE relname = 'seen'
"""

# Of statements, not of the schema.
SESSIONS = """
import sqlalchemy as sa
from alembic.ddl.impl import DefaultImpl
from sqlalchemy import event
from models.base import Base

@event.listens_for(sa.Engine, "connect")
def settle(driver, _):
    with driver.cursor() as cursor:
        cursor.execute("SET ROLE NONE")

def quick(self, *arguments, **options):
    return None

DefaultImpl.bulk_insert = quick
"""

UNSAID = (
    "models.seen changes alembic.ddl.impl.DefaultImpl.bulk_insert, every connection (connect) "
    "where it is imported. No revision says that, and upgrade does not import it: let env.py "
    "import models.seen if revisions need it."
)

# Of the schema, by way of all MetaData and of a method that is replaced.
SCHEMAS = """
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler
from models.base import Base

@event.listens_for(sa.MetaData, "after_create")
def secure(target, connection, **_):
    connection.execute(sa.DDL("ALTER TABLE seen ENABLE ROW LEVEL SECURITY"))

usual = PGDDLCompiler.visit_create_table

def filled(self, create, **options):
    more = " WITH (fillfactor=80)" if create.element.name == "seen" else ""
    return usual(self, create, **options).rstrip() + more

PGDDLCompiler.visit_create_table = filled

sa.Table("seen", Base.metadata, sa.Column("at", sa.dialects.postgresql.TIME(True, 0)))
"""

WANTED = (True, ["fillfactor=80"], "time(0) with time zone")

API = """
import models
from alembic import command
from alembic.config import Config
config = Config("alembic.ini")
command.revision(config, "seen", autogenerate=True)
"""


def made(url: URL) -> tuple[object, ...]:
    with connect(url, source="the tests") as connection:
        return tuple(connection.exec_driver_sql(STATE).one())


def templates(tree: Tree, patch: pytest.MonkeyPatch) -> set[str]:
    patch.setenv(SCRATCH_VARIABLE, tree.environment[SCRATCH_VARIABLE])
    with scratch_server(tree.root) as databases:
        return set(databases.templates())


def test_the_revision_says_it(
    tree_at_head: Tree, database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree_at_head.root / "models" / "seen.py").write_text(MODEL)
    done = tree_at_head.alembic("revision", "--autogenerate", "-m", "seen")
    assert done.code == 0, done.err
    assert tree_at_head.alembic("upgrade", "head").code == 0
    assert made(database) == WANTED
    done = tree_at_head.alembic("check")
    assert done.code == 0, done.err
    # With the models or without them, the history has one name and is one database.
    kept = templates(tree_at_head, monkeypatch)
    (tree_at_head.root / "models" / "seen.py").unlink()
    done = tree_at_head.alembic("check")
    assert done.code != 0
    assert "seen" in done.out
    assert templates(tree_at_head, monkeypatch) == kept


def test_also_of_a_program_that_has_imported_the_models(tree_at_head: Tree, database: URL) -> None:
    (tree_at_head.root / "models" / "seen.py").write_text(MODEL)
    package = tree_at_head.root / "models" / "__init__.py"
    package.write_text(f"{package.read_text()}\nimport models.seen\n")
    done = subprocess.run(
        [sys.executable, "-c", API],
        cwd=tree_at_head.root,
        env=tree_at_head.variables(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert tree_at_head.alembic("upgrade", "head").code == 0
    assert made(database) == WANTED
    assert tree_at_head.alembic("check").code == 0


def test_what_env_imports_is_named(tree_at_head: Tree, database: URL) -> None:
    """An upgrade imports it, too: what it builds is what the comparison sees."""
    (tree_at_head.root / "models" / "seen.py").write_text(MODEL)
    (tree_at_head.root / "alembic" / "env.py").write_text(
        "import models.seen\nfrom alembic_pg import environment\n"
        'environment.run(metadata="models")\n'
    )
    done = tree_at_head.alembic("revision", "--autogenerate", "-m", "seen")
    assert done.code == 0, done.err
    assert "models.seen changes every Table (after_create), the SQL of CreateTable" in done.err
    assert tree_at_head.alembic("upgrade", "head").code == 0
    assert made(database) == WANTED
    done = tree_at_head.alembic("check")
    assert done.code == 0, done.err


def test_a_replaced_method_and_a_listener_on_all_metadata_are_said(
    tree_at_head: Tree, database: URL
) -> None:
    (tree_at_head.root / "models" / "seen.py").write_text(SCHEMAS)
    done = tree_at_head.alembic("revision", "--autogenerate", "-m", "seen")
    assert done.code == 0, done.err
    assert "models.seen changes" not in done.err
    assert tree_at_head.alembic("upgrade", "head").code == 0
    assert made(database) == WANTED
    done = tree_at_head.alembic("check")
    assert done.code == 0, done.err


def test_what_changes_how_statements_run_is_named(tree_at_head: Tree) -> None:
    """No comparison of two databases could see it."""
    (tree_at_head.root / "models" / "seen.py").write_text(SESSIONS)
    for command in (["check"], ["revision", "--autogenerate", "-m", "none"]):
        done = tree_at_head.alembic(*command)
        assert done.code == 0, done.err
        assert UNSAID in done.err.splitlines()


def test_what_env_imports_beside_the_models_is_in_an_upgrade(tree_at_head: Tree) -> None:
    """It is not among what only the models change."""
    alone = SESSIONS.replace("from models.base import Base", "")
    (tree_at_head.root / "sessions.py").write_text(alone)
    env = tree_at_head.root / "alembic" / "env.py"
    first = "from alembic_pg import"
    env.write_text(env.read_text().replace(first, f"import sessions\n{first}", 1))
    done = tree_at_head.alembic("check")
    assert done.code == 0, done.err
    assert "changes" not in done.err
