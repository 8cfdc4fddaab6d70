"""A revision that fails: the database is exactly as it was before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from sqlalchemy.engine import make_url
from tests.failures.fails import fails, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

REVISION = '''
"""do two things

Revision ID: 5a1
"""
import sqlalchemy as sa
from alembic import op
revision = "5a1"
down_revision = "{down}"
def upgrade():
    op.create_table("half", sa.Column("id", sa.BigInteger, primary_key=True))
    {upgrade}
def downgrade():
    op.drop_table("half")
    op.execute("DROP TABLE nowhere")
'''

UNCHANGED = "; the database is as it was before it."


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            """op.execute("INSERT INTO half VALUES (1), (1)")""",
            (
                'duplicate key value violates unique constraint "half_pkey" '
                "(Key (id)=(1) already exists.)"
            ),
        ),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        (
            """op.execute("SELECT pg_terminate_backend(pg_backend_pid())")""",
            "server closed the connection unexpectedly",
        ),
        (
            """op.execute("SELECT 1 WHERE :a")""",
            (
                "StatementError: (sqlalchemy.exc.InvalidRequestError) "
                "A value is required for bind parameter 'a'"
            ),
        ),
    ],
)
def test_half_way_up(
    tree_at_head: Tree, revisions: tuple[Script, ...], statement: str, reason: str
) -> None:
    text = REVISION.format(down=revisions[-1].revision, upgrade=statement)
    (tree_at_head.versions / "half.py").write_text(text)
    told = fails(tree_at_head, "upgrade", "head")
    assert told == f"Revision 5a1 (do two things) fails: {reason}{UNCHANGED}"


def test_half_way_up_with_something_committed(
    tree_at_head: Tree, database: URL, revisions: tuple[Script, ...]
) -> None:
    statement = """with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY half_index ON half (id)")
    op.execute("SELECT 1 / 0")"""
    text = REVISION.format(down=revisions[-1].revision, upgrade=statement)
    (tree_at_head.versions / "half.py").write_text(text)
    assert said(tree_at_head.alembic("upgrade", "head")) == (
        "Revision 5a1 (do two things) fails: division by zero; "
        "what it did before stays, and the next run goes on from there."
    )
    assert "INDEX public.half_index" in state.schema(database)
    assert state.versions(database) == [revisions[-1].revision]


def test_half_way_down(tree_at_head: Tree, revisions: tuple[Script, ...]) -> None:
    text = REVISION.format(down=revisions[-1].revision, upgrade="")
    (tree_at_head.versions / "half.py").write_text(text)
    assert tree_at_head.alembic("upgrade", "head").code == 0
    assert fails(tree_at_head, "downgrade", "-1") == (
        'Revision 5a1 (do two things) fails: table "nowhere" does not exist' + UNCHANGED
    )


def test_the_first_of_an_empty_database(tree: Tree, revisions: tuple[Script, ...]) -> None:
    """Not even an empty alembic_version is left."""
    first = revisions[0]
    file = tree.versions / first.path.rpartition("/")[2]
    file.write_text(
        file.read_text().replace("def upgrade() -> None:\n", "def upgrade() -> None:\n    1 / 0\n")
    )
    assert fails(tree, "upgrade", "head") == (
        f"Revision {first.revision} ({first.doc}) fails: ZeroDivisionError: division by zero"
        + UNCHANGED
    )


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("op.get_bind().execute(sa.text('SELECT 1')).scalar()", "op.get_bind().execute(SELECT 1)"),
        ("op.get_bind().commit()", "op.get_bind().commit"),
        ("op.get_bind().scalar(sa.text('SELECT 1'))", "op.get_bind().scalar"),
        ("sa.inspect(op.get_bind()).get_table_names()", "inspect(op.get_bind())"),
    ],
)
def test_one_that_cannot_be_written_as_sql(
    tree: Tree, empty: URL, revisions: tuple[Script, ...], statement: str, what: str
) -> None:
    head = revisions[-1].revision
    text = REVISION.format(down=head, upgrade=statement)
    (tree.versions / "half.py").write_text(text)
    done = tree.alembic("upgrade", f"{head}:5a1", "--sql")
    assert done.code == 1
    assert done.err == (
        "FAILED: Revision 5a1 (do two things) cannot be written as SQL: "
        f"it needs a database ({what}), and a script has none.\n"
        "Write that as op.execute(), do it only where context.is_offline_mode() is false, "
        "or run the command without --sql.\n"
    )
    assert state.versions(empty) is None


@pytest.fixture
def stranger(empty: URL) -> Iterator[str]:
    """A role that may connect and nothing else."""
    role = f"stranger_of_{empty.database}"
    state.execute(empty, f"CREATE ROLE {role} LOGIN")
    yield role
    state.execute(empty, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_without_permission(project: Tree, empty: URL, stranger: str) -> None:
    url = empty.set(username=stranger)
    assert fails(project.on(url), "upgrade", "head") == (
        f"The role {stranger} may not create anything in the schema public: "
        f"GRANT CREATE ON SCHEMA public TO {stranger}, or use another role."
    )
    readonly = empty.update_query_dict({"options": "-c default_transaction_read_only=on"})
    assert fails(project.on(readonly), "upgrade", "head") == (
        f"Transactions of {empty.username} in {empty.database} are read-only "
        "(default_transaction_read_only): turn that off for this connection."
    )
    # To ask, reading is enough.
    assert project.on(readonly).alembic("current").code == 0
    state.execute(empty, "CREATE TABLE alembic_version (version_num text)")
    told = said(project.on(url).alembic("current"))
    assert told == (
        f"The command fails: permission denied for table alembic_version{UNCHANGED}\n"
        "Name the owner of the table alembic_version in DATABASE_URL, or let it GRANT this role "
        "what it needs."
    )


def test_without_permission_to_make_scratch_databases(project: Tree, stranger: str) -> None:
    shadow = make_url(project.environment["SHADOW_DATABASE_URL"]).set(username=stranger)
    text = project.on(shadow).environment["DATABASE_URL"]
    assert fails(project, "check", SHADOW_DATABASE_URL=text) == (
        "The role of SHADOW_DATABASE_URL may not make scratch databases "
        "(permission denied to create database): give it CREATEDB."
    )


@pytest.mark.parametrize("name", ["head+1", "heads+1", "{head}@"])
def test_a_name_that_leads_nowhere(
    project: Tree, empty: URL, revisions: tuple[Script, ...], name: str
) -> None:
    del empty
    typed = name.format(head=revisions[-1].revision)
    assert fails(project, "upgrade", typed) == (
        f"{typed} leads to no revision from here: name it by its id. See alembic history."
    )
