"""A command that fails tells it as an event, too: its own sentence, whatever ends it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing.tree import PASSWORD
from tests.interrupts import INTERRUPTED, TERMINATED, interrupted, waits

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

SLEEPS = """
from alembic import op
revision = "10ng"
down_revision = "{down}"
def upgrade():
    op.execute("SELECT pg_sleep(60)")
def downgrade(): pass
"""


def failure(done: CommandResult) -> str:
    """Return the sentence of the event with which a command ends; its last lines are the same."""
    told, _, text = done.err.partition("\nFAILED: ") if "\nFAILED: " in done.err else ("", "", "")
    assert PASSWORD not in done.err
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["event"] for line in lines].count("failed") == 1
    assert lines[-1]["event"] == "failed"
    assert lines[-1]["message"] == text.rstrip("\n")
    return str(lines[-1]["message"])


@pytest.mark.parametrize(
    ("number", "sentence"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_a_signal(
    tree_at_head: Tree,
    database: URL,
    revisions: tuple[Script, ...],
    number: signal.Signals,
    sentence: str,
) -> None:
    (tree_at_head.versions / "long.py").write_text(SLEEPS.format(down=revisions[-1].revision))
    asleep = waits(database, "PgSleep")
    done = interrupted(tree_at_head, "-x", "json", "upgrade", "head", when=asleep, number=number)
    assert failure(done) == sentence
    assert done.code == -number


def test_a_server_that_is_away(project: Tree) -> None:
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:1/posts"
    done = project.alembic("-x", "json", "upgrade", "head", DATABASE_URL=url)
    assert failure(done).startswith("No server answers at 127.0.0.1:1 ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-x", "lock_timeuot=1s"), "-x lock_timeuot is unknown"),
        (("-x", "lock_timeout=soon"), "lock_timeout"),
    ],
)
def test_an_option_that_cannot_be(project: Tree, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in failure(project.alembic("-x", "json", *arguments, "upgrade", "head"))


def test_a_revision_that_is_not_there(project: Tree, empty: URL) -> None:
    del empty
    assert "nowhere" in failure(project.alembic("upgrade", "nowhere", ALEMBIC_JSON="on"))
