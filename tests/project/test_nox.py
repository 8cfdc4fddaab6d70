"""The sessions of noxfile.py, as nox itself tells them."""

from __future__ import annotations

import subprocess
import sys

import nox.project

from tests.project.shell import ROOT

PYTHONS = nox.project.python_versions(nox.project.load_toml(ROOT / "pyproject.toml"))


def test_sessions_are_listed_with_a_line_each() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "nox", "--list", "--nocolor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    by_default = [line.split(" -> ") for line in said if line.startswith("* ")]
    on_demand = [line.split(" -> ") for line in said if line.startswith("- ")]

    tests = [f"* tests-{python}" for python in PYTHONS]
    assert [name for name, _ in by_default] == [
        "* lint",
        "* typecheck",
        *tests,
        "* drift",
        "* engine",
    ]
    assert [name for name, _ in on_demand] == [
        "- target-drift",
        "- preflight",
        "- ledger",
        "- upgrade",
        "- revision",
        "- pages",
    ]
    assert all(line.strip() for _, line in by_default + on_demand)
