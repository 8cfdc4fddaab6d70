"""The pages of docs that are written of the code, or must name what it has."""

from __future__ import annotations

import re

from alembic_pg.autogenerate.hints import casts, fill_value, renames
from alembic_pg.cli import page

from tests.project import ENGINE

DOCS = ENGINE / "docs"


def test_the_commands() -> None:
    written = (DOCS / "commands.md").read_text()
    assert written == page.page(), "run: python -m alembic_pg.cli.page > docs/commands.md"


def test_each_hint_is_on_its_page_and_no_other() -> None:
    named = re.findall(r'^\| `"(\w+)"', (DOCS / "hints.md").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(
        [
            renames.RENAMED_FROM,
            renames.RENAMED_VALUES,
            fill_value.INFO_KEY,
            casts.USING_KEY,
            casts.BACK_KEY,
        ]
    )
