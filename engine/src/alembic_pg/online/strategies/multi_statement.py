"""Several statements in one text, or in a DO block: they stand as they are, if they are short.

No note can tell how far such a text came, so none of them takes its online form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables
from alembic_pg.sql import cursor, parser, plpgsql
from alembic_pg.sql.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.cursor import Cursor


def expect_short(runner: Runner, sql: str, choose: Callable[[str], object]) -> None:
    """Raise LeftNothingError when one of several statements would stop the work on a large table.

    choose: returns the online form of one, None without; raises for what has none and needs one.
    """
    for part in _parts(sql):
        if choose(part) is None:
            continue
        shape = parser.parse(part)
        table = runner.find(shape.table) if shape is not None and shape.table else None
        if table is not None:
            said = " ".join(part.split()[:5])
            what = f"{said} …, among other statements,"
            large_tables.allow(runner, table, what, "Give it an op.execute() of its own.")


def _parts(sql: str) -> Iterator[str]:
    """Yield the statements of a text, none where it is but one, and those of its blocks."""
    found = tokens(sql)
    if any(token.keyword == "ATOMIC" for token in found):
        return  # what is in the body of a function is not executed
    texts = split(sql)
    if len(texts) > 1:
        yield from texts
    for text in texts:
        if tokens(text)[0].keyword == "DO":
            body = next((one for one in tokens(text) if one.kind in {"dollar", "string"}), None)
            yield from _texts(plpgsql.statements(plpgsql.content(body))) if body else ()


def split(sql: str) -> list[str]:
    """Return the statements of a text."""
    return _texts(cursor.statements(sql))


def _texts(found: Iterable[Cursor]) -> list[str]:
    return [one.sql[one.tokens[0].start : one.tokens[-1].end] for one in found if one.tokens]
