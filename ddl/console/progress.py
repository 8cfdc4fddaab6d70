"""The lines that tell which revision runs."""

from __future__ import annotations

import logging
import sys

# Alembic says "Running upgrade a -> b, message" through this logger, among words about itself.
_LOGGER = "alembic.runtime.migration"


def show(*, quiet: bool = False) -> None:
    """Show one line on the standard error for each revision that runs, unless ``quiet``."""
    if quiet:
        return
    logger = logging.getLogger(_LOGGER)
    if not any(isinstance(handler, _Handler) for handler in logger.handlers):
        logger.addHandler(_Handler(sys.stderr))
        logger.setLevel(logging.INFO)
        logger.propagate = False


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]  # generic only to the checker
    def filter(self, record: logging.LogRecord) -> bool:
        return str(record.msg).startswith("Running ")
