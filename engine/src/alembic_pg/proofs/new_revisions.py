"""Find the revisions that are new: those that the main branch has not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script.revision import RevisionError
from alembic.util import CommandError

from alembic_pg.errors import UserError
from alembic_pg.proofs import git

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

# The line of a revision file that has its id.
_ID_LINE = r"^revision\b"
_ID = re.compile(r"""^revision\b[^=]*=\s*["']([^"']+)["']""")

# The name of a base before which nothing was.
ALL = "base"


@dataclass(frozen=True)
class NewRevisions:
    """Hold the revisions that are new.

    since: the base, for a person. revisions: the new ones, oldest first.
    """

    since: str
    revisions: tuple[Script, ...]


def find_new_revisions(script: ScriptDirectory, base: str | None = None) -> NewRevisions:
    """Return the revisions that are not in the base.

    base: a revision, which is not new, nor is what it needs; or a commit, whose revisions are not
    new; "base" for all revisions. None: the commit at which the branch left the main branch.
    Raises UserError where there is no such base.
    """
    everything = list(script.walk_revisions())[::-1]
    if base == ALL:
        return NewRevisions("the beginning", tuple(everything))
    if base is not None and (older := _ancestors(script, base)) is not None:
        since, known = f"revision {base}", older
    else:
        folder = Path(script.dir)
        commit = git.merge_base(folder) if base is None else git.resolve_commit(folder, base)
        if commit is None:
            raise UserError(f"{base} is no revision, and no commit of git.")
        since, known = f"commit {git.short_name(folder, commit)}", revisions_at(script, commit)
    return NewRevisions(since, tuple(one for one in everything if one.revision not in known))


def revisions_at(script: ScriptDirectory, commit: str) -> set[str]:
    """Return the ids of the revisions that a commit has in the folders of today's."""
    folders = {Path(place).resolve() for place in script._version_locations}  # noqa: SLF001  # where Alembic looks
    lines = git.matching_lines(Path(script.dir), commit, _ID_LINE, folders)
    return {found[1] for line in lines if (found := _ID.match(line))}


def _ancestors(script: ScriptDirectory, revision: str) -> set[str] | None:
    """Return the ids of a revision and of all that it needs; None where there is none such."""
    try:
        return {one.revision for one in script.iterate_revisions(revision, "base")}
    except (CommandError, RevisionError):
        return None
