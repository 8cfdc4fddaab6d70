"""What the revisions build is asked of the server once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic_pg.autogenerate.sides import revisions
from sqlalchemy import event

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config
    from alembic_pg.database.scratch import ScratchServer


def test_an_unchanged_history_makes_no_database(
    databases: ScratchServer, head: str, config: Config, tmp_path: Path
) -> None:
    environment = EnvironmentContext(config, ScriptDirectory.from_config(config))
    first = revisions.schema_of_revisions(tmp_path, environment, databases)
    statements: list[str] = []
    event.listen(
        databases.connection, "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    again = revisions.schema_of_revisions(tmp_path, environment, databases)
    assert again == first
    assert again.template == head
    assert len(statements) == 1  # which templates there are
    with again.connection() as (connection, _):
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
