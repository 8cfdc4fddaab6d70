"""Each command that only reads the target, as the role with the least rights (docs/how-to)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.server_features import TRANSACTION_TIMEOUT_SINCE as SEVENTEEN
from alembic_pg.testing import state
from tests.commands.own import own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic.script import Script
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

# A command, and what it prints for a role that may read where the database is, and no row.
READING = {
    ("current",): "",
    ("doctor",): "target",
    ("plan",): "Refused: least_",
    ("pages", "{folder}", "--target"): "",
    ("drift",): ": no drift.",
}


@pytest.fixture
def reader(project: Tree, revisions: tuple[Script, ...], empty: URL) -> Iterator[Tree]:
    """A database one revision behind, on which a role may only look."""
    assert project.alembic("upgrade", revisions[-2].revision).code == 0
    role = f"least_{empty.database}"
    state.execute(empty, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON alembic_version TO {role}")
    yield project.on(empty.set(username=role))
    state.execute(empty, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_needs_no_more(
    reader: Tree, command: tuple[str, ...], empty: URL, databases: ScratchServer, tmp_path: Path
) -> None:
    if command[0] in {"drift", "plan"}:
        maintains = command[0] == "drift" and databases.version >= SEVENTEEN
        reads = "pg_maintain" if maintains else "pg_read_all_data"
        state.execute(empty, f"GRANT {reads} TO least_{empty.database}")
    words = [one.format(folder=tmp_path / "pages") for one in command]
    done = reader.alembic(*words) if command[0] == "current" else own(reader, *words)
    assert done.code in {0, 1} if command[0] == "doctor" else done.code == 0, done
    assert READING[command] in done.out, done
    assert "permission denied" not in done.out + done.err
    assert "FAILED" not in done.out + done.err
