"""Prove each new revision with rows and with the release before, as tests of a project.

A test module of the project imports what is to run, beside pytest-alembic's tests::

    from alembic_pg.testing.proofs import (
        test_new_revisions_carry_or_refuse_rows,
        test_release_before_runs_on_new_revisions,
        test_todays_models_run_before_contract,
    )

New is what the main branch of git has not; ``pytest --proof-base=base`` proves all revisions. The
fixtures of alembic_pg.testing.fixtures have to be there. docs/proofs.md says more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alembic.config import Config

    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.proofs.prove_release import Between
    from alembic_pg.proofs.walk import Project


@pytest.fixture
def proof_values() -> Mapping[str, Sequence[str]]:
    """Texts of values by "table.column", where generated ones do not satisfy the schema.

    A project overrides this fixture.
    """
    return {}


@pytest.fixture
def proof_project(config: Config, databases: ScratchServer) -> Project:
    """The project whose revisions are proved."""
    from alembic_pg.proofs.walk import Project  # noqa: PLC0415  # lazily, as all of it

    return Project(config, databases)


def test_new_revisions_carry_or_refuse_rows(
    proof_project: Project,
    proof_values: Mapping[str, Sequence[str]],
    pytestconfig: pytest.Config,
) -> None:
    """Rows of the schema before each new revision go up, down and up, and none is lost unsaid."""
    base = pytestconfig.getoption("--proof-base", default=None)
    try:
        from alembic_pg.proofs import new_revisions, prove_rows  # noqa: PLC0415  # needs hypothesis

        new = new_revisions.find_new_revisions(proof_project.script, base)
    except UserError as error:
        pytest.fail(str(error), pytrace=False)
    faults: list[str] = []
    for proof in prove_rows.prove_rows(proof_project, new.revisions, given=proof_values):
        print(proof)  # noqa: T201  # pytest shows it where the test fails, or with -rP
        faults += proof.faults
    _fail_with(faults)


def test_release_before_runs_on_new_revisions(
    proof_project: Project,
    proof_values: Mapping[str, Sequence[str]],
    pytestconfig: pytest.Config,
) -> None:
    """What the models of the last release do works after the revisions up to "(contract)"."""
    tests = pytestconfig.getoption("--release-tests", default=None)
    try:
        from alembic_pg.proofs import prove_release  # noqa: PLC0415  # it needs hypothesis

        between = _between(proof_project, pytestconfig)
        found = prove_release.release_breaks(
            proof_project, between, given=proof_values, tests=tests
        )
        _fail_with(found)
    except UserError as error:
        pytest.fail(str(error), pytrace=False)


def test_todays_models_run_before_contract(
    proof_project: Project,
    proof_values: Mapping[str, Sequence[str]],
    pytestconfig: pytest.Config,
) -> None:
    """What today's models do works while the revisions from "(contract)" on have not run yet."""
    try:
        from alembic_pg.proofs import prove_release  # noqa: PLC0415  # it needs hypothesis

        between = _between(proof_project, pytestconfig)
        _fail_with(prove_release.todays_breaks(proof_project, between, given=proof_values))
    except UserError as error:
        pytest.fail(str(error), pytrace=False)


def _between(project: Project, config: pytest.Config) -> Between:
    """Return the way from the release before to today.

    Where nothing has a tag, what is on the main branch is taken for released. Raises UserError.
    """
    from alembic_pg.proofs import git, prove_release  # noqa: PLC0415  # it needs hypothesis

    commit = config.getoption("--release-before", default=None)
    folder = Path(project.script.dir)
    commit = commit or git.last_tag(folder) or git.merge_base(folder)
    return prove_release.find_between(project.script, commit)


def _fail_with(sentences: Iterable[str]) -> None:
    if found := list(sentences):
        pytest.fail("\n".join(found), pytrace=False)
