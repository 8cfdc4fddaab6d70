"""Verify, mend and prolong the ledger of a project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_pg.alembic_command import project_folder
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database import server_features
from alembic_pg.errors import UserError
from alembic_pg.ledger import landed as git
from alembic_pg.ledger import proven, verify
from alembic_pg.ledger.build import build_states
from alembic_pg.ledger.history import parents_of
from alembic_pg.ledger.ledger import Ledger, States, ledger_path, read_ledger, write_ledger
from alembic_pg.ledger.parts import parts_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from alembic.script.base import Script

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.ledger.history import History

    # Runs a function with env.py's wiring.
    WithTask = Callable[[Callable[[AlembicCommand], None]], None]


@dataclass(frozen=True)
class Verdict:
    """Hold what was found or done.

    file: the ledger. ledger: what it says now. problems: what is not as it should be. unproven:
    why no state was built, "" where each is known. written: the ids whose lines are new, changed
    or gone.
    """

    file: Path
    ledger: Ledger
    problems: tuple[verify.Problem, ...] = ()
    unproven: str = ""
    written: tuple[str, ...] = ()


def verify_ledger(history: History, ledger: Ledger, with_task: WithTask, base: str = "") -> Verdict:
    """Return what is wrong with a ledger; a server is asked for what was not built before.

    with_task: runs a function with env.py's wiring, if anything is to be built. base: a git
    revision, whose lines have landed and were verified there; "" for none.
    Raises UserError when a revision fails, or git does not know the base.
    """
    file = ledger_path(history.script)
    landed = git.ledger_at(file.parent, base) if base else None
    if landed is not None and (found := tuple(git.landed_problems(history, ledger, base, landed))):
        return Verdict(file, ledger, found)
    if found := tuple(verify.structure_problems(history, ledger)):
        return Verdict(file, ledger, found)
    digests = history.digests(ledger.major)
    known = _known(history, ledger, digests, base, landed)
    wanted = [one for name, one in history.revisions.items() if name not in known]
    if not wanted:
        return Verdict(file, ledger, tuple(verify.effect_problems(history, ledger, known)))
    unproven = ""

    def build(task: AlembicCommand) -> None:
        nonlocal unproven
        with open_scratch_server(task.root) as databases:
            major = server_features.major_of(databases.version)
            if major != ledger.major:
                unproven = (
                    f"The ledger is of PostgreSQL {ledger.major}, and the scratch server of "
                    f"{major}: only the order was looked at."
                )
                return
            before = _state_before(wanted[0], ledger, known)
            known.update(build_states(task, history, databases, wanted, before))
        proven.write_proven(task.root, digests, known)

    with_task(build)
    problems = tuple(verify.effect_problems(history, ledger, known))
    return Verdict(file, ledger, problems, unproven)


def mend_ledger(history: History, with_task: WithTask, *, also_landed: bool = False) -> Verdict:
    """Write the ledger as the revisions are, and return what changed.

    also_landed: whether lines may change that the main branch of git has.
    Raises UserError where they would without, when a revision fails, or the scratch server is
    older than the one that built the ledger.
    """
    file = ledger_path(history.script)
    try:
        old = read_ledger(file)
    except UserError:  # what cannot be read is written anew
        old = None
    base = git.default_base(file.parent)
    landed = git.ledger_at(file.parent, base) if base else None
    found: list[Ledger] = []

    def build(task: AlembicCommand) -> None:
        with open_scratch_server(task.root) as databases:
            found.append(_built_ledger(task, history, databases, old or landed))

    known = _with_changes(_known(history, old, history.digests(old.major)), old) if old else {}
    if old and len(known) == len(history.revisions):
        found.append(replace(old, lines=_in_order(history, known, old)))
    else:
        with_task(build)
    (ledger,) = found
    changed = [] if landed is None else list(git.changed_lines(ledger, landed))
    if changed and not also_landed:
        raise UserError(
            f"Other databases have run what would change in the ledger: {', '.join(changed)}. Take "
            "the edit back, and change more in a new revision; --landed writes it all the same."
        )
    lines = old.lines if old else {}
    written = [one for one in {**lines, **ledger.lines} if lines.get(one) != ledger.lines.get(one)]
    if (
        old is None
        or old != ledger
        or list(lines) != list(ledger.lines)
        or old.changes != ledger.changes
    ):
        write_ledger(file, ledger)
    return Verdict(file, ledger, written=tuple(written))


def add_line(history: History, revision: Script, with_task: WithTask, *, empty: bool) -> None:
    """Write the line of a new revision at the end of the ledger.

    empty: whether the revision does nothing yet. Raises UserError where the ledger cannot be read,
    the scratch server is of another major version, or a revision fails.
    """
    file = ledger_path(history.script)
    ledger = read_ledger(file)
    if ledger is None or revision.revision in ledger.lines:
        return
    before = _state_before(revision, ledger, ledger.lines)
    if empty and before:
        write_ledger(file, ledger.with_line(revision.revision, States(before, before, {})))
        return

    digests = history.digests(ledger.major)

    def build(task: AlembicCommand) -> None:
        with open_scratch_server(task.root) as databases:
            if server_features.major_of(databases.version) != ledger.major:
                raise UserError(
                    f"it is of PostgreSQL {ledger.major}, and the scratch server of "
                    f"{server_features.major_of(databases.version)}"
                )
            there = parts_after(ledger.changes, history.with_ancestors(parents_of(revision)))
            states = dict(build_states(task, history, databases, [revision], before, there))
        made = ledger.with_line(revision.revision, states[revision.revision])
        write_ledger(file, made)
        known = proven.read_proven(task.root, digests)
        proven.write_proven(task.root, digests, {**known, **states})

    with_task(build)


def _known(
    history: History,
    ledger: Ledger,
    digests: Mapping[str, str],
    base: str = "",
    landed: Ledger | None = None,
) -> dict[str, States]:
    """Return the states that are known without a server.

    digests: of the history, as its files are now.
    """
    known = proven.read_proven(project_folder(history.config), digests)
    if landed is not None and git.same_files(history, base, landed):
        known |= {
            one: states
            for one, states in landed.lines.items()
            if one in history.revisions
            and (landed.major, landed.form) == (ledger.major, ledger.form)
        }
    return known


def _with_changes(known: dict[str, States], ledger: Ledger | None) -> dict[str, States]:
    """Return the states of which it is known, too, what each revision makes of tables.

    ledger: that may say so where they do not.
    """
    lines = ledger.lines if ledger else {}
    said = {
        one: lines[one] if states.changes is None and lines.get(one) == states else states
        for one, states in known.items()
    }
    return {one: states for one, states in said.items() if states.changes is not None}


def _state_before(revision: Script, ledger: Ledger, known: dict[str, States]) -> str:
    """Return the state before a revision, "" where it is not known."""
    parents = parents_of(revision)
    if len(parents) != 1 or parents[0] not in known:
        return ""
    return known[parents[0]].after if parents[0] in ledger.lines else ""


def _built_ledger(
    task: AlembicCommand, history: History, databases: ScratchServer, old: Ledger | None
) -> Ledger:
    """Return the ledger of what the revisions build on a scratch server."""
    major = server_features.major_of(databases.version)
    if old is not None and old.major > major:
        raise UserError(
            f"The ledger is of PostgreSQL {old.major}, and the scratch server of {major}: name a "
            f"server of version {old.major} in SHADOW_DATABASE_URL."
        )
    digests = history.digests(major)
    known = _with_changes(proven.read_proven(task.root, digests), old)
    wanted = [one for name, one in history.revisions.items() if name not in known]
    known.update(build_states(task, history, databases, wanted))
    proven.write_proven(task.root, digests, known)
    return Ledger(major, _in_order(history, known, old))


def _in_order(history: History, states: dict[str, States], old: Ledger | None) -> dict[str, States]:
    """Return the lines of a ledger: in the order of an older one where that is still right."""
    there = [one for one in (old.lines if old else ()) if one in history.revisions]
    order = [*there, *(one for one in history.revisions if one not in there)]
    if list(_misplaced(history, order)):
        order = list(history.revisions)
    return {one: states[one] for one in order}


def _misplaced(history: History, order: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for one in order:
        if not seen.issuperset(parents_of(history.revisions[one])):
            yield one
        seen.add(one)
