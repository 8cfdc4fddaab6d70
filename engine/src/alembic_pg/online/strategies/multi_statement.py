"""Refuse several statements in one text, or in a DO block, where one of them needs a strategy.

The journal cannot tell how far such a text came, so it runs as it is, where it is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables
from alembic_pg.sql import cursor, parser, plpgsql
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.cursor import Cursor


def refuse_long_parts(runner: Runner, sql: str, choose: Callable[[str], object]) -> None:
    """Raise RefusedError when one of several statements would stop the work on a large table.

    choose: returns the strategy of one, None without; raises for what needs one and has none.
    """
    for part in _nested_statements(sql):
        if choose(part) is None:
            continue
        statement = parser.parse(part)
        table = runner.find(statement.table) if statement is not None and statement.table else None
        if table is not None:
            said = " ".join(part.split()[:5])
            what = f"{said} …, among other statements,"
            large_tables.refuse_if_large(runner, table, what, "Give it an op.execute() of its own.")


def _nested_statements(sql: str) -> Iterator[str]:
    """Yield the statements of a text, none where it is but one, and those of its blocks."""
    found = tokenize(sql)
    if any(token.keyword == "ATOMIC" for token in found):
        return  # what is in the body of a function is not executed
    texts = split_statements(sql)
    if len(texts) > 1:
        yield from texts
    for text in texts:
        if tokenize(text)[0].keyword == "DO":
            body = next((one for one in tokenize(text) if one.kind in {"dollar", "string"}), None)
            yield from (
                _statement_texts(plpgsql.block_statements(plpgsql.string_content(body)))
                if body
                else ()
            )


def split_statements(sql: str) -> list[str]:
    """Return the statements of a text."""
    return _statement_texts(cursor.statement_cursors(sql))


def _statement_texts(found: Iterable[Cursor]) -> list[str]:
    return [one.sql[one.tokens[0].start : one.tokens[-1].end] for one in found if one.tokens]
