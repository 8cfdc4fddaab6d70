"""Revisions that the search_path would put into two schemas are refused, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from alembic_pg.revisions import search_path
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.script import Script
    from sqlalchemy.engine import URL

REVISION = '''"""Of public.t, said in a docstring only."""
revision, down_revision = "a1", None
# public.t in a comment
def upgrade():
    {line}
'''

NAMING = "op.execute('ALTER TABLE public.t ADD a int')"

PLAIN = "op.execute('GRANT SELECT ON t TO public; SELECT republic.a FROM republic')"


def revision(folder: Path, line: str) -> Script:
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "versions" / "a1.py").write_text(REVISION.format(line=line))
    (script,) = ScriptDirectory(folder).walk_revisions()
    return script


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (NAMING, True),
        ('op.execute(\'ALTER TABLE "public"."t" ADD a int\')', True),
        ("op.drop_table('t', schema='public')", True),
        ("op.execute('GRANT USAGE ON SCHEMA public TO x')", True),
        (PLAIN, False),
        ("op.create_table('t')", False),
    ],
)
def test_which_revisions_name_public(tmp_path: Path, line: str, *, named: bool) -> None:
    assert search_path.names_public(revision(tmp_path, line)) is named


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("ALTER DATABASE {database} SET search_path = app, public", "of the database apg_"),
        ("SET search_path = app", "of this connection is app"),
    ],
)
def test_another_first_schema(empty: URL, tmp_path: Path, setting: str, told: str) -> None:
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql("CREATE SCHEMA app")
        connection.exec_driver_sql(setting.format(database=empty.database))
        connection.commit()
        if setting.startswith("SET"):
            refuse(connection, tmp_path, told)
    if not setting.startswith("SET"):
        with connect(empty, source="the tests") as connection:
            refuse(connection, tmp_path, told)


def refuse(connection: object, folder: Path, told: str) -> None:
    """Ask whether a revision that names public is refused, and one that does not is not."""
    with pytest.raises(UserError, match=f"{told}.*would come into app.*revision a1 names public"):
        search_path.require_one_schema(connection, lambda: [revision(folder, NAMING)])  # type: ignore[arg-type]  # as given
    search_path.require_one_schema(connection, lambda: [revision(folder, PLAIN)])  # type: ignore[arg-type]  # as given


def test_others_after_public_are_nobodys_business(empty: URL, tmp_path: Path) -> None:
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql("SET search_path = public, extensions")
        search_path.require_one_schema(connection, lambda: [revision(tmp_path, NAMING)])


def test_a_script_refuses_the_same(empty: URL, tmp_path: Path) -> None:
    check = search_path.script_check([revision(tmp_path, NAMING)])
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql(check)
        connection.exec_driver_sql("CREATE SCHEMA app; SET search_path = app, public")
        with pytest.raises(DBAPIError, match="another schema than public, which revision a1 names"):
            connection.exec_driver_sql(check)
    assert not search_path.script_check([revision(tmp_path, PLAIN)])
