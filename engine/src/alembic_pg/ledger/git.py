"""Ask git about the working tree in which a history is."""

from __future__ import annotations

import subprocess
from pathlib import Path

from alembic_pg.errors import UserError

# Where revisions have landed that are on it, the first of these that there is.
MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")

_NO_GIT = "git is not found: install it, or add it to PATH."


def ask_git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, None where it refuses or is not there. folder: one in the tree."""
    done = _run_git(folder, *arguments)
    return done.stdout if done is not None and done.returncode == 0 else None


def require_git(folder: Path, *arguments: str, none_found: int = 0) -> str:
    """Return what git says. Raises UserError where it fails: then nobody knows what is there.

    folder: one in the tree. none_found: with what it ends where it finds nothing.
    """
    done = _run_git(folder, *arguments)
    if done is None:
        raise UserError(_NO_GIT)
    # Some of git's commands say that they could not read a file, and end as if it were not there.
    failed = [one for one in done.stderr.splitlines() if one.startswith(("error: ", "fatal: "))]
    if failed or done.returncode not in {0, none_found}:
        why = next(iter(failed or done.stderr.strip().splitlines()), f"exit code {done.returncode}")
        said = why.removeprefix("error: ").removeprefix("fatal: ").rstrip(".")
        raise UserError(f"git cannot tell what is in {folder} ({arguments[0]}): {said}.")
    return done.stdout


def top_folder(folder: Path) -> Path:
    """Return the folder of the whole working tree. Raises UserError where git fails."""
    return Path(require_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))


def text_at(folder: Path, commit: str, name: str) -> str | None:
    """Return the text of a file at a commit, None where that has none such.

    name: as seen from the folder. Raises UserError where git fails.
    """
    if not require_git(folder, "ls-tree", "--name-only", "-z", commit, "--", name):
        return None
    return require_git(folder, "show", f"{commit}:./{name}")


def main_branch(folder: Path) -> str:
    """Return git's name of the main branch, "" without git or a main branch."""
    return next((name for name in MAIN_BRANCHES if is_commit(folder, name)), "")


def is_commit(folder: Path, name: str) -> bool:
    """Return whether git knows a commit by a name."""
    return ask_git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") is not None


def require_repository(folder: Path) -> None:
    """Raise UserError where there is no git, or no working tree of it around a folder."""
    done = _run_git(folder, "rev-parse", "--show-toplevel")
    if done is None:
        raise UserError(_NO_GIT)
    if done.returncode != 0:
        why = next(iter(done.stderr.strip().splitlines()), "").removeprefix("fatal: ")
        raise UserError(f"git cannot be asked in {folder}: {why.rstrip('.')}.")


def require_commit(folder: Path, name: str) -> None:
    """Raise UserError where git knows no commit by a name, or cannot be asked."""
    require_repository(folder)
    if not is_commit(folder, name):
        raise UserError(f"git knows no revision {name} here: fetch it, or name another one.")


def _run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """Return what became of a command of git, None where there is no git."""
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except OSError:
        return None
