"""The arguments of the alembic command, as Alembic's own parser reads them."""

from __future__ import annotations

import contextlib
import difflib
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import CommandLine, Config
from alembic.script import ScriptDirectory

from alembic_pg import options
from alembic_pg.console import option_list
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

# What can be a revision's id, and a part of its file's name; some words are Alembic's own.
# Of alembic_version.version_num, as Alembic makes it.
_LONGEST_ID = 32

_REVISION_ID = re.compile(r"(?!(?:base|current|heads?)\Z)\w[\w.]*")

# How a command is called that has no plan, as the subject of a sentence.
_SUBJECTS = {"check": "A check", "revision": "A revision", "stamp": "A stamp"}


def is_alembic_command() -> bool:
    """Return whether this process is the alembic command, not a caller of its Python API."""
    program = Path(sys.argv[0])
    return program.stem == "alembic" or program.parts[-2:] == ("alembic", "__main__.py")


def check(typed: Namespace, config: Config) -> None:
    """Raise UserError for arguments that Alembic takes and then stumbles over.

    A revision is made without a message, or with an id that is taken; a revision is named by
    nothing, or a range by more than two. Print the options and end where -x help asks for them.
    """
    if _wants_options(typed):
        sys.stdout.write(f"{option_list.screen_text()}\n")
        raise SystemExit(0)
    _check_revision_names(typed)
    if typed.cmd[0] in {command.revision, command.merge}:
        _check_new_revision(typed, config)


def _wants_options(typed: Namespace) -> bool:
    return options.HELP.name in options.command_arguments(typed)


def _check_revision_names(typed: Namespace) -> None:
    single = (getattr(typed, name, None) for name in ("revision", "rev"))
    named = (*single, *(getattr(typed, "revisions", None) or ()))
    if any(isinstance(name, str) and not name.strip() for name in named):
        raise UserError('A revision is named by "": name it by its id, or say head or base.')
    span = getattr(typed, "rev_range", None) or ""
    if span.count(":") > 1:
        raise UserError(f"{span} is no range of revisions: write -r from:to.")


def require_known(names: Iterable[str], own: Iterable[str], command: str) -> None:
    """Raise UserError for a name of -x that nobody has, and for a plan of a command without one.

    Alembic takes any, so a plan that is spelt wrong would be an upgrade.
    names: of the command's -x options. own: those that env.py has beside ours.
    command: the name of the function in alembic.command.
    """
    ours = {option.name for option in options.OPTIONS} - {""}
    if taken := sorted(ours & set(own)):
        raise UserError(f"env.py names an option {taken[0]}, which alembic_pg has: rename it.")
    known = sorted(ours | set(own))
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known, 1)
            guess = f": did you mean -x {near[0]}?" if near else "."
            raise UserError(f"-x {name} is unknown{guess}\n{option_list.screen_text()}")
        if name == "plan" and command not in options.RUNS:
            subject = _SUBJECTS.get(command, "This command")
            raise UserError(f"{subject} has no plan: leave -x plan out.")


def require_known_variables(variables: Iterable[str]) -> None:
    """Raise UserError for a variable that is nearly one of ours: it would say nothing to anybody.

    variables: the names of the environment. Another ALEMBIC_ variable may be somebody else's.
    """
    ours = sorted({option.variable for option in options.OPTIONS} - {""})
    for name in variables:
        if name not in ours and name.startswith("ALEMBIC_"):
            near = difflib.get_close_matches(name, ours, 1, cutoff=0.85)
            if near:
                raise UserError(f"The variable {name} is unknown: did you mean {near[0]}?")


def _check_new_revision(typed: Namespace, config: Config) -> None:
    if not (typed.message or "").strip():
        raise UserError('A revision needs a message: add -m "what it does".')
    if not typed.rev_id:
        return
    if not _REVISION_ID.fullmatch(typed.rev_id):
        raise UserError(
            f"--rev-id {typed.rev_id!r} names no file, or something else: take letters, digits and "
            "_, and none of base, current, head, heads."
        )
    script = ScriptDirectory.from_config(config)
    places = script._version_locations  # noqa: SLF001  # where Alembic looks
    if file := revision_file_with_id(typed.rev_id, places):
        raise UserError(
            f"Revision {typed.rev_id} is there already ({file.name}): choose another --rev-id."
        )
    # A project that has widened the column has such ids.
    if len(typed.rev_id) > _LONGEST_ID and not any(
        len(revision.revision) > _LONGEST_ID for revision in script.walk_revisions()
    ):
        raise UserError(
            f"--rev-id has {len(typed.rev_id)} characters, and alembic_version holds "
            f"{_LONGEST_ID}: choose a shorter one."
        )


def configuration_of(typed: Namespace) -> Config:
    """Return the configuration that the alembic command makes of its parsed arguments."""
    toml, ini = CommandLine()._inis_from_config(typed)  # noqa: SLF001  # it has no public name
    return Config(file_=ini, toml_file=toml, ini_section=typed.name, cmd_opts=typed)


def parse() -> Namespace | None:
    """Return the parsed arguments.

    None where there is no command that Alembic would run, nor -x help, which needs no command.
    """
    quiet = io.StringIO()
    with (
        contextlib.suppress(SystemExit),
        contextlib.redirect_stderr(quiet),
        contextlib.redirect_stdout(quiet),
    ):
        typed = CommandLine(prog="alembic").parser.parse_args(sys.argv[1:])
        return typed if hasattr(typed, "cmd") or _wants_options(typed) else None
    return None


def revision_file_with_id(revision: str, folders: Iterable[Path]) -> Path | None:
    """Return the revision file that has an id, None where there is none.

    Alembic would write a second one, warn, and from then on see only one of the two.
    """
    assigned = re.compile(rf"""^revision\b[^=\n]*=\s*["']{re.escape(revision)}["']""", re.MULTILINE)
    for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
        if assigned.search(file.read_text(encoding="utf-8", errors="replace")):
            return file
    return None
