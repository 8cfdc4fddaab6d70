"""A history that begins with a schema file: create_all() and stamp, or a dump."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import postgres_programs
from alembic_pg.testing import state
from tests.commands.own import own
from tests.failures.fails import fails

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

# What create_all() made once, as pg_dump writes it.
START = """
SET search_path = '';
CREATE TABLE public.h (id bigint NOT NULL, word text);
COPY public.h (id, word) FROM stdin;
1\told
\\.
ALTER TABLE ONLY public.h ADD CONSTRAINT h_pkey PRIMARY KEY (id);
"""

STAMP = """
CREATE TABLE public.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('a1');
"""

MODELS = """
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

metadata = MetaData()
Table(
    "h",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("word", Text),
    Column("a1", Text),
    Column("a2", Text),
)
"""

REVISION = '''"""add {id}"""
from alembic import op

revision = "{id}"
down_revision = {down!r}
{more}

def upgrade():
    op.execute("ALTER TABLE h ADD {id} text")


def downgrade():
    op.execute("ALTER TABLE h DROP {id}")
'''

SETTING = "history_begins_with"


def begin(tree: Tree, *, said_by: str = "setting", start: str = START) -> None:
    """Let the tree have a table that a file makes, and two revisions that change it."""
    for folder, kind in ((tree.versions, "*.py"), (tree.root / "models", "*.py")):
        for file in folder.glob(kind):
            file.unlink()
    (tree.root / "models" / "__init__.py").write_text(MODELS)
    (tree.root / "schema.sql").write_text(start)
    more = ""
    if said_by == "setting":
        ini = tree.root / "alembic.ini"
        ini.write_text(
            ini.read_text().replace("[alembic]\n", f"[alembic]\n{SETTING} = schema.sql\n")
        )
    else:
        more = f'{SETTING} = "../../schema.sql"\n'
    (tree.versions / "a1.py").write_text(REVISION.format(id="a1", down=None, more=more))
    (tree.versions / "a2.py").write_text(REVISION.format(id="a2", down="a1", more=""))


def load(tree: Tree, url: URL) -> None:
    postgres_programs.run_script(url, tree.root / "schema.sql")


def columns(url: URL) -> list[str]:
    return [name for name in state.schema(url)["TABLE public.h"].create.split() if name[0] == "a"]


@pytest.fixture
def embedded(tree: Tree) -> Iterator[Tree]:
    """The tree, whose target is its embedded server."""
    del tree.environment["DATABASE_URL"]
    yield tree
    own(tree, "reset", "--yes")


@pytest.mark.parametrize("said_by", ["setting", "revision"])
def test_comparing_begins_with_the_file(tree: Tree, said_by: str) -> None:
    begin(tree, said_by=said_by)
    assert tree.alembic("check").code == 0
    models = tree.root / "models" / "__init__.py"
    models.write_text(models.read_text().replace('"a2", Text', '"a2", Text), Column("a3", Text'))
    assert "add a3" not in tree.alembic("check").out
    done = tree.alembic("revision", "--autogenerate", "-m", "three")
    assert done.code == 0, done.err
    written = next(tree.versions.glob("*three.py")).read_text()
    assert 'op.add_column("h", sa.Column("a3"' in written
    assert "create_table" not in written
    assert tree.alembic("check").code == 0
    # The file is a part of what the revisions build: another one is not what was checked.
    file = tree.root / "schema.sql"
    file.write_text(START.replace("word text", "word text, gone text"))
    assert "drop column  h.gone" in tree.alembic("check").out


def test_what_is_missing_is_told_with_the_setting(tree: Tree, empty: URL) -> None:
    begin(tree)
    ini = tree.root / "alembic.ini"
    ini.write_text(ini.read_text().replace(f"{SETTING} = schema.sql\n", ""))
    hint = (
        "The first revision needs tables of before: put them into schema.sql (pg_dump --no-owner "
        "--schema-only), and history_begins_with = schema.sql into [alembic] of alembic.ini."
    )
    why = 'relation "h" does not exist'
    assert fails(tree, "check") == (
        f"Revision a1 (add a1) fails on an empty database: {why}\n{hint}"
    )
    assert fails(tree, "upgrade", "head") == (
        f"Revision a1 (add a1) fails: {why}; the database is as it was before it.\n{hint}"
    )
    begin(tree)
    load(tree, empty)
    assert tree.alembic("upgrade", "head").code == 0
    # A later one that misses a table is no history of that kind.
    (tree.versions / "a3.py").write_text(
        REVISION.format(id="a3", down="a2", more="").replace("TABLE h", "TABLE missing")
    )
    assert SETTING not in fails(tree, "upgrade", "head")


def test_an_empty_database_that_is_named_is_refused_until_it_is_loaded(
    tree: Tree, empty: URL
) -> None:
    begin(tree)
    assert fails(tree, "upgrade", "head") == (
        "The database is empty, and the history begins with schema.sql: "
        "load that first (psql -f), then run the same command again."
    )
    planned = own(tree, "plan")
    assert (planned.code, planned.err) == (0, "")
    assert planned.out.startswith(
        "The database is empty, and the history begins with schema.sql: load that first.\n"
    )
    load(tree, empty)
    done = tree.alembic("upgrade", "head")
    assert done.code == 0, done.err
    assert state.versions(empty) == ["a2"]


def test_an_empty_embedded_database_is_given_the_file(embedded: Tree) -> None:
    begin(embedded)
    planned = own(embedded, "plan")
    assert planned.out.splitlines()[0].endswith(": an upgrade first loads that.")
    for _ in range(2):
        done = embedded.alembic("upgrade", "head")
        assert done.code == 0, done.err
    shown = own(embedded, "psql", "-At", "-c", "SELECT * FROM h", "-c", "TABLE alembic_version")
    assert shown.out == "1|old||\na2\n"


@pytest.mark.parametrize("said_by", ["setting", "revision"])
def test_a_file_with_a_revision_is_gone_on_from_there(tree: Tree, empty: URL, said_by: str) -> None:
    stamped = START.replace("word text", "word text, a1 text") + STAMP
    begin(tree, said_by=said_by, start=stamped)
    done = tree.alembic("check")
    assert done.code == 0, done.out + done.err
    load(tree, empty)
    assert tree.alembic("upgrade", "head").code == 0
    assert state.versions(empty) == ["a2"]


def test_a_database_that_lost_its_version_is_told_which_it_equals(tree: Tree, empty: URL) -> None:
    begin(tree)
    load(tree, empty)
    assert tree.alembic("upgrade", "a1").code == 0
    state.execute(empty, "DROP TABLE alembic_version")
    assert "it equals revision a1 (add a1)" in fails(tree, "upgrade", "head")
    state.execute(empty, "ALTER TABLE h DROP a1", "CREATE TABLE other ()")
    assert fails(tree, "upgrade", "head").startswith(
        "The database has tables and no alembic_version, and equals no revision; the nearest is "
        "what the history begins with, where table other differs."
    )


def test_a_script_is_written_from_there(tree: Tree) -> None:
    begin(tree)
    done = tree.alembic("upgrade", "base:head", "--sql")
    assert done.code == 0, done.err
    assert "ADD a1 text" in done.out


def test_a_file_that_is_not_there_or_is_refused_is_named(tree: Tree) -> None:
    begin(tree, start="CREATE TABLE nonsense (;")
    file = tree.root / "schema.sql"
    assert fails(tree, "check") == (
        "The history begins with schema.sql, which an empty database refuses: "
        '1: ERROR: syntax error at or near ";"'
    )
    file.unlink()
    assert fails(tree, "check") == (
        "history_begins_with of the configuration names schema.sql, which is not there: correct it."
    )
