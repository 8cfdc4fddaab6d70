"""Verify or mend the ledger of the history: ``alembic-pg ledger``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from alembic.script import ScriptDirectory

from alembic_pg.commands import own_command
from alembic_pg.commands.own_command import COULD_NOT_TELL, FOUND, NOTHING
from alembic_pg.console import screen
from alembic_pg.errors import UserError
from alembic_pg.ledger import json_form, keep
from alembic_pg.ledger.history import History
from alembic_pg.ledger.ledger import ledger_path, read_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config
    from alembic.script.base import Script

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.ledger.keep import Verdict


def run(config: Config, *, verify: str | None, also_landed: bool, as_json: bool) -> int:
    """Verify or mend the ledger, and return the exit code: 0 right, 1 wrong, 2 could not tell.

    verify: the git revision whose lines have landed, "" for none; None mends the ledger.
    also_landed: whether lines of the main branch may change. as_json: for a program.
    """
    try:
        if verify is None:
            verdict = mend_ledger(config, also_landed=also_landed)
        else:
            verdict = verify_ledger(config, base=verify)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is no verdict
        return own_command.report_failure(error, json_form.JSON_FORMAT if as_json else None)
    if as_json:
        own_command.print_json(json_form.JSON_FORMAT, json_form.as_object(verdict))
    else:
        sys.stdout.write(f"{screen.fit(_as_text(verdict, mended=verify is None))}\n")
    return FOUND if verdict.problems else COULD_NOT_TELL if verdict.unproven else NOTHING


def verify_ledger(config: Config, *, base: str = "") -> Verdict:
    """Return what is wrong with the ledger of a project.

    config: Alembic's, of the project. base: a git revision whose lines have landed, "" for none.
    A server is asked only for what was not built before, and has changed since the base.
    Raises UserError where there is no ledger, or nothing can be told.
    """
    history = History(config, ScriptDirectory.from_config(config))
    ledger = read_ledger(ledger_path(history.script))
    if ledger is None:
        raise UserError("There is no ledger beside env.py yet: alembic-pg ledger writes it.")
    return keep.verify_ledger(history, ledger, _with_task(config), base)


def mend_ledger(config: Config, *, also_landed: bool = False) -> Verdict:
    """Write the ledger of a project as its revisions are, and return what changed.

    config: Alembic's, of the project. also_landed: whether lines of the main branch may change.
    Raises UserError where they would without, or a revision fails.
    """
    history = History(config, ScriptDirectory.from_config(config))
    return keep.mend_ledger(history, _with_task(config), also_landed=also_landed)


def require_right(task: AlembicCommand) -> None:
    """Raise UserError, naming the revisions, where a project has a ledger that is not right."""
    script = task.environment.script
    ledger = read_ledger(ledger_path(script))
    if ledger is None:
        return
    history = History(task.environment.config, script)
    verdict = keep.verify_ledger(history, ledger, lambda build: build(task))
    if verdict.unproven and task.on_command_line:
        sys.stderr.write(f"{verdict.unproven}\n")
    if verdict.problems:
        raise UserError("\n".join(one.sentence for one in verdict.problems))


def watch_new_revisions(config: Config, script: ScriptDirectory | type[ScriptDirectory]) -> None:
    """Let each revision have its line in the ledger that Alembic writes from now on.

    script: a script directory, or the class of all. Nothing is done in a project without a ledger.
    """
    generate: Callable[..., Script | None] = script.generate_revision

    def generate_and_note(*arguments: Any, **options: Any) -> Script | None:  # noqa: ANN401  # Alembic's
        revision = generate(*arguments, **options)
        if revision is not None:
            does_nothing = str(options.get("upgrades", "pass")).strip() == "pass"
            _add_line(config, revision, empty=does_nothing)
        return revision

    script.generate_revision = generate_and_note  # type: ignore[method-assign]


def _add_line(config: Config, revision: Script, *, empty: bool) -> None:
    """Add the line of a revision, or say why there is none yet: its file is written already."""
    history = History(config, ScriptDirectory.from_config(config))
    found = history.revisions.get(revision.revision)
    if found is None or not ledger_path(history.script).exists():
        return
    try:
        keep.add_line(history, found, _with_task(config), empty=empty)
    except UserError as error:
        reason = str(error).rstrip(".")
        sys.stderr.write(
            f"The ledger has no line for revision {revision.revision} yet ({reason}): "
            "alembic-pg ledger writes it.\n"
        )


def _with_task(config: Config) -> keep.WithTask:
    """Return what runs a function with env.py's wiring."""

    def run_with_task(build: Callable[[AlembicCommand], None]) -> None:
        command = own_command.OwnCommand("ledger", lambda task, _: build(task), on_target=False)
        own_command.load_environment(config, command)

    return run_with_task


def _as_text(verdict: Verdict, *, mended: bool) -> str:
    lines = [one.sentence for one in verdict.problems]
    if verdict.unproven:
        lines.append(verdict.unproven)
    if lines:
        return "\n".join(lines)
    ledger = verdict.ledger
    number = len(ledger.lines)
    revisions = "1 revision" if number == 1 else f"{number} revisions"
    place = f"{verdict.file.parent.name}/{verdict.file.name}"
    state = f", to state {list(ledger.lines.values())[-1].after}" if number else ""
    told = f"{place}: {revisions}{state}, by PostgreSQL {ledger.major}"
    if not mended:
        return f"{told}: right."
    if not verdict.written:
        return f"{told}: nothing to write."
    changed = len(verdict.written)
    return f"{told}: {'1 line' if changed == 1 else f'{changed} lines'} written."
