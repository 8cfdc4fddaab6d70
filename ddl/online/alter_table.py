"""Any other ALTER TABLE: asked of an empty twin whether all rows would be read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.database import reason
from ddl.online import blocking, twin, waiting
from ddl.online.lexer import tokens

if TYPE_CHECKING:
    from ddl.online.catalog import Relation
    from ddl.online.lexer import Token
    from ddl.online.runner import Runner
    from ddl.online.shapes import AlterTable

# What a temporary table cannot show.
_COPIED = {"LOGGED", "UNLOGGED", "TABLESPACE", "METHOD"}

# Actions that never look at a row, or, VALIDATE, that look beside traffic; some of them name what
# a twin does not have. Those of a partition read that one.
_MOMENTARY = {
    *("DROP", "RENAME", "OWNER", "ENABLE", "DISABLE", "FORCE", "CLUSTER", "REPLICA", "RESET"),
    *("INHERIT", "OF", "VALIDATE", "ATTACH", "DETACH"),
}
_MOMENTARY_PAIRS = {
    ("SET", "SCHEMA"),
    ("SET", "("),
    ("NO", "INHERIT"),
    ("NO", "FORCE"),
    ("NOT", "OF"),
    ("ALTER", "CONSTRAINT"),
}


def form(runner: Runner, shape: AlterTable, table: Relation) -> None:
    """Return no form; raise LeftNothingError when it would stop the work on a large table."""
    if not blocking.large(table):
        return
    found = _actions(shape.rest)
    looks = [action[0].keyword == "VALIDATE" for action in found]
    if any(looks) and not all(looks):
        what = "VALIDATE CONSTRAINT beside other actions"
        blocking.allow(runner, table, what, "Give it a statement of its own.")
        return
    actions = [action for action in found if not _momentary(action)]
    if not actions:
        return
    why = ""
    rest = ", ".join(shape.rest[action[0].start : action[-1].end] for action in actions)
    words = {token.keyword for action in actions for token in action}
    if not _COPIED & words:
        try:
            if not _reads_all(runner, rest, table):
                return
        except DBAPIError as error:
            waiting.raise_busy(error)
            why = f" ({reason.of(error)} on an empty copy)"
    blocking.allow(
        runner,
        table,
        f"ALTER TABLE … {' '.join(rest.split()[:4])}{why}",
        "One action a statement may have an online form.",
    )


def _actions(rest: str) -> list[list[Token]]:
    """Return the actions, each as its tokens."""
    actions: list[list[Token]] = [[]]
    for token in tokens(rest):
        if token.text == "," and not token.depth:
            actions.append([])
        else:
            actions[-1].append(token)
    return [action for action in actions if action]


def _momentary(action: list[Token]) -> bool:
    first, second = ([token.keyword or token.text for token in action] + ["", ""])[:2]
    return first in _MOMENTARY or (first, second) in _MOMENTARY_PAIRS


def _reads_all(runner: Runner, rest: str, table: Relation) -> bool:
    with twin.of(runner, table, twin.ALL):
        before = (runner.one(twin.FILES), runner.one(twin.SCANS))
        runner.execute(f"ALTER TABLE {twin.NAME} {twin.named(rest, table)}")
        return before != (runner.one(twin.FILES), runner.one(twin.SCANS))
