"""The reference pages of docs: each is what the code writes, and says what commands print."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import alembic_pg
import pytest
from alembic_pg import cli, events
from alembic_pg.reference import commands, json_forms, markdown
from alembic_pg.reference.__main__ import PAGES

from tests.project import ENGINE

DOCS = ENGINE / "docs"
SOURCE = Path(alembic_pg.__file__).parent


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_writes(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run: python -m alembic_pg.reference docs"


def test_each_command_with_json_has_its_form() -> None:
    with_json = {
        name
        for name, _, parser in commands.all_commands(cli.make_parser())
        if "--json" in parser.format_help()
    }
    assert json_forms.FORMS.keys() == with_json


def test_each_event_is_told_with_the_facts_that_its_page_says() -> None:
    told: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"tell", "events.tell"}:
                name = ast.unparse(node.args[0]).removeprefix("events.")
                told.setdefault(name, set()).update(str(one.arg) for one in node.keywords)
    said = {name: set(one.facts) for name, one in vars(events).items() if one in events.EVENTS}
    assert told == said
    assert len({one.name for one in events.EVENTS}) == len(events.EVENTS) == len(said)


class _Inner(TypedDict):
    kind: Annotated[Literal["a", "b"], "which"]


class _Form(TypedDict):
    name: Annotated[str | None, "a name"]
    rows: Annotated[float, "how many"]
    inner: Annotated[list[_Inner], "some"]
    values: Annotated[dict[str, str | None], "by name"]


def test_a_mistake_in_json_is_found() -> None:
    right = {"name": None, "rows": 1, "inner": [{"kind": "a"}], "values": {"x": None}}
    assert list(json_forms.mistakes(right, _Form)) == []
    changes: list[dict[str, object]] = [
        {"name": 1},
        {"rows": True},
        {"rows": None},
        {"inner": {"kind": "a"}},
        {"inner": [{"kind": "c"}]},
        {"inner": [{}]},
        {"values": {"x": 1}},
        {"more": ""},
    ]
    for wrong in changes:
        assert list(json_forms.mistakes(right | wrong, _Form)), wrong
    del right["name"]
    assert list(json_forms.mistakes(right, _Form))


def test_a_cell_keeps_what_would_end_it() -> None:
    assert markdown.table(("a", "b"), [("1|2", "")]) == "| a | b |\n| --- | --- |\n| 1\\|2 | |"
