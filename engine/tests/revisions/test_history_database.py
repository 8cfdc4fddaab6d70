"""The history database: made once, and from the newest ancestor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from alembic_pg.revisions import history_database
from sqlalchemy import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer

REVISION = '''"""{name}"""

from alembic import op

revision = "{name}"
down_revision = {down!r}


def upgrade():
    with open({log!r}, "a") as log:
        log.write("{name}")
    op.execute("{sql}")


def downgrade():
    pass
'''


def environment(folder: Path) -> EnvironmentContext:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return EnvironmentContext(config, ScriptDirectory.from_config(config))


def write(folder: Path, name: str, down: str | None, sql: str) -> None:
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "versions" / f"{name}.py").write_text(
        REVISION.format(name=name, down=down, sql=sql, log=f"{folder}.log")
    )


def tables(databases: ScratchServer, template: str) -> set[str]:
    copy = databases.create(template)
    with connect(databases.database_url(copy), source="the tests") as connection:
        found = set(inspect(connection).get_table_names())
    databases.drop(copy)
    return found


def test_the_same_revisions_have_one_template(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, f'CREATE TABLE \\"{tmp_path.name}\\" ()')
    first = history_database.ensure_template(databases, environment(tmp_path))
    assert history_database.ensure_template(databases, environment(tmp_path)) == first
    assert tables(databases, first) == {"alembic_version", tmp_path.name}
    databases.drop_template(first)


def test_a_new_revision_starts_from_its_ancestor(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, f'CREATE TABLE \\"{tmp_path.name}\\" ()')
    first = history_database.ensure_template(databases, environment(tmp_path))
    write(tmp_path, "b", "a", "CREATE TABLE b ()")
    newer = history_database.ensure_template(databases, environment(tmp_path))
    assert newer != first
    assert tmp_path.with_name(f"{tmp_path.name}.log").read_text() == "ab"
    assert tables(databases, newer) == {"alembic_version", tmp_path.name, "b"}
    databases.drop_template(first)
    databases.drop_template(newer)


def test_a_changed_revision_is_another_history(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, f'CREATE TABLE \\"{tmp_path.name}\\" ()')
    first = history_database.ensure_template(databases, environment(tmp_path))
    write(tmp_path, "a", None, "CREATE TABLE other ()")
    other = history_database.ensure_template(databases, environment(tmp_path))
    assert tables(databases, other) == {"alembic_version", "other"}
    databases.drop_template(first)
    databases.drop_template(other)


def test_a_revision_that_fails_is_named(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, "SELECT nonsense")
    with pytest.raises(UserError, match=r'Revision a \(a\) fails .*"nonsense" does not exist'):
        history_database.ensure_template(databases, environment(tmp_path))


def test_a_file_that_a_revision_may_read_counts(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, f'CREATE TABLE \\"{tmp_path.name}\\" ()')
    first = history_database.ensure_template(databases, environment(tmp_path))
    (tmp_path / "more.sql").write_text("CREATE TABLE more ()")
    other = history_database.ensure_template(databases, environment(tmp_path))
    assert other != first
    databases.drop_template(first)
    databases.drop_template(other)


def test_a_database_at_any_revision(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, f'CREATE TABLE \\"{tmp_path.name}\\" ()')
    first = history_database.ensure_template(databases, environment(tmp_path))
    for name, down in (("b", "a"), ("c", "a"), ("d", "b")):
        write(tmp_path, name, down, f"CREATE TABLE {name} ()")
    place, log = environment(tmp_path), tmp_path.with_name(f"{tmp_path.name}.log")
    for revisions, made in (
        ((), set()),
        (("a",), {"alembic_version", tmp_path.name}),
        (("b",), {"alembic_version", tmp_path.name, "b"}),
        (("c", "d"), {"alembic_version", tmp_path.name, "b", "c", "d"}),
    ):
        name = history_database.create_at_revisions(databases, place, revisions)
        with connect(databases.database_url(name), source="the tests") as connection:
            assert set(inspect(connection).get_table_names()) == made
        databases.drop(name)
    assert log.read_text().startswith("ab")  # a template has the first already
    databases.drop_template(first)


def test_a_revision_finds_its_context(databases: ScratchServer, tmp_path: Path) -> None:
    write(tmp_path, "a", None, "CREATE TABLE t ()")
    file = tmp_path / "versions" / "a.py"
    asks = "    assert context.get_bind() is op.get_bind()\n    op.execute("
    text = file.read_text().replace("import op", "import context, op")
    file.write_text(text.replace("    op.execute(", asks, 1))
    with environment(tmp_path) as given:
        template = history_database.ensure_template(databases, given)
        with pytest.raises(Exception, match="No context has been configured yet"):
            given.get_context()
    assert "t" in tables(databases, template)
    databases.drop_template(template)
