"""The pages of the project: what they name is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PLACES = [ROOT, ROOT / "engine"]
PAGES = sorted(
    page for place in PLACES for page in (*place.glob("*.md"), *(place / "docs").rglob("*.md"))
)
DECISIONS = sorted(
    page for place in PLACES for page in (place / "docs" / "decisions").glob("[!R]*.md")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_decision_is_listed_and_names_the_tests_that_hold_it(page: Path) -> None:
    text = page.read_text()
    title = text.partition("\n")[0].removeprefix("# ")
    assert f"- [{title}]({page.name})\n" in (page.parent / "README.md").read_text()
    named = re.findall(r"`((?:\.\./)?tests/.*?)`", text.partition("Enforced by ")[2])
    assert named
    assert [name for name in named if not (page.parents[2] / name).is_file()] == []
