"""Refuse any other ALTER TABLE that scans or rewrites a large table, as an empty copy shows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import large_tables, probe_table
from alembic_pg.refusals import of_statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.lexer import Token
    from alembic_pg.sql.statements import OtherAlterTable

# What a temporary table cannot show.
_NOT_ON_PROBE = {"LOGGED", "UNLOGGED", "TABLESPACE", "METHOD", "ENFORCED"}

# Actions that never look at a row, or, VALIDATE, that look beside traffic; some of them name what
# an empty copy does not have.
_METADATA_ONLY = {
    *("DROP", "RENAME", "OWNER", "ENABLE", "DISABLE", "FORCE", "CLUSTER", "REPLICA", "RESET"),
    *("INHERIT", "OF", "VALIDATE", "ATTACH", "DETACH"),
}
_METADATA_ONLY_PAIRS = {
    ("SET", "SCHEMA"),
    ("SET", "("),
    ("NO", "INHERIT"),
    ("NO", "FORCE"),
    ("NOT", "OF"),
}

# Of a constraint of the table; NOT VALID of a column's own, PostgreSQL refuses.
_CONSTRAINT_WORDS = {"CONSTRAINT", "FOREIGN", "CHECK", "NOT"}

_METADATA_ONLY_OF_COLUMN = {
    *(("SET", "DEFAULT"), ("DROP", "DEFAULT"), ("DROP", "NOT"), ("SET", "STATISTICS")),
    *(("SET", "STORAGE"), ("SET", "COMPRESSION"), ("SET", "("), ("RESET", "(")),
}

# Whether the columns of an index have no nulls.
HAS_NO_NULLS = """
SELECT bool_and(attnotnull) FROM pg_index
JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey[0:indnkeyatts - 1])
WHERE indexrelid = to_regclass(:name)
"""


@dataclass(frozen=True)
class ActionsEffect:
    """What the actions of an ALTER TABLE do to all rows.

    actions: those of them that an empty copy was asked about. unknown: why it cannot tell, ""
    where it can. trigger: the event trigger that forbids the copy, if one does. by_index: whether
    an index that is there becomes a constraint. by_not_null: whether one of them adds a NOT NULL
    by the word ADD.
    """

    actions: str = ""
    rewrites: bool = False
    scans: bool = False
    unknown: str = ""
    trigger: str = ""
    by_index: bool = False
    by_not_null: bool = False


def refuse_scan_or_rewrite(runner: Runner, statement: OtherAlterTable, table: Relation) -> None:
    """Return no strategy; raise RefusedError when it would stop the work on a large table."""
    if not large_tables.is_large(runner, table):
        return
    looks = [action[0].keyword == "VALIDATE" for action in _split_actions(statement.rest)]
    if any(looks) and not all(looks):
        large_tables.refuse_if_large(runner, table, of_statements.VALIDATE_BESIDE)
        return
    effect = effect_of_actions(runner, statement.rest, table)
    if not (effect.rewrites or effect.scans or effect.unknown):
        return
    if effect.trigger:
        kind = of_statements.COPY_FORBIDDEN
        large_tables.refuse_if_large(
            runner, table, kind, trigger=effect.trigger, error=effect.unknown
        )
        return
    why = f" ({effect.unknown} on an empty copy)" if not (effect.rewrites or effect.scans) else ""
    kind = of_statements.NAMED_NOT_NULL if effect.by_not_null else of_statements.OTHER_ALTER
    large_tables.refuse_if_large(
        runner,
        table,
        of_statements.KEY_FROM_INDEX if effect.by_index else kind,
        action=f"{' '.join(effect.actions.split()[:4]).rstrip(',')}{why}",
    )


def effect_of_actions(runner: Runner, rest: str, table: Relation) -> ActionsEffect:
    """Return what an ALTER TABLE does to all rows. rest: what follows the name of the table."""
    asked = [
        action
        for action in _split_actions(rest)
        if not (_is_metadata_only(action) or _uses_existing_index(runner, action, table))
    ]
    if not asked:
        return ActionsEffect()
    text = ", ".join(rest[action[0].start : action[-1].end] for action in asked)
    words = {token.keyword for action in asked for token in action}
    if {"USING", "INDEX"} <= words:
        return ActionsEffect(text, scans=True, by_index=True)
    if _NOT_ON_PROBE & words:
        return ActionsEffect(text, rewrites="ENFORCED" not in words, scans=True)
    try:
        with probe_table.empty_copy(runner, table, probe_table.INCLUDING_ALL):
            effect = probe_table.effect_of(runner, probe_table.columns_of_probe(text, table))
            by_not_null = any(map(_adds_not_null, asked))
            return ActionsEffect(text, effect.rewrites, effect.scans, by_not_null=by_not_null)
    except DBAPIError as error:
        from alembic_pg.online.run import refusing_event_trigger  # noqa: PLC0415  # rare

        lock_retry.reraise_if_no_answer(error)
        trigger = refusing_event_trigger.find(runner, error)
        if trigger and trigger.of_rewrites:
            return ActionsEffect(text, rewrites=True, scans=True)
        name = trigger.name if trigger else ""
        return ActionsEffect(text, unknown=errors.describe_error(error), trigger=name)


def _split_actions(rest: str) -> list[list[Token]]:
    """Return the actions, each as its tokens."""
    actions: list[list[Token]] = [[]]
    for token in tokenize(rest):
        if token.text == "," and not token.depth:
            actions.append([])
        else:
            actions[-1].append(token)
    return [action for action in actions if action]


def _is_metadata_only(action: list[Token]) -> bool:
    words = [token.keyword or token.text for token in action]
    first, second = ([*words, "", ""])[:2]
    if (first, second) == ("ALTER", "CONSTRAINT"):
        # ENFORCED looks through all rows, INHERIT through those of tables that inherit.
        pairs = set(itertools.pairwise(words))
        enforced = "ENFORCED" in words and ("NOT", "ENFORCED") not in pairs
        return not (enforced or ("INHERIT" in words and ("NO", "INHERIT") not in pairs))
    if first == "ADD" and second in _CONSTRAINT_WORDS:
        return _adds_without_a_look(action)
    if first == "ALTER":
        # Of one column, named or not by the word COLUMN.
        start = 3 if second == "COLUMN" else 2
        return tuple(words[start : start + 2]) in _METADATA_ONLY_OF_COLUMN
    return first in _METADATA_ONLY or (first, second) in _METADATA_ONLY_PAIRS


def _adds_without_a_look(action: list[Token]) -> bool:
    """Return whether a constraint is added that no row which is there has to fit.

    A foreign key of an empty copy cannot show it: that is temporary, and others are not.
    """
    pairs = set(itertools.pairwise(token.keyword for token in action if not token.depth))
    return not {("NOT", "VALID"), ("NOT", "ENFORCED")}.isdisjoint(pairs)


def _adds_not_null(action: list[Token]) -> bool:
    words = [token.keyword for token in action]
    start = 3 if words[1:2] == ["CONSTRAINT"] else 1
    return words[0] == "ADD" and words[start : start + 2] == ["NOT", "NULL"]


def _uses_existing_index(runner: Runner, action: list[Token], table: Relation) -> bool:
    """Return whether an index that is there becomes a constraint, and no row is looked at.

    A primary key looks for nulls in what is not NOT NULL.
    """
    words = [token.keyword for token in action]
    pairs = list(itertools.pairwise(words))
    if words[0] != "ADD" or ("USING", "INDEX") not in pairs[:-1]:
        return False
    name = f"{quote_name(table.schema)}.{action[pairs.index(('USING', 'INDEX')) + 2].text}"
    return "UNIQUE" in words or bool(runner.first_value(HAS_NO_NULLS, name=name))
