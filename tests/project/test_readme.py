"""README.md: its two commands are what CI runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import yaml

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project.shell import Shell

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_first_two_commands_are_one_line_each() -> None:
    install, check = BLOCKS[:2]
    # The environment is made once: another Python over it would make one that is half of each.
    assert install.startswith("test -x .venv/bin/nox || python3 -m venv --clear .venv && ")
    assert install.endswith(" && .venv/bin/alembic upgrade head\n")
    assert install.count("\n") == 1
    assert check == ".venv/bin/nox\n"


def test_ci_runs_the_two_commands_as_they_stand_there(tmp_path: Path) -> None:
    said = ["echo 'the first' > one && cat one", "echo second", "echo a third"]
    done = ci(tmp_path, said)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"$ {said[0]}", "the first", f"$ {said[1]}", "second"]


def test_ci_fails_where_a_command_fails_or_is_missing(tmp_path: Path) -> None:
    done = ci(tmp_path, ["(exit 3) && echo never", "echo never"])
    assert (done.returncode, done.stdout) == (3, "$ (exit 3) && echo never\n")

    done = ci(tmp_path, ["echo alone"])
    assert (done.returncode, done.stdout) == (1, "$ echo alone\nalone\n")
    assert done.stderr == "README.md has no sh block number 2\n"


def test_github_runs_the_same_on_every_python_of_pyproject() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    job = workflow["jobs"]["check"]
    assert job["steps"][-1]["run"] == "bash .ci/run"
    classifiers = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert job["strategy"]["matrix"]["python"] == classifiers


def test_a_days_work(repository: Shell) -> None:
    model = repository.folder / "models" / "posts.py"
    published = "    published: "
    text = model.read_text().replace(published, f"    note: Mapped[str | None]\n{published}", 1)
    model.write_text(text)
    repository.environment |= {
        "GIT_EDITOR": "echo a note >",
        "EMAIL": "t@example.org",
    }
    for line in BLOCKS[2].splitlines():
        code, output = repository.run(line)
        assert not code, f"{line}\n{output}"
    assert repository.run("git status --short")[1] == ""


def ci(folder: Path, commands: list[str]) -> subprocess.CompletedProcess[str]:
    """Run .ci/run in a folder whose README.md has the commands."""
    (folder / ".ci").mkdir(exist_ok=True)
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    blocks = (f"Type:\n\n```sh\n{command}\n```\n" for command in commands)
    (folder / "README.md").write_text("\n".join(blocks))
    return subprocess.run(
        ["bash", ".ci/run"], cwd=folder, capture_output=True, text=True, check=False
    )
