"""Any other ALTER TABLE: asked of an empty twin whether all rows would be read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.online import blocking, twin, waiting
from ddl.online.lexer import tokens

if TYPE_CHECKING:
    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner
    from ddl.online.shapes import AlterTable


# What a temporary table cannot show.
_COPIED = {"LOGGED", "UNLOGGED", "TABLESPACE", "METHOD"}


def form(runner: Runner, shape: AlterTable, table: Relation) -> None:
    """Return no form; raise LeftNothingError when it would stop the work on a large table."""
    words = [token.keyword for token in tokens(shape.rest)]
    # VALIDATE reads all rows beside traffic; by another name, an empty copy is not found again.
    moves = words[:2] in (["RENAME", "TO"], ["SET", "SCHEMA"])
    if "VALIDATE" in words or moves or not blocking.large(table):
        return
    if _COPIED & set(words) or _reads_all(runner, shape, table):
        action = " ".join(shape.rest.split()[:4])
        blocking.allow(
            runner,
            table,
            f"ALTER TABLE … {action}",
            "One action a statement may have an online form.",
        )


def _reads_all(runner: Runner, shape: AlterTable, table: Relation) -> bool:
    try:
        with twin.of(runner, table, twin.ALL):
            before = (runner.one(twin.FILES), runner.one(twin.SCANS))
            runner.execute(f"ALTER TABLE {twin.NAME} {twin.named(shape.rest, table)}")
            return before != (runner.one(twin.FILES), runner.one(twin.SCANS))
    except DBAPIError as error:
        waiting.raise_busy(error)
        return False  # PostgreSQL says why, when the statement itself is executed
