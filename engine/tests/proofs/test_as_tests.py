"""The proofs as a project has them: tests that it imports."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.scratch import SCRATCH_VARIABLE
from tests.proofs.shop import Shop, make_shop

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer

MODULE = """\
from alembic_pg.testing.proofs import (
    proof_project,
    proof_values,
    test_new_revisions_carry_or_refuse_rows,
    test_release_before_runs_on_new_revisions,
    test_todays_models_run_before_contract,
)
"""


@pytest.fixture
def shop(tmp_path: Path, databases: ScratchServer) -> Shop:
    made = make_shop(tmp_path / "shop", databases)
    (made.folder / "conftest.py").write_text('pytest_plugins = ["alembic_pg.testing.fixtures"]\n')
    (made.folder / "test_proofs.py").write_text(MODULE)
    (made.folder / "pytest.ini").write_text("[pytest]\n")
    return made


def run(shop: Shop, databases: ScratchServer, *arguments: str) -> str:
    """Run the project's tests, and return what they print."""
    url = databases.url.render_as_string(hide_password=False)
    outside = {SCRATCH_VARIABLE: url, "GIT_CEILING_DIRECTORIES": str(shop.folder.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rP", "-q", *arguments],
        cwd=shop.folder,
        env=os.environ | outside,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_only_new_revisions_are_proved(shop: Shop, databases: ScratchServer) -> None:
    shop.release()
    assert "3 passed" in run(shop, databases)
    shop.revise('op.drop_column("orders", "title")')
    shop.edit("    title: Mapped[str]\n", "")
    said = run(shop, databases)
    assert "2 failed, 1 passed" in said, said
    assert "Revision 0002 (change) loses, up and down again, title in " in said
    assert "The release before (v1) breaks at 0002 (change): select of orders fails" in said
    assert "Traceback" not in said
    chosen = run(shop, databases, "--proof-base=0002", "--release-before=v1", "-k", "rows")
    assert "1 passed" in chosen, chosen


def test_all_revisions_on_demand(shop: Shop, databases: ScratchServer) -> None:
    said = run(shop, databases, "--proof-base=base", "-k", "rows")
    assert "1 passed" in said, said
    assert "0001 (create customers and orders): 0 rows" in said


def test_without_hypothesis_it_says_what_to_install(shop: Shop, databases: ScratchServer) -> None:
    conftest = shop.folder / "conftest.py"
    conftest.write_text(f"import sys\nsys.modules['hypothesis'] = None\n{conftest.read_text()}")
    said = run(shop, databases, "-p", "no:hypothesispytest")
    assert "3 failed" in said, said
    assert said.count("make their rows with hypothesis: pip install hypothesis\n") >= 3
    assert "values.py" not in said


def test_without_git_it_says_what_to_name(shop: Shop, databases: ScratchServer) -> None:
    said = run(shop, databases)
    assert "3 failed" in said, said
    assert "cannot be told without a git repository: name the last one" in said
