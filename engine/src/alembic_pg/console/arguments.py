"""The arguments of the alembic command, as Alembic's own parser reads them."""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.script import ScriptDirectory

from alembic_pg.errors import UserError
from alembic_pg.options import Settings

if TYPE_CHECKING:
    from argparse import Namespace

    from alembic.config import Config

# The names of ddl's own -x options.
_OPTION_NAMES = ("diff", "online", "plan", "split", *(setting.name for setting in fields(Settings)))


def is_alembic_command() -> bool:
    """Return whether this process is the alembic command, not a caller of its Python API."""
    program = Path(sys.argv[0])
    return program.stem == "alembic" or program.parts[-2:] == ("alembic", "__main__.py")


def check(options: Namespace, config: Config) -> None:
    """Raise UserError for arguments that Alembic takes and then stumbles over.

    A revision is made without a message, or with an id that is taken; a revision is named by
    nothing, or a range by more than two. An -x option is nearly one of ours.
    """
    _check_revision_names(options)
    _check_options(options)
    if options.cmd[0] in {command.revision, command.merge}:
        _check_new_revision(options, config)


def _check_revision_names(options: Namespace) -> None:
    single = (getattr(options, name, None) for name in ("revision", "rev"))
    named = (*single, *(getattr(options, "revisions", None) or ()))
    if any(isinstance(name, str) and not name.strip() for name in named):
        raise UserError('A revision is named by "": name it by its id, or say head or base.')
    span = getattr(options, "rev_range", None) or ""
    if span.count(":") > 1:
        raise UserError(f"{span} is no range of revisions: write -r from:to.")


def _check_options(options: Namespace) -> None:
    """Alembic takes any -x, so a plan that is spelt wrong would be an upgrade."""
    for option in options.x or ():
        name = option.partition("=")[0]
        if name not in _OPTION_NAMES and (
            near := difflib.get_close_matches(name, _OPTION_NAMES, 1)
        ):
            raise UserError(f"-x {name} is unknown: did you mean -x {near[0]}?")
        if name == "plan" and options.cmd[0] is command.stamp:
            raise UserError("A stamp has no plan: leave -x plan out.")


def _check_new_revision(options: Namespace, config: Config) -> None:
    if not (options.message or "").strip():
        raise UserError('A revision needs a message: add -m "what it does".')
    if options.rev_id and (file := _revision_file_with_id(options.rev_id, config)):
        raise UserError(
            f"Revision {options.rev_id} is there already ({file.name}): choose another --rev-id."
        )


def _revision_file_with_id(revision: str, config: Config) -> Path | None:
    """Return the revision file that has an id.

    Alembic would write a second one, warn, and from then on see only one of the two.
    """
    assigned = re.compile(rf"""^revision\b[^=\n]*=\s*["']{re.escape(revision)}["']""", re.MULTILINE)
    script = ScriptDirectory.from_config(config)
    places = script._version_locations  # noqa: SLF001  # where Alembic looks
    for file in sorted(file for place in places for file in place.rglob("*.py")):
        if assigned.search(file.read_text(encoding="utf-8", errors="replace")):
            return file
    return None
