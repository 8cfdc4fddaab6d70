"""Colour SQL for a page, with Pygments."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from alembic_pg.pages import names

if TYPE_CHECKING:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer


# What HTML cannot hold, as pictures; lines and tabs stay.
_CONTROLS = {code: picture for code, picture in names.CONTROLS.items() if code not in {9, 10}}


def highlight_sql(sql: str) -> Markup:
    """Return SQL as HTML, its keywords and the like in spans with Pygments' classes."""
    from pygments import highlight  # noqa: PLC0415  # of an extra

    lexer, formatter = _tools()
    sql = sql.translate(_CONTROLS)
    return Markup(highlight(sql, lexer, formatter).rstrip("\n"))  # noqa: S704  # Pygments escapes


@lru_cache(maxsize=1)
def _tools() -> tuple[Lexer, HtmlFormatter[str]]:
    from pygments.formatters.html import HtmlFormatter  # noqa: PLC0415  # of an extra
    from pygments.lexers.sql import PostgresLexer  # noqa: PLC0415

    return PostgresLexer(), HtmlFormatter(nowrap=True)
