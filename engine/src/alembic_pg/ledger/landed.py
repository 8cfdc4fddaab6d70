"""Read from git what has landed: the ledger of another git revision, and which files differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.project_files import (
    DRIFT_IGNORE_FILE,
    LEDGER_FILE,
    LEDGER_PARTS_FILE,
)
from alembic_pg.ledger.git import MAIN_BRANCHES, ask_git, require_commit, text_at
from alembic_pg.ledger.ledger import parse_ledger, with_changes
from alembic_pg.ledger.part_file import parse_part_text
from alembic_pg.ledger.verify import MEND, Problem, edited_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.ledger.history import History
    from alembic_pg.ledger.ledger import Ledger


def default_base(folder: Path) -> str:
    """Return where the checked out branch left the main one, "" without git or a main branch.

    folder: one in the working tree.
    """
    for name in MAIN_BRANCHES:
        found = ask_git(folder, "merge-base", "HEAD", name)
        if found is not None:
            return found.strip()
    return ""


def ledger_at(folder: Path, base: str) -> Ledger | None:
    """Return the ledger of a git revision, None where that has none.

    folder: that of the ledger. Raises UserError where git fails, or does not know the revision.
    """
    require_commit(folder, base)
    text = text_at(folder, base, LEDGER_FILE)
    if text is None:
        return None
    parts = text_at(folder, base, LEDGER_PARTS_FILE)
    return with_changes(parse_ledger(text, f"{base}:{LEDGER_FILE}"), parse_part_text(parts or ""))


def same_files(history: History, base: str, landed: Ledger) -> bool:
    """Return whether all that landed revisions are built of is as it is in a git revision.

    What other revisions are built of may differ, and what no revision reads.
    """
    folder = Path(history.script.dir).resolve()
    top = ask_git(folder, "rev-parse", "--show-toplevel")
    places = sorted({folder, *(Path(one).resolve() for one in history.script._version_locations)})  # noqa: SLF001  # where Alembic looks
    names = [str(place) for place in places if place.is_dir()]
    changed = ask_git(folder, "diff", "--name-only", "--no-renames", "-z", base, "--", *names)
    others = ask_git(folder, "ls-files", "--others", "--full-name", "-z", "--", *names)
    if top is None or changed is None or others is None:
        return False
    new = {
        Path(revision.path).resolve()
        for one, revision in history.revisions.items()
        if one not in landed.lines
    }
    ours = (LEDGER_FILE, LEDGER_PARTS_FILE, DRIFT_IGNORE_FILE, "script.py.mako")
    harmless = new | {folder / name for name in ours}
    root = Path(top.rstrip("\n"))
    found = {(root / name).resolve() for name in f"{changed}\0{others}".split("\0") if name}
    return all(one in harmless or one.suffix == ".pyc" for one in found)


def landed_problems(
    history: History, ledger: Ledger, base: str, landed: Ledger
) -> Iterator[Problem]:
    """Yield what a tree says otherwise than a git revision does, of the lines that this has.

    base: the git revision. landed: its ledger.
    """
    gone = [one for one in landed.lines if one not in ledger.lines]
    before = _before(history, base) if gone else None
    for one in gone:
        if before is not None and one not in before.lines:
            sentence = f"Revision {one} of {base} is not in this tree yet: merge {base}."
            yield Problem("behind", one, sentence)
        else:
            sentence = f"Revision {one} has landed ({base}), and is gone here: bring it back."
            yield Problem("removed", one, sentence)
    kept = [one for one in landed.lines if one in ledger.lines]
    for one, theirs in zip(ledger.lines, kept, strict=False):
        if one != theirs:
            yield Problem(
                "moved",
                one,
                f"Revision {one} stands before {theirs} here, which has landed ({base}): let what "
                f"is new come last (its down_revision), then: {MEND}",
            )
            return
    if (landed.major, landed.form) == (ledger.major, ledger.form):
        for one in kept:
            if ledger.lines[one] != landed.lines[one] and one in history.revisions:
                yield edited_problem(history.revisions[one])
                return


def changed_lines(ledger: Ledger, landed: Ledger) -> Iterable[str]:
    """Return the ids of landed revisions of which a new ledger says something else, or nothing."""
    same = (landed.major, landed.form) == (ledger.major, ledger.form)
    return [
        one
        for one, states in landed.lines.items()
        if one not in ledger.lines or (same and ledger.lines[one] != states)
    ]


def _before(history: History, base: str) -> Ledger | None:
    """Return the ledger where this branch left another one, None where git does not tell."""
    folder = Path(history.script.dir)
    common = ask_git(folder, "merge-base", "HEAD", base)
    return ledger_at(folder, common.strip()) if common else None
