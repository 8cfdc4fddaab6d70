"""Where the target is: what the caller configured, what DATABASE_URL names, or the tree's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic_pg.database import target
from alembic_pg.database.connect import connect
from alembic_pg.embedded import programs, server
from alembic_pg.errors import UserError
from sqlalchemy import text

if TYPE_CHECKING:
    from pathlib import Path


def test_who_is_named_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://one/posts")
    configured = target.find(tmp_path, "postgresql://two/posts")
    assert (configured.url.host, configured.source) == ("two", "sqlalchemy.url")
    named = target.find(tmp_path)
    assert (named.url.host, named.source) == ("one", "DATABASE_URL")
    assert not list(tmp_path.iterdir()), "no server is started"


def test_a_wrong_url_is_told_with_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://one/posts")
    with pytest.raises(UserError, match="DATABASE_URL is no PostgreSQL URL"):
        target.find(tmp_path)
    with pytest.raises(UserError, match=r"sqlalchemy\.url is no PostgreSQL URL"):
        target.find(tmp_path, "mysql://two/posts")


def test_the_trees_own_server_has_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    odd = 'say "50% :x"'
    for name in ("app", odd, "app", odd):
        place = target.find(tmp_path, embedded_database=name)
        with connect(place.url, source=place.source) as connection:
            assert connection.scalar(text("SELECT current_database()")) == name
            assert connection.scalar(text("SHOW fsync")) == "on"
    server.start(tmp_path / ".postgres" / "target", durable=True).release()


def test_the_configuration_may_give_that_database_a_name(tmp_path: Path) -> None:
    for file in ("none.ini", "alembic.ini"):
        (tmp_path / "alembic.ini").write_text("[alembic]\nembedded_database = shop\n")
        name = target.embedded_database(Config(tmp_path / file))
        assert name == ("shop" if file == "alembic.ini" else target.EMBEDDED_DATABASE)


def test_without_the_embedded_server_somebody_must_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(programs, "can_run_server", lambda: False)
    with pytest.raises(UserError, match="No database is named: set DATABASE_URL to postgresql://"):
        target.find(tmp_path)
