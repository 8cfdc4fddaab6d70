"""No requirement of the repository is alembic-pg by name, to which an index might answer."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # what TOML and YAML hold
    """Yield the texts in the lists of a document, where requirements are."""
    if isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, str):
                yield part
            else:
                yield from texts(part)


def typed(page: str) -> Iterator[str]:
    """Yield the arguments of each pip install in a page."""
    for line in re.findall(r"\bpip3? .*?install (.*)", page):
        yield from shlex.split(line.partition("&&")[0].strip("`"), comments=True)


def is_by_name(text: str) -> bool:
    """Return whether a text is a requirement that an index would answer to with alembic-pg."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    return canonicalize_name(requirement.name) == "alembic-pg" and requirement.url is None


@pytest.mark.parametrize("name", ["pyproject.toml", "engine/pyproject.toml"])
def test_no_list_of_a_distribution_has_it(name: str) -> None:
    project = tomllib.loads((ROOT / name).read_text())
    project.pop("tool")  # has other lists of names
    assert [text for text in texts(project) if is_by_name(text)] == []


@pytest.mark.parametrize("name", [".pre-commit-config.yaml", ".pre-commit-hooks.yaml"])
def test_no_hook_asks_for_it(name: str) -> None:
    assert [
        text for text in texts(yaml.safe_load((ROOT / name).read_text())) if is_by_name(text)
    ] == []


@pytest.mark.parametrize("name", ["README.md", "engine/README.md", "engine/docs/adopt.md"])
def test_no_page_lets_pip_ask_for_it(name: str) -> None:
    assert [text for text in typed((ROOT / name).read_text()) if is_by_name(text)] == []


def test_such_requirements_are_found() -> None:
    assert is_by_name("alembic-pg>=0.1")
    assert is_by_name("Alembic_PG[embedded]")
    assert not is_by_name("alembic-pg @ https://example.org/alembic_pg-0.1.0-py3-none-any.whl")
    assert list(typed("`python -m pip install 'alembic-pg[embedded]' && alembic check`")) == [
        "alembic-pg[embedded]"
    ]
