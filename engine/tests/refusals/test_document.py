"""The page of refusals is what the code says; each kind can be said in full."""

from __future__ import annotations

from alembic_pg.refusals import document, of_batches, of_statements, of_targets
from alembic_pg.refusals.refusal import places

from tests.project import ENGINE

ALL = (*of_statements.ALL, *of_batches.ALL, *of_targets.ALL)


def test_the_page_is_written_from_the_code() -> None:
    assert (ENGINE / "docs" / "refusals.md").read_text(encoding="utf-8") == document.page()


def test_names_are_unique() -> None:
    assert len({kind.name for kind in ALL}) == len(ALL)


def test_each_kind_can_be_said() -> None:
    for kind in ALL:
        names = {*places(kind.effect), *places(kind.instead)} - {"object"}
        said = kind("t", **dict.fromkeys(names, "x")).text
        assert said == said.strip()
        assert "{object}" not in said
