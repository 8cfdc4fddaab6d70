"""Ask git about the working tree in which a history is."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

# Where revisions have landed that are on it, the first of these that there is.
MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def ask_git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, None where it refuses or is not there. folder: one in the tree."""
    done = _run_git(folder, *arguments)
    return done.stdout if done is not None and done.returncode == 0 else None


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
        raise UserError("git is not found: install it, or add it to PATH.")
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
