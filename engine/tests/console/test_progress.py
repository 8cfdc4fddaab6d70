"""One line for each revision that runs, and how far a table is."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg.console import progress
from alembic_pg.console.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Alembic's logger, which is left as it was found."""
    found = logging.getLogger("alembic.runtime.migration")
    before = (found.handlers[:], found.level, found.propagate)
    yield found
    found.handlers[:], found.level, found.propagate = before


def test_it_shows_what_runs_and_no_other_words(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    progress.show_revisions()
    progress.show_revisions()
    logger.info("Context impl %s.", "PostgresqlImpl")
    logger.info("Running %s", "upgrade a -> b, do it")
    assert capsys.readouterr() == ("", "Running upgrade a -> b, do it\n")


def test_quiet_is_quiet(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    progress.show_revisions(quiet=True)
    logger.info("Running %s", "upgrade a -> b, do it")
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that lets time pass, in seconds."""
    now = 1000.0

    def go(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    return go


def test_in_a_log(clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress("t", began=1000.0)
    for second in range(30):
        clock(1)
        shown.update(second / 100, second * 100)
    shown.explain_pause("waiting for a replica")
    shown.explain_pause("waiting for a replica")
    shown.close()
    assert capsys.readouterr().err.splitlines() == [
        "t: 0 rows, 0%, 0 rows/s, 0 s left",
        "t: 1,000 rows, 10%, 91 rows/s, 1 min 39 s left",
        "t: 2,000 rows, 20%, 95 rows/s, 1 min 24 s left",
        "t: waiting for a replica …",
    ]


def test_on_a_terminal(
    clock: Callable[[float], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = Progress("t", began=1000.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    clock(0.5)
    shown.update(0.1, 100)
    clock(1.5)
    shown.update(0.5, 5000)
    clock(0.1)
    shown.update(0.51, 5100)
    shown.close()
    bar = "█" * 10 + "░" * 10
    line = f"\rt {bar} 5,000 rows, 50%, 2,500 rows/s, 2 s left\033[K\r"
    assert capsys.readouterr().err == f"{line}\r\033[K"
