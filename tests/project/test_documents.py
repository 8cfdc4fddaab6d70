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
# The pages of which a test types each block "console", and compares what is printed.
PLAYED = [
    ROOT / "docs" / "first-revision.md",
    *(ROOT / "engine" / "docs").rglob("*.md"),
]
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
SHELLS = {"sh", "bash", "console", "shell", "yaml", "dockerfile"}

DECISIONS = sorted(
    page for place in PLACES for page in (place / "docs" / "decisions").glob("[!R]*.md")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_typed_by_a_test(page: Path) -> None:
    """Of a page: all blocks by one test, each by a test that a comment names, or none, and why."""
    text = page.read_text()
    whole = re.search(r"^<!-- run by (\S+): every block of this page -->$", text, re.MULTILINE)
    if whole:
        assert (ROOT / whole[1]).is_file()
        return
    for block in BLOCK.finditer(text):
        typed = block["kind"] in SHELLS or re.search(r"^\$ ", block["text"], re.MULTILINE)
        if not typed or (block["kind"] == "console" and page in PLAYED):
            continue
        mark = block["mark"] or ""
        if mark.startswith("run by "):
            assert (ROOT / mark.removeprefix("run by ")).is_file(), mark
        else:
            assert re.match(r"not run: \w+", mark), f"nothing types {block['text']}"


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_decision_is_listed_and_names_the_tests_that_hold_it(page: Path) -> None:
    text = page.read_text()
    title = text.partition("\n")[0].removeprefix("# ")
    assert f"- [{title}]({page.name})\n" in (page.parent / "README.md").read_text()
    named = re.findall(r"`((?:\.\./)?tests/.*?)`", text.partition("Enforced by ")[2])
    assert named
    assert [name for name in named if not (page.parents[2] / name).is_file()] == []
