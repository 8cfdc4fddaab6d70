"""Refuse several statements in one text, or in a DO block, where one of them needs a strategy.

The journal cannot tell how far such a text came, so it runs as it is, where it is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables
from alembic_pg.sql import parser, plpgsql, split
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.online.run.revision_runner import Runner


def refuse_long_parts(runner: Runner, sql: str, choose: Callable[[str], object]) -> None:
    """Raise RefusedError when one of several statements would stop the work on a large table.

    choose: returns the strategy of one, None without; raises for what needs one and has none.
    """
    for part in _nested_statements(sql):
        if choose(part) is None:
            continue
        statement = parser.parse(part)
        table = (
            runner.find_relation(statement.table)
            if statement is not None and statement.table
            else None
        )
        if table is not None:
            said = " ".join(part.split()[:5])
            what = f"{said} …, among other statements,"
            large_tables.refuse_if_large(runner, table, what, "Give it an op.execute() of its own.")


def _nested_statements(sql: str) -> Iterator[str]:
    """Yield the statements of a text, none where it is but one, and those of its blocks."""
    texts = split.statement_texts(sql)
    if len(texts) > 1:
        yield from texts
    for text in texts:
        if tokenize(text)[0].keyword == "DO":
            body = next((one for one in tokenize(text) if one.kind in {"dollar", "string"}), None)
            yield from (
                map(split.cursor_text, plpgsql.block_statements(plpgsql.string_content(body)))
                if body
                else ()
            )
