"""Another process tries texts and revisions as this one does, without what this one imported."""

from __future__ import annotations

import os
import pickle
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import RefusedError, SqlState
from alembic_pg.errors import UserError
from alembic_pg.revisions import history_database
from alembic_pg.revisions.trial import host_server, other_process
from alembic_pg.revisions.trial.other_process import OtherProcess
from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import URL

ENV = """
from alembic_pg import environment
environment.run(metadata="nowhere")
"""

REVISION = """
from alembic import context, op
import sqlalchemy as sa
revision, down_revision = "a", None
def upgrade():
    op.create_table("t", sa.Column("a", sa.Integer))
    op.execute(f"COMMENT ON TABLE t IS '{context.config.get_main_option('word')}'")
"""


def project(folder: Path, env: str = ENV) -> Config:
    """Return the configuration of a project with a revision."""
    (folder / "versions").mkdir()
    (folder / "versions" / "a.py").write_text(REVISION)
    (folder / "env.py").write_text(env)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("word", "50%% by a program")
    config.attributes["a lock"] = os.environ  # cannot be sent
    return config


def environment(config: Config) -> EnvironmentContext:
    return EnvironmentContext(config, ScriptDirectory.from_config(config))


@pytest.fixture(params=["fork", "spawn"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OtherProcess]:
    """Another process, of each kind, that has env.py's options."""
    config = project(tmp_path)
    if request.param == "spawn":
        made = OtherProcess(lambda: other_process.spawn(config, "check.<locals>.retrieve"))
    elif other_process.can_fork():
        with environment(config) as given:
            made = OtherProcess(lambda: other_process.fork(given))
            made.begin()
    else:
        pytest.skip("This process cannot be forked.")
    yield made
    made.close()


@pytest.fixture
def _every_table_is_commented(other: OtherProcess) -> Iterator[None]:
    """Let each table that this process makes have a comment, now that there is the other one."""
    del other

    def comment(target: sa.Table, connection: sa.Connection, **_: object) -> None:
        connection.execute(sa.DDL(f"COMMENT ON TABLE {target.name} IS 'of this process'"))

    event.listen(sa.Table, "after_create", comment)
    yield
    event.remove(sa.Table, "after_create", comment)


@pytest.mark.usefixtures("_every_table_is_commented")
def test_a_text_runs_without_what_was_imported_since(other: OtherProcess, empty: URL) -> None:
    text = "op.create_table('t', sa.Column('a', sa.Integer))"
    with other.session(empty) as session:
        session.run(text)
        session.commit()
        assert session.query("SELECT obj_description('t'::regclass)") == [(None,)]
        refused = session.attempt([text])
        assert refused is not None
        assert refused.code == SqlState.DUPLICATE_TABLE
        with pytest.raises(RefusedError, match='relation "t" already exists'):
            session.run(text)
    assert len(other.statements(text)) == 1


@pytest.mark.usefixtures("_every_table_is_commented")
def test_revisions_run_with_the_options_of_this_one(
    other: OtherProcess, empty: URL, tmp_path: Path
) -> None:
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    other.upgrade(environment(config), empty, "heads")
    with connect(empty, source="the tests") as connection:
        comment = connection.exec_driver_sql("SELECT obj_description('t'::regclass)").scalar()
    assert comment == "50% by a program"
    with pytest.raises(UserError, match="No such revision or branch 'nosuch'"):
        other.upgrade(environment(config), empty, "nosuch")


def test_an_env_that_cannot_be_loaded_is_told(tmp_path: Path, empty: URL) -> None:
    config = project(tmp_path, "raise LookupError('it needs its caller')")
    other = OtherProcess(lambda: other_process.spawn(config, "check"))
    with pytest.raises(history_database.NotLoadedError, match="LookupError: it needs its caller"):
        other.upgrade(environment(config), empty, "heads")
    with other.session(empty) as session:
        assert session.query("SELECT 1") == [(1,)]
    other.close()


def test_a_process_that_is_gone_is_told(other: OtherProcess, empty: URL) -> None:
    with other.session(empty) as session:
        (pid,) = other.ask("session", 1, "query", "SELECT 1")[0]
        assert pid == 1
        other.close()
        with pytest.raises(UserError, match="has ended: run the command again"):
            session.query("SELECT 1")


class _ClosesWhenSent:
    """Closes a session in the middle of a request, as a garbage collection may."""

    def __init__(self, session: ExitStack) -> None:
        self.session = session

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        self.session.close()
        return str, ("op.execute('SELECT 1')",)


def test_a_session_that_is_closed_in_a_request(other: OtherProcess, empty: URL) -> None:
    stack = ExitStack()
    stack.enter_context(other.session(empty))
    with other.session(empty) as session:
        session.run(_ClosesWhenSent(stack))  # type: ignore[arg-type]  # a text when it arrives
        assert session.query("SELECT 1") == [(1,)]
    alone = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with other.session(empty) as session:
        assert session.query(alone) == [(1,)]


def test_what_cannot_be_sent_is_left_out(tmp_path: Path) -> None:
    config = project(tmp_path)
    config.attributes["a word"] = "kept"
    state = host_server.config_state(config)
    assert pickle.loads(pickle.dumps(state)) == state  # noqa: S301  # our own
    assert state["arguments"]["attributes"] == {"a word": "kept"}
