"""Compare the hand-written parser with PostgreSQL's own grammar, statement by statement."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from alembic_pg.sql import split
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.parser import parse
from postgast import PgQueryError
from tests.sql import postgres_grammar, reassembly
from tests.sql.listed import reason_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sql.postgres_writes import Facts

# Fields that are names, and those that are compared as they are.
_NAMES = {"table", "name", "column", "partition", "alias", "backfill_column"}
_VALUES = {"unique", "only", "kind", "action", "verb", "is_attach", "single_table"}


def disagreements(sql: str) -> Iterator[str]:
    """Yield a line for each thing of which both think otherwise, without those with a reason.

    sql: one statement or several. Nothing comes of a text that has no syntax.
    """
    try:
        ranges = postgres_grammar.statement_ranges(sql)
    except PgQueryError:
        return
    theirs = [split.statement_texts(sql[start:end]) for start, end in ranges]
    if split.statement_texts(sql) != [text for texts in theirs for text in texts]:
        yield from _unlisted(sql, f"split into {split.statement_texts(sql)}, not {theirs}")
        return
    for start, end in ranges:
        yield from _statement_disagreements(sql[start:end])


def _statement_disagreements(sql: str) -> Iterator[str]:
    (facts,) = postgres_grammar.statement_facts(sql)
    found = our_facts(sql)
    compared = {key: found[1].get(key) for key in facts[1]}
    if (found[0], compared) != facts:
        yield from _unlisted(sql, f"{found[0] or None} {compared}, not {facts}")
        return
    statement = parse(sql)
    text = reassembly.text_of(statement) if statement else None
    if text is not None and not reassembly.same(sql, text):
        yield from _unlisted(sql, f"becomes {text}")


def _unlisted(sql: str, what: str) -> Iterator[str]:
    if not reason_for(sql):
        yield f"{sql}\n    {what}"


def our_facts(sql: str) -> Facts:
    """Return what the hand-written parser says of a statement."""
    statement = parse(sql)
    if statement is None:
        return postgres_grammar.NONE
    return type(statement).__name__, {
        key: _plain(key, value) for key, value in asdict(statement).items()
    }


def _plain(key: str, value: Any) -> Any:  # noqa: ANN401  # of any kind of statement
    if key in _NAMES:
        return _name_parts(value)
    return [_name_parts(name) for name in value] if key == "other_tables" else value


def _name_parts(name: str) -> list[str]:
    return [token.identifier for token in tokenize(name) if token.text != "."]
