"""Recognise statements whose effect ends with the session or transaction, so each run repeats them.

A setting is made again in each run, and a transaction's in each transaction. A temporary table, a
lock or a cursor ties the rest of the revision to one transaction. What hinders a change of a column
is dropped for the transaction only, in which that happens.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from alembic_pg.sql import split
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_relation, unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.sql.cursor import Cursor, QualifiedName

_SESSION_COMMANDS = {
    "SET",
    "RESET",
    "DISCARD",
    "LISTEN",
    "UNLISTEN",
    "PREPARE",
    "DEALLOCATE",
    "LOAD",
}
_BINDING_COMMANDS = {"LOCK", "DECLARE", "FETCH", "MOVE", "CLOSE"}
_TEMPORARY = {"TEMP", "TEMPORARY"}
_CREATE_MODIFIERS = {*_TEMPORARY, "LOCAL", "GLOBAL", "OR", "REPLACE"}

# What SELECT, or a block of code, may make for its session or transaction; settings of a block.
_MAY_BIND = {"SELECT", "WITH", "DO"}
_BINDING_PATTERN = re.compile(
    r"\b(INTO|CREATE(\s+(LOCAL|GLOBAL))?)\s+TEMP(ORARY)?\b|\bpg_(try_)?advisory_\w*lock"
    r"|^\s*DO\b.*\b(SET\s+(LOCAL|SESSION)|set_config)\b",
    re.IGNORECASE | re.DOTALL,
)
_READING_COMMANDS = {
    "SELECT",
    "SHOW",
    "VALUES",
    "TABLE",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "SET",
    "EXPLAIN",
}
# After it, another role asks, or a name means something else. In PL/pgSQL, PERFORM is SELECT.
_CHANGES_MEANING = re.compile(
    r"\s*(SET\s+((LOCAL|SESSION)\s+)?(ROLE|SESSION\s+AUTHORIZATION|SCHEMA|search_path)\b"
    r"|RESET\s+(ROLE|SESSION|search_path|ALL)\b"
    r"|(SELECT|PERFORM)\s+(pg_catalog\.)?set_config\s*\(\s*'(role|search_path)')",
    re.IGNORECASE,
)
_SETS_SEARCH_PATH = re.compile(
    r"\s*(SET\s+((LOCAL|SESSION)\s+)?(SCHEMA|search_path)\b|RESET\s+(search_path|ALL)\b"
    r"|SELECT\s+(pg_catalog\.)?set_config\s*\(\s*'search_path'\s*,\s*'[^']*'\s*,\s*\w+\s*\)\s*;?\s*$)",
    re.IGNORECASE,
)
_PATHS = {"SCHEMA", "SEARCH_PATH"}
_TRANSACTION_SCOPES = {"LOCAL", "TRANSACTION", "CONSTRAINTS"}

# The journal's entry of a column swap.
SWAP_ENTRY = "swap"

_DROPS = ("DROP VIEW", "DROP MATERIALIZED VIEW", "DROP POLICY", "DROP TRIGGER", "DROP RULE")


def is_session_statement(sql: str) -> bool:
    """Return whether a statement concerns the session, and must be executed in each run."""
    words = _keywords(sql)
    return (
        words[0] in _SESSION_COMMANDS
        or binds_to_session(sql)
        or (words[0] == "SELECT" and "SET_CONFIG" in words)
    )


def changes_meaning(sql: str) -> bool:
    """Return whether a statement changes as whom those after it run, or what a name means."""
    return bool(_CHANGES_MEANING.match(sql))


def sets_search_path(sql: str) -> bool:
    """Return whether a statement sets the search_path to what it says, and does no more."""
    return bool(_SETS_SEARCH_PATH.match(sql))


def search_path_set_by(sql: str) -> str:
    """Return the search_path to which a statement sets it, "" for what sets none.

    Of a path with several schemas and of one with quotes, what stands in the statement.
    """
    if not sets_search_path(sql) or sql.lstrip()[:5].upper() == "RESET":
        return ""
    words = [token for token in tokenize(sql) if token.text != ";"]
    if words[0].keyword == "SELECT":
        texts = [token for token in words if token.kind == "string"]
        return unquote_literal(texts[1].text)
    start = next(at for at, token in enumerate(words) if token.keyword in _PATHS) + 1
    if words[start : start + 1] and words[start].text in {"=", "TO", "to"}:
        start += 1
    said = words[start:]
    if len(said) == 1 and said[0].kind == "string":
        return unquote_literal(said[0].text)
    path = sql[said[0].start : said[-1].end] if said else ""
    return "" if path.upper() == "DEFAULT" else path


def binds_to_session(sql: str) -> bool:
    """Return whether what a statement makes exists for its session or transaction only."""
    words = _keywords(sql)
    if words[0] == "CREATE":
        return bool(
            _TEMPORARY & set(itertools.takewhile(_CREATE_MODIFIERS.__contains__, words[1:]))
        )
    return words[0] in _BINDING_COMMANDS or (
        words[0] in _MAY_BIND and bool(_BINDING_PATTERN.search(sql))
    )


def is_transaction_setting(sql: str) -> bool:
    """Return whether a statement changes a setting for its transaction."""
    words = _keywords(sql)
    return (words[0] == "SET" and words[1:2] != [] and words[1] in _TRANSACTION_SCOPES) or (
        words[0] == "SELECT" and "SET_CONFIG" in words
    )


def as_session_setting(sql: str) -> tuple[str, str]:
    """Return SET LOCAL for a session, and the name of the setting; twice "" for what is no such."""
    found = tokenize(sql)
    words = _keywords(sql)
    if words[:2] != ["SET", "LOCAL"] or len(words) < 3:  # noqa: PLR2004  # SET LOCAL name
        return "", ""
    name = "timezone" if words[2:4] == ["TIME", "ZONE"] else found[2].text
    return f"SET SESSION {sql[found[2].start :]}", name


def may_write(sql: str) -> bool:
    """Return whether a statement may change rows or tables: EXPLAIN ANALYZE executes its own."""
    words = _keywords(sql)
    executes = words[0] == "EXPLAIN" and bool({"ANALYZE", "ANALYSE"} & set(words))
    return executes or words[0] not in _READING_COMMANDS


def detaches(sql: str) -> bool:
    """Return whether a statement drops what hinders a change of a column's type.

    A view, a policy or the like, or the column's default, which the new type does not take. What
    hangs on a function may be an index, of which a copy would be made.
    """
    cursor = split.first_statement(sql)
    if cursor.accept("DROP", "FUNCTION"):
        return not cursor.contains("CASCADE")
    return bool(cursor.accept_any(*_DROPS)) or dropped_default(sql) is not None


def dropped_default(sql: str) -> tuple[QualifiedName, str] | None:
    """Return the table and the column whose default a statement drops, None of any other."""
    found = _column_action(sql)
    return found[:2] if found and found[2].accept("DROP", "DEFAULT") else None


def dropped_constraint(sql: str) -> str:
    """Return the name of the constraint that a statement drops, and does nothing else, or ""."""
    cursor = split.first_statement(sql)
    if not cursor.accept("ALTER", "TABLE"):
        return ""
    cursor.altered_table()
    name = _accept_dropped_constraint(cursor)
    return name if cursor.current is None else ""


def dropped_constraints(sql: str) -> tuple[str, list[str]]:
    """Return the table of an ALTER TABLE, and the names of the constraints that it drops.

    sql: one statement. Of any other the table is "".
    """
    cursor = split.first_statement(sql)
    if not cursor.accept("ALTER", "TABLE"):
        return "", []
    cursor.default_schema = ""
    table = cursor.altered_table()
    names = filter(None, map(_accept_dropped_constraint, cursor.split_commas()))
    return quote_relation(*table), [*names]


def _accept_dropped_constraint(action: Cursor) -> str:
    """Step over DROP CONSTRAINT, if it comes next; return the constraint's name, else ""."""
    if not action.accept("DROP", "CONSTRAINT"):
        return ""
    action.accept("IF", "EXISTS")
    name = action.identifier()
    action.accept_any("RESTRICT", "CASCADE")
    return name


def drops_with_cascade(sql: str) -> bool:
    """Return whether a statement, be it one of several, drops what hangs on something, too."""
    words = [token.keyword for token in tokenize(sql)]
    pairs = itertools.pairwise(words)
    return any(word == "CASCADE" and before not in {"DELETE", "UPDATE"} for before, word in pairs)


def changes_default(sql: str) -> bool:
    """Return whether a statement sets or drops the default of one column, and does nothing else."""
    found = _column_action(sql)
    return bool(found and found[2].accept_any("SET DEFAULT", "DROP DEFAULT"))


def _column_action(sql: str) -> tuple[QualifiedName, str, Cursor] | None:
    """Return the table and the column that a statement alters, and what it does; None of any other.

    One that does several things is another one.
    """
    cursor = split.first_statement(sql)
    if not cursor.accept("ALTER", "TABLE"):
        return None
    table = cursor.altered_table()
    actions = list(cursor.split_commas())
    if len(actions) != 1 or not actions[0].accept("ALTER"):
        return None
    actions[0].accept("COLUMN")
    return table, actions[0].identifier(), actions[0]


def renamed_type(sql: str) -> tuple[QualifiedName, QualifiedName] | None:
    """Return the old and the new name of a type that a statement renames, None of any other."""
    cursor = split.first_statement(sql)
    if not cursor.accept_any("ALTER TYPE", "ALTER DOMAIN"):
        return None
    old = cursor.qualified_name()
    new = cursor.identifier() if cursor.accept("RENAME", "TO") else ""
    return (old, (old[0], new)) if new else None


def recreated_type(executed: Iterable[str]) -> QualifiedName | None:
    """Return a type whose name another one has that was created after it was renamed.

    executed: statements, in their order. None is returned where there is no such type.
    """
    renamed: set[QualifiedName] = set()
    for sql in executed:
        if names := renamed_type(sql):
            renamed.add(names[0])
            continue
        cursor = split.first_statement(sql)
        if cursor.accept_any("CREATE TYPE", "CREATE DOMAIN"):
            name = cursor.qualified_name()
            if name in renamed:
                return name
    return None


def _keywords(sql: str) -> list[str]:
    return [token.keyword for token in tokenize(sql)] or [""]
