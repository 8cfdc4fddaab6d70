"""The project's revisions run on an empty database, and what pg_dump then prints of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic_pg.database.connect import make_engine
from alembic_pg.database.postgres_programs import libpq_environment
from alembic_pg.embedded import programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import URL, Engine

INI = Path(__file__).resolve().parents[2] / "alembic.ini"


@dataclass(frozen=True)
class History:
    """The revisions, oldest first, run by Alembic's API with the real env.py on one database."""

    engine: Engine
    revisions: tuple[Script, ...]

    def upgrade(self, revision: str) -> None:
        """Run what leads up to a revision."""
        self._run(command.upgrade, revision)

    def downgrade(self, revision: str) -> None:
        """Run what leads down to a revision."""
        self._run(command.downgrade, revision)

    def before(self, revision: Script) -> str:
        """Return the id of the revision below, or "base"."""
        assert not isinstance(revision.down_revision, (list, tuple)), "a merge"
        return revision.down_revision or "base"

    def named(self, doc: str) -> Script:
        """Return the revision of that message."""
        (found,) = [revision for revision in self.revisions if revision.doc == doc]
        return found

    def _run(self, run: Callable[[Config, str], Any], revision: str) -> None:
        config = Config(INI)
        config.attributes["connection"] = self.engine
        run(config, revision)


@pytest.fixture
def history(empty: URL) -> Iterator[History]:
    """The project's revisions on an empty database."""
    engine = make_engine(empty)
    script = ScriptDirectory.from_config(Config(INI))
    yield History(engine, tuple(script.walk_revisions())[::-1])
    engine.dispose()


@pytest.fixture(scope="session")
def pg_dump() -> Callable[[URL], str]:
    """Return a function that returns a database's schema as pg_dump's plain text.

    Owners are in it; alembic_version, which only the revisions build, is not.
    """
    program = programs.find("pg_dump")
    assert program

    def text(url: URL) -> str:
        # Without a key of ours, \restrict has another one in every dump.
        options = ["--schema-only", "--restrict-key=key", "--exclude-table=alembic_version"]
        done = subprocess.run(
            [program, *options],
            env=libpq_environment(url),
            capture_output=True,
            text=True,
            check=True,
        )
        assert not done.stderr
        return done.stdout

    return text
