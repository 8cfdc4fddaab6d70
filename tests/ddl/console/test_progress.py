"""One line for each revision that runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ddl.console import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

import pytest


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
    progress.show()
    progress.show()
    logger.info("Context impl %s.", "PostgresqlImpl")
    logger.info("Running %s", "upgrade a -> b, do it")
    assert capsys.readouterr() == ("", "Running upgrade a -> b, do it\n")


def test_quiet_is_quiet(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    progress.show(quiet=True)
    logger.info("Running %s", "upgrade a -> b, do it")
    assert capsys.readouterr() == ("", "")
