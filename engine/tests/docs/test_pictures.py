"""The pictures of docs/first-revision.md: the same bytes as the diagrams of its schema's pages."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from tests.commands.own import own

from tests.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree

PAGE = ROOT / "docs" / "first-revision.md"
PICTURES = PAGE.parent / "pictures"

# A picture, and the page whose first diagram it is.
PAGES = {"overview.svg": "index.html", "posts.svg": "tables/public.posts.html"}

# The rules of the style sheet that are about diagrams, and its colours.
RULE = re.compile(r"^(?::root|@media \(prefers|svg text|\.(?:fill|stroke|edge|node)\b|  |\})")


@pytest.fixture
def pages(tree: Tree) -> Path:
    """The pages of the schema to which the tutorial leads."""
    text = PAGE.read_text()
    for folder in ("models", "alembic/versions"):
        for file in (tree.root / folder).glob("*.py"):
            if file.name not in {"__init__.py", "base.py"}:
                file.unlink()
    for name, model in re.findall(
        r"^```python\n# (models/\w+\.py)\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    ):
        (tree.root / name).write_text(model)
    done = own(tree, "pages")
    assert done.code == 0, done.err
    return tree.root / "pages"


def test_they_are_those_of_the_pages(pages: Path, tmp_path: Path) -> None:
    style = (pages / "style.css").read_text()
    for name, page in PAGES.items():
        (tmp_path / name).write_text(picture((pages / page).read_text(), style))
        ET.parse(tmp_path / name)  # noqa: S314  # it is ours; a browser would show nothing else
    # Where these are right and those of the page are not, they are the new ones.
    for name in PAGES:
        assert (tmp_path / name).read_text() == (PICTURES / name).read_text(), tmp_path / name
    assert {file.name for file in PICTURES.iterdir()} == PAGES.keys()
    assert all(f"](pictures/{name})" in PAGE.read_text() for name in PAGES)


def picture(page: str, style: str) -> str:
    """Return the first diagram of a page with its colours, light and dark, and without links."""
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found
    drawn = re.sub(r"</?a\b[^>]*>", "", found[0])
    lines = style.partition("@media (max-width")[0].splitlines()
    rules = "\n".join(line for line in lines if RULE.match(line))
    head, body = drawn.split(">", 1)
    shown = 'xmlns="http://www.w3.org/2000/svg" style="background: var(--page)"'
    return f"{head} {shown}>\n<style>\n{rules}\n</style>{body}\n"
