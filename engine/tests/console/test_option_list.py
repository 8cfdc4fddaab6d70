"""The list of the options: on the screen, and as a page."""

from __future__ import annotations

from alembic_pg.console import option_list
from alembic_pg.console.screen import PLAIN_WIDTH
from alembic_pg.options import OPTIONS

from tests.project import ENGINE


def test_each_option_is_a_line() -> None:
    lines = option_list.screen_text().splitlines()
    assert len(lines) == len(OPTIONS) + 3
    assert max(map(len, lines)) <= PLAIN_WIDTH
    assert "-x large_table=8MB       Treat a table that is larger" in option_list.screen_text()
    assert all(option.meaning in line for option, line in zip(OPTIONS, lines[1:], strict=False))


def test_the_page_is_of_the_table() -> None:
    written = (ENGINE / "docs" / "options.md").read_text()
    assert written == option_list.page(), "run: alembic-pg options --markdown > docs/options.md"
