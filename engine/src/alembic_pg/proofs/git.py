"""Ask git what the working tree was at another commit."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.ledger.git import MAIN_BRANCHES, ask_git, require_git

if TYPE_CHECKING:
    from collections.abc import Iterable


def merge_base(folder: Path) -> str:
    """Return the commit at which this branch left the main branch; HEAD on the main branch itself.

    folder: any one in the working tree.
    Raises UserError where there is no git, no working tree of it, or no main branch.
    """
    for branch in MAIN_BRANCHES:
        found = _ask(folder, "merge-base", "HEAD", branch)
        if found is not None:
            return found
    _refuse_without_git(folder)
    raise UserError(
        "Which revisions are new cannot be told: there is no branch main or master here. "
        "Fetch it (in CI: fetch-depth: 0), or name a commit, pytest --proof-base=COMMIT."
    )


def last_tag(folder: Path) -> str | None:
    """Return the newest tag among the ancestors of HEAD, None without one.

    Raises UserError where that cannot be told: without git, or in a clone without its history.
    """
    found = _ask(folder, "describe", "--tags", "--abbrev=0")
    if found is None:
        _refuse_without_git(folder)
        if _ask(folder, "rev-parse", "--is-shallow-repository") == "true":
            raise UserError(
                "The last release cannot be told: this clone has no history. Fetch it (in CI: "
                "fetch-depth: 0), or name a commit, pytest --release-before=COMMIT."
            )
    return found


def resolve_commit(folder: Path, name: str) -> str | None:
    """Return the hash of the commit that a name stands for, None where there is no such one."""
    return _ask(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")


def short_name(folder: Path, commit: str) -> str:
    """Return a commit's short hash, with the tag or branch that it is."""
    return _ask(folder, "log", "-1", "--format=%h%d", commit) or commit


def matching_lines(folder: Path, commit: str, pattern: str, below: Iterable[Path]) -> list[str]:
    """Return the lines that match an extended regular expression, in files of a commit.

    below: folders; what they hold at that commit counts. Raises UserError where git fails.
    """
    asked = ("grep", "-h", "-I", "-E", "-e", pattern, commit, "--", *map(str, below))
    return require_git(folder, *asked, none_found=1).splitlines()


def export_tree(folder: Path, commit: str, place: Path) -> Path:
    """Write the files of a commit below an empty folder; return there what is this folder here.

    Raises UserError where git fails.
    """
    top = _ask(folder, "rev-parse", "--show-toplevel")
    if top is None:
        _refuse_without_git(folder)
    command = ["git", "-C", top or str(folder), "archive", "--format=tar", commit]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise UserError(f"git cannot read {commit}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        # Python 3.11.0 to 3.11.3 (Debian 12) know no filter; what git wrote needs none.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(place)  # noqa: S202  # what git itself wrote
    return place / folder.resolve().relative_to(Path(top or folder).resolve())


def _refuse_without_git(folder: Path) -> None:
    """Raise UserError where git is missing, or the folder is not below its control."""
    if _ask(folder, "rev-parse", "--git-dir") is None:
        raise UserError(
            "Which revisions are new cannot be told without a git repository: name the last one "
            "that is not, pytest --proof-base=REVISION, or base for all."
        )


def _ask(folder: Path, *arguments: str) -> str | None:
    found = ask_git(folder, *arguments)
    return None if found is None else found.strip()
