"""Any other ALTER TABLE: asked of an empty twin whether all rows would be read or written."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import error_text
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import large_tables, probe_table
from alembic_pg.sql.lexer import tokens
from alembic_pg.sql.quoting import quoted

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.lexer import Token
    from alembic_pg.sql.statements import AlterTable

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
    if not large_tables.large(table):
        return
    found = _actions(shape.rest)
    looks = [action[0].keyword == "VALIDATE" for action in found]
    if any(looks) and not all(looks):
        what = "VALIDATE CONSTRAINT beside other actions"
        large_tables.allow(runner, table, what, "Give it a statement of its own.")
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
            lock_retry.raise_busy(error)
            why = f" ({error_text.of(error)} on an empty copy)"
    large_tables.allow(
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
    with probe_table.of(runner, table, probe_table.ALL):
        before = (runner.one(probe_table.FILES), runner.one(probe_table.SCANS))
        runner.execute(f"ALTER TABLE {probe_table.NAME} {probe_table.named(rest, table)}")
        return before != (runner.one(probe_table.FILES), runner.one(probe_table.SCANS))
