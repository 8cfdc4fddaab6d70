"""Alembic's commands as functions, on a connection that the caller hands in."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from alembic_pg.testing import state
from sqlalchemy import text

from tests.project import ROOT

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy.engine import URL, Connection, Engine

INI = ROOT / "alembic.ini"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every other database be out of reach."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


def given(handed: Engine | Connection) -> Config:
    """Return the project's configuration with a connection handed in."""
    config = Config(INI, stdout=io.StringIO())
    config.attributes["connection"] = handed
    return config


def said(config: Config) -> str:
    """Return what a command printed."""
    assert isinstance(config.stdout, io.StringIO)
    return config.stdout.getvalue()


def test_an_engine(empty: URL, revisions: tuple[Script, ...]) -> None:
    config = given(make_engine(empty))
    command.upgrade(config, revisions[1].revision)
    assert state.versions(empty) == [revisions[1].revision]
    command.current(config)
    assert said(config) == f"{revisions[1].revision}\n"
    command.stamp(config, revisions[0].revision)
    command.stamp(config, "head", purge=True)
    assert state.versions(empty) == [revisions[-1].revision]
    command.stamp(config, revisions[1].revision)
    command.downgrade(config, "base")
    assert state.versions(empty) == []
    assert state.schema(empty) == {}


def test_a_connection_without_a_transaction(empty: URL, revisions: tuple[Script, ...]) -> None:
    with make_engine(empty).connect() as connection:
        config = given(connection)
        command.upgrade(config, revisions[1].revision)
        assert state.versions(empty) == [revisions[1].revision], "each revision is committed"
        command.current(config)
        command.upgrade(config, revisions[1].revision)
        assert not connection.in_transaction()
        assert not connection.closed


def test_a_connection_in_a_transaction(empty: URL, revisions: tuple[Script, ...]) -> None:
    with make_engine(empty).connect() as connection:
        config = given(connection)
        with connection.begin() as transaction:
            connection.execute(text("CREATE TABLE theirs (id bigint)"))
            command.upgrade(config, revisions[1].revision)
            command.stamp(config, revisions[2].revision, purge=True)
            command.current(config)
            assert said(config) == f"{revisions[2].revision}\n"
            assert connection.get_transaction() is transaction
            assert state.versions(empty) is None, "nothing is committed behind the caller's back"
            transaction.rollback()
        assert state.schema(empty) == {}
        assert state.versions(empty) is None
        with connection.begin():
            command.upgrade(config, revisions[0].revision)
        assert state.versions(empty) == [revisions[0].revision]


def test_a_transaction_that_a_question_began(empty: URL, revisions: tuple[Script, ...]) -> None:
    with make_engine(empty).connect() as connection:
        connection.execute(text("SELECT 1"))
        command.upgrade(given(connection), revisions[0].revision)
        assert state.versions(empty) is None
        connection.commit()
        assert state.versions(empty) == [revisions[0].revision]


def test_a_url(empty: URL, revisions: tuple[Script, ...]) -> None:
    config = Config(INI)
    url = empty.render_as_string(hide_password=False)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, revisions[0].revision)
    assert state.versions(empty) == [revisions[0].revision]


def test_the_models_are_compared_with_what_is_handed_in(database: URL) -> None:
    with make_engine(database).connect() as connection:
        config = given(connection)
        command.check(config)
        connection.rollback()
        state.execute(database, "ALTER TABLE posts DROP COLUMN published CASCADE")
        with pytest.raises(CommandError, match="published"):
            command.check(config)


def test_a_failure_is_an_exception(empty: URL, revisions: tuple[Script, ...]) -> None:
    state.execute(empty, "CREATE TABLE posts (id bigint)")
    before = state.schema(empty)
    with make_engine(empty).connect() as connection:
        config = given(connection)
        with pytest.raises(UserError, match=f"{revisions[0].revision} .* already exists"):
            command.upgrade(config, "head")
        assert not connection.in_transaction()
        with pytest.raises(CommandError, match="Can't locate revision identified by 'nope'"):
            command.upgrade(config, "nope")
    assert state.schema(empty) == before
    assert state.versions(empty) is None
