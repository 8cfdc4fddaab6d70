"""Find which revisions are this branch's, and after which one they are to come."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.ledger.git import (
    main_branch,
    require_commit,
    require_git,
    require_repository,
    top_folder,
)
from alembic_pg.ledger.history import parents_of
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from alembic.script.base import Script

    from alembic_pg.ledger.history import History

_AGAIN = "alembic-pg rebase"
_REVISION = re.compile(
    r"""^revision\b[^=]*=\s*(?P<quote>["'])(?P<id>[^"']+)(?P=quote)""", re.MULTILINE
)


@dataclass(frozen=True)
class Move:
    """Hold what is to be moved.

    history: as the files are. base: the git revision of the other branch. own: this branch's
    revisions, oldest first, each after the one before. fork: the revision after which they come
    now, "" for none. onto: the other branch's last one, after which they are to come, "" for none.
    theirs: the revisions of the other branch that this one's have not come after.
    """

    history: History
    base: str
    own: tuple[Script, ...]
    fork: str
    onto: str
    theirs: tuple[Script, ...]

    @property
    def is_needed(self) -> bool:
        """Whether any revision is to come after another one than now."""
        return bool(self.own) and self.fork != self.onto

    @property
    def downs(self) -> dict[str, str]:
        """The id of the revision after which another one is to come, by that one's id."""
        return {self.own[0].revision: self.onto} if self.is_needed else {}

    def label(self, revision: str) -> str:
        """Return what a person calls a revision, "the beginning" for none."""
        return revision_label(self.history.revisions[revision]) if revision else "the beginning"


def find_move(history: History, base: str = "") -> Move:
    """Return what is to be moved.

    base: a git revision, "" for the main branch. Raises UserError where the tree lacks a revision
    of the base, one that has landed would move, or this branch's are no line.
    """
    folder = Path(history.script.dir)
    require_repository(folder)
    main = main_branch(folder)
    base = base or main
    if not base:
        raise UserError(f"git has no main branch here: name the other one, {_AGAIN} BRANCH")
    require_commit(folder, base)
    theirs = _revisions_at(history, base)
    if missing := sorted(theirs - history.revisions.keys()):
        raise UserError(
            f"Revision {', '.join(missing)} of {base} is not in this tree yet: git merge {base}, "
            f"or git rebase {base}; then: {_AGAIN}"
        )
    _require_same_files(history, base, theirs)
    own = [one for name, one in history.revisions.items() if name not in theirs]
    landed = _revisions_at(history, main) if main else frozenset()
    if moved := [one for one in own if one.revision in landed]:
        raise UserError(
            f"Revision {revision_label(moved[0])} has landed ({main}): databases have run it where "
            f"it is. Put the revisions of {base} after it: {_AGAIN} {main}"
        )
    heads = _heads(history, theirs)
    if len(heads) > 1:
        names = " and ".join(revision_label(history.revisions[one]) for one in heads)
        raise UserError(f"{base} has {len(heads)} heads: {names}. Join them there first.")
    onto = heads[0] if heads else ""
    _require_line(own, base)
    fork = next((parent for one in own[:1] for parent in parents_of(one)), "")
    before = history.with_ancestors([fork] if fork else [])
    new = [one for name, one in history.revisions.items() if name in theirs - before]
    return Move(history, base, tuple(own), fork, onto, tuple(new) if own else ())


def _revisions_at(history: History, commit: str) -> frozenset[str]:
    """Return the ids of the revisions whose files a git revision has.

    Raises UserError where git fails.
    """
    folder = Path(history.script.dir)
    asked = ("grep", "-hE", "^revision[ :=]", commit, "--", *_places(history))
    found = require_git(folder, *asked, none_found=1)
    listed = require_git(folder, "ls-tree", "-r", "--name-only", "--full-tree", "-z", commit)
    top = top_folder(folder)
    files = {(top / name).resolve() for name in listed.split("\0") if name.endswith(".py")}
    by_file = {name for name, one in history.revisions.items() if Path(one.path).resolve() in files}
    return frozenset({match["id"] for match in _REVISION.finditer(found)} | by_file)


def _require_same_files(history: History, base: str, theirs: Collection[str]) -> None:
    """Raise UserError where a file of the other branch's revisions is otherwise here."""
    folder = Path(history.script.dir)
    top = top_folder(folder)
    changed = require_git(
        folder, "diff", "--name-only", "--no-renames", "-z", base, "--", *_places(history)
    )
    files = {(top / name).resolve() for name in changed.split("\0") if name}
    for name in sorted(theirs):
        file = Path(history.revisions[name].path).resolve()
        if file not in files:
            continue
        label, shown = revision_label(history.revisions[name]), shlex.quote(os.path.relpath(file))
        there = _file_at(history, base, name)
        if there is None or there.resolve() == file:
            raise UserError(
                f"Revision {label} is of {base}, and its file differs here: take that back "
                f"(git checkout {base} -- {shown}); then: {_AGAIN}"
            )
        old = shlex.quote(os.path.relpath(there))
        raise UserError(
            f"Revision {label} is of {base}, where its file is called {old}: take that back "
            f"(git checkout {base} -- {old} && git rm -f {shown}); then: {_AGAIN}"
        )


def _file_at(history: History, commit: str, revision: str) -> Path | None:
    """Return the file that a git revision has of a revision, None where it is not found there."""
    folder = Path(history.script.dir)
    asked = ("grep", "-zE", "--full-name", "^revision[ :=]", commit, "--", *_places(history))
    found = require_git(folder, *asked, none_found=1)
    top = top_folder(folder)
    for line in found.splitlines():
        name, _, said = line.partition("\0")
        match = _REVISION.match(said)
        if match is not None and match["id"] == revision:
            return top / name.removeprefix(f"{commit}:")
    return None


def _places(history: History) -> list[str]:
    """Return the folders of the revisions, for git."""
    return [str(Path(one).resolve()) for one in history.script._version_locations]  # noqa: SLF001  # where Alembic looks


def _heads(history: History, among: Collection[str]) -> list[str]:
    """Return those of some revisions after which none of them comes."""
    parents = {parent for name in among for parent in parents_of(history.revisions[name])}
    return sorted(name for name in among if name not in parents)


def _require_line(own: Sequence[Script], base: str) -> None:
    """Raise UserError where this branch's revisions are not a line of one after the other."""
    for one in own:
        if isinstance(one.down_revision, (tuple, list)):
            names = " and ".join(one.down_revision)
            raise UserError(
                f"Revision {revision_label(one)} joins {names}: a revision that joins others "
                "cannot be moved. If it does nothing, delete its file (a database that has run it "
                f"goes back before: alembic downgrade); then: {_AGAIN}"
            )
    for before, one in pairwise(own):
        if one.down_revision != before.revision:
            raise UserError(
                f"The revisions that {base} does not have are no row: {revision_label(one)} does "
                f"not come after {revision_label(before)}. "
                f"Name the branch that has one of them: {_AGAIN} BRANCH; "
                f"or let the down_revision of one name the other, then: {_AGAIN}"
            )
