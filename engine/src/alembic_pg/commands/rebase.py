"""Put this branch's revisions after another branch's: ``alembic-pg rebase``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import FOUND, NOTHING
from alembic_pg.console import screen
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database.project_files import write_all
from alembic_pg.errors import UserError, kind_and_text
from alembic_pg.ledger import proven
from alembic_pg.ledger.history import History
from alembic_pg.ledger.ledger import ledger_files, ledger_path
from alembic_pg.rebase import json_form
from alembic_pg.rebase.down_revision import with_down_revision
from alembic_pg.rebase.lines import moved_ledger
from alembic_pg.rebase.move import find_move
from alembic_pg.rebase.outcome import Outcome, outcome_text
from alembic_pg.rebase.prove import prove_move
from alembic_pg.rebase.reordered import reordered_script, shown_to
from alembic_pg.rebase.unfinished import unstaged_files
from alembic_pg.revisions.source_file import read_source

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.rebase.move import Move


def run(config: Config, *, base: str, anyway: bool, as_json: bool) -> int:
    """Move the revisions, print what became of it, and return the exit code.

    0 they come last, 1 they do not or the models say otherwise, 2 it could not be told. base,
    anyway: see `rebase`. as_json: for a program.
    """
    try:
        outcome = rebase(config, base=base, anyway=anyway)
    except Exception as error:  # noqa: BLE001  # whatever it is, nothing was moved
        return own_command.report_failure(error, json_form.JSON_FORMAT if as_json else None)
    if as_json:
        own_command.print_json(json_form.JSON_FORMAT, json_form.as_object(outcome))
    else:
        sys.stdout.write(f"{screen.fit(outcome_text(outcome))}\n")
    return FOUND if outcome.refused or outcome.models else NOTHING


def rebase(config: Config, *, base: str = "", anyway: bool = False) -> Outcome:
    """Put this branch's revisions after another branch's, if that is the same or `anyway`.

    config: Alembic's, of the project. base: a git revision, "" for the main branch.
    Raises UserError where nothing can be told: a revision of the base is not in the tree, one that
    has landed would move, this branch's are no line, or one fails where it is now.
    """
    history = History(config, ScriptDirectory.from_config(config))
    move = find_move(history, base)
    found: list[Outcome] = []

    def build(task: AlembicCommand, _: object) -> None:
        with open_scratch_server(task.root) as databases:
            found.append(_prove_and_write(task, databases, move, anyway=anyway))

    own_command.load_environment(config, own_command.OwnCommand("rebase", build, on_target=False))
    return found[0]


def _prove_and_write(
    task: AlembicCommand, databases: ScratchServer, move: Move, *, anyway: bool
) -> Outcome:
    proof = prove_move(task, databases, move)
    outcome = Outcome(move, proof if move.own else None)
    if not (proof.commutes and not proof.one_way) and not anyway:
        return replace(outcome, refused=True)
    if not proof.fails_here:
        outcome = _compare_models(task, databases, outcome)
    ledger = moved_ledger(task, databases, move, proof)
    written = _write(move, ledger)
    if ledger is not None and not proof.fails_here:
        after = History(move.history.config, ScriptDirectory.from_config(move.history.config))
        proven.write_proven(task.root, after.digests(ledger.major), ledger.lines)
    unstaged, in_conflict = unstaged_files(Path(move.history.script.dir), _files(move, ledger))
    return replace(outcome, written=written, unstaged=unstaged, in_conflict=in_conflict)


def _compare_models(task: AlembicCommand, databases: ScratchServer, outcome: Outcome) -> Outcome:
    """Return the outcome with what the models say otherwise; git may have left them half merged."""
    # Nothing else here needs the models' side.
    from alembic_pg.rebase.models import differing_from_models  # noqa: PLC0415

    if task.metadata is None:
        return outcome
    script = reordered_script(outcome.move.history, outcome.move.downs)
    try:
        with shown_to(task.environment, script):
            return replace(outcome, models=tuple(differing_from_models(task, databases)))
    except Exception as error:  # noqa: BLE001  # whatever importing them raises
        text = str(error) if isinstance(error, UserError) else kind_and_text(error, str(error))
        return replace(outcome, unknown=text)


def _files(move: Move, ledger: Ledger | None) -> list[Path]:
    """Return the files that belong to a move, whether it changes them or did so before."""
    files = [Path(one.path) for one in move.own]
    return files + (list(ledger_files(ledger_path(move.history.script), ledger)) if ledger else [])


def _write(move: Move, ledger: Ledger | None) -> tuple[str, ...]:
    """Write what changes, all of it or nothing; return the files as seen from here."""
    contents: dict[Path, bytes] = {}
    for one in move.own:
        if down := move.downs.get(one.revision):
            file = Path(one.path)
            source, encoding = read_source(file)
            contents[file] = with_down_revision(source, down, file.name).encode(encoding)
    if ledger is not None:
        files = ledger_files(ledger_path(move.history.script), ledger)
        contents |= {file: text.encode() for file, text in files.items()}
    changed = {
        file: content
        for file, content in contents.items()
        if not file.exists() or file.read_bytes() != content
    }
    write_all(changed)
    return tuple(os.path.relpath(file) for file in changed)
