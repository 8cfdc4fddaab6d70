"""A run that is interrupted, by Ctrl-C again and again or SIGTERM, leaves nothing locked."""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.database.run_lock import hold_run_lock
from sqlalchemy import text
from tests.interrupts import INTERRUPTED, TERMINATED, expect_sessions, interrupted, waits
from tests.online.busy import expect_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


@contextmanager
def holding(url: URL, *statements: str) -> Iterator[None]:
    """Keep what some statements lock, and a snapshot."""
    engine = make_engine(url).execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        yield
        # The run has left nothing at work, whoever waits for whom.
        expect_sessions(url, 1)


@contextmanager
def in_a_batch(url: URL) -> Iterator[dict[str, Any]]:
    """Let a batch wait for a row."""
    with holding(url, "SELECT FROM t WHERE a = 200000 FOR UPDATE"):
        yield {"when": waits(url, "transactionid", "UPDATE ONLY t "), "ALEMBIC_LOCK_TIMEOUT": "0"}


@contextmanager
def in_an_index(url: URL) -> Iterator[dict[str, Any]]:
    """Let CREATE INDEX CONCURRENTLY wait for a snapshot."""
    with holding(url, "SELECT count(*) FROM t"):
        yield {"when": waits(url, "virtualxid", "CREATE INDEX CONCURRENTLY")}


@contextmanager
def before_another_run(url: URL) -> Iterator[dict[str, Any]]:
    """Let the run wait for another one."""
    with holding(url), make_engine(url).connect() as other, hold_run_lock(other):
        yield {"says": "Waiting from now on for another run on this database (process "}


WHERE = {"batch": in_a_batch, "index": in_an_index, "another run": before_another_run}

AGAIN, ONCE = "Ctrl-C again and again", "SIGTERM"

SENTENCES = {AGAIN: INTERRUPTED, ONCE: TERMINATED}

# Those that every run of the tests has.
SAMPLE = {"batch": AGAIN, "index": ONCE, "another run": AGAIN}


@pytest.mark.parametrize(
    ("where", "how"),
    [
        pytest.param(
            where,
            how,
            marks=[] if SAMPLE[where] == how else pytest.mark.online,
            id=f"{where}-{how}",
        )
        for where in WHERE
        for how in SENTENCES
    ],
)
def test_the_same_command_again_ends_it(busy: Tree, empty: URL, where: str, how: str) -> None:
    impatient = how == AGAIN
    number = signal.SIGINT if impatient else signal.SIGTERM
    with WHERE[where](empty) as moment:
        done = interrupted(busy, "upgrade", "head", number=number, impatient=impatient, **moment)
    assert done.code == -number
    assert done.err.endswith(f"FAILED: {SENTENCES[how]}\n")
    assert done.err.count("FAILED: ") == 1
    assert not re.search("Traceback|Error|Exception", done.err), done.err
    assert busy.alembic("upgrade", "head").code == 0
    expect_all(empty)
