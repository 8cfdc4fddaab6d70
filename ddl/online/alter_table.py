"""Any other ALTER TABLE: asked of an empty twin whether all rows would be read or written."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.compare.names import quoted
from ddl.database import reason
from ddl.online import blocking, twin, waiting
from ddl.online.lexer import tokens

if TYPE_CHECKING:
    from ddl.online.catalog import Relation
    from ddl.online.lexer import Token
    from ddl.online.runner import Runner
    from ddl.online.shapes import AlterTable

# What a temporary table cannot show.
_COPIED = {"LOGGED", "UNLOGGED", "TABLESPACE", "METHOD", "ENFORCED"}

# Actions that never look at a row, or, VALIDATE, that look beside traffic; some of them name what
# a twin does not have.
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
}

# Whether the columns of an index have no nulls.
_FILLED = """
SELECT bool_and(attnotnull) FROM pg_index
JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey[0:indnkeyatts - 1])
WHERE indexrelid = to_regclass(:name)
"""


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
    actions = [
        action
        for action in found
        if not (_momentary(action) or _takes_index(runner, action, table))
    ]
    if not actions:
        return
    why = ""
    rest = ", ".join(shape.rest[action[0].start : action[-1].end] for action in actions)
    words = {token.keyword for action in actions for token in action}
    by_index = {"USING", "INDEX"} <= words
    if not (_COPIED & words or by_index):
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
        "Make its columns NOT NULL before."
        if by_index
        else "One action a statement may have an online form.",
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
    words = [token.keyword or token.text for token in action]
    first, second = ([*words, "", ""])[:2]
    if (first, second) == ("ALTER", "CONSTRAINT"):
        # ENFORCED looks through all rows, INHERIT through those of tables that inherit.
        pairs = set(itertools.pairwise(words))
        enforced = "ENFORCED" in words and ("NOT", "ENFORCED") not in pairs
        return not (enforced or ("INHERIT" in words and ("NO", "INHERIT") not in pairs))
    return first in _MOMENTARY or (first, second) in _MOMENTARY_PAIRS


def _takes_index(runner: Runner, action: list[Token], table: Relation) -> bool:
    """Return whether an index that is there becomes a constraint, and no row is looked at.

    A primary key looks for nulls in what is not NOT NULL.
    """
    words = [token.keyword for token in action]
    pairs = list(itertools.pairwise(words))
    if words[0] != "ADD" or ("USING", "INDEX") not in pairs[:-1]:
        return False
    name = f"{quoted(table.schema)}.{action[pairs.index(('USING', 'INDEX')) + 2].text}"
    return "UNIQUE" in words or bool(runner.one(_FILLED, name=name))


def _reads_all(runner: Runner, rest: str, table: Relation) -> bool:
    with twin.of(runner, table, twin.ALL):
        before = (runner.one(twin.FILES), runner.one(twin.SCANS))
        runner.execute(f"ALTER TABLE {twin.NAME} {twin.named(rest, table)}")
        return before != (runner.one(twin.FILES), runner.one(twin.SCANS))
