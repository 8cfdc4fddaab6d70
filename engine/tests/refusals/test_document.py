"""The page of refusals is what the code says; each kind can be said in full."""

from __future__ import annotations

import re
from pathlib import Path

from alembic_pg.refusals import document, of_batches, of_rights, of_statements, of_targets
from alembic_pg.refusals.refusal import RefusalKind, places

from tests.project import ENGINE

ALL = (*of_statements.ALL, *of_batches.ALL, *of_targets.ALL, *of_rights.ALL)


def test_the_page_is_written_from_the_code() -> None:
    assert (ENGINE / "docs" / "refusals.md").read_text(encoding="utf-8") == document.page()


def test_each_kind_is_refused_somewhere() -> None:
    """A kind that nothing raises would be an untrue line of the page."""
    package = ENGINE / "src" / "alembic_pg"
    files = [file for file in package.rglob("*.py") if file.parent.name != "refusals"]
    raised = set(re.findall(r"\b[A-Z][A-Z_]+\b", "\n".join(map(Path.read_text, files))))
    modules = (of_statements, of_batches, of_targets, of_rights)
    names = {
        name
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, RefusalKind)
    }
    assert names
    assert names <= raised, names - raised


def test_names_are_unique() -> None:
    assert len({kind.name for kind in ALL}) == len(ALL)


def test_each_kind_can_be_said() -> None:
    for kind in ALL:
        names = {*places(kind.effect), *places(kind.instead)} - {"object"}
        said = kind("t", **dict.fromkeys(names, "x")).text
        assert said == said.strip()
        assert "{object}" not in said
