"""Find what git has begun in a working tree and waits for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.ledger.git import ask_git

if TYPE_CHECKING:
    from collections.abc import Collection

# What git keeps of what it has begun, and what goes on with it.
_HEADS = {
    "MERGE_HEAD": "git commit",
    "CHERRY_PICK_HEAD": "git cherry-pick --continue",
    "REVERT_HEAD": "git revert --continue",
}


def unfinished_step(folder: Path) -> str:
    """Return what goes on with what git has begun here, "" where it has begun nothing."""
    # A rebase has heads of these while it stops, too.
    for name in ("rebase-merge", "rebase-apply"):
        place = ask_git(folder, "rev-parse", "--git-path", name)
        if place and (folder / place.rstrip("\n")).exists():
            applies = (folder / place.rstrip("\n") / "applying").exists()
            return "git am --continue" if applies else "git rebase --continue"
    for head, step in _HEADS.items():
        if ask_git(folder, "rev-parse", "--quiet", "--verify", head) is not None:
            return step
    return ""


def unstaged_files(
    folder: Path, files: Collection[Path]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those of some files that are not in git's index as they are, and others in conflict.

    folder: one in the working tree. Both as seen from the current folder.
    """
    top = Path((ask_git(folder, "rev-parse", "--show-toplevel") or "").rstrip("\n"))
    changed = _listed(top, ask_git(folder, "diff", "--name-only", "-z"))
    conflicts = _listed(top, ask_git(folder, "diff", "--name-only", "--diff-filter=U", "-z"))
    new = _listed(top, ask_git(top, "ls-files", "--others", "--exclude-standard", "-z"))
    own = [file.resolve() for file in files]
    mine = (one for one in own if one in changed | new)
    others = (one for one in sorted(conflicts) if one not in own)
    return tuple(map(os.path.relpath, mine)), tuple(map(os.path.relpath, others))


def _listed(top: Path, names: str | None) -> set[Path]:
    return {(top / name).resolve() for name in (names or "").split("\0") if name}
