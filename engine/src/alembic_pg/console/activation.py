"""Prepare the console for a command of a project that uses this engine."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import CommandLine, Config

from alembic_pg.console import arguments, excepthook

if TYPE_CHECKING:
    from argparse import Namespace

_ENGINE_IMPORT = re.compile(r"^\s*(?:from|import)\s+alembic_pg\b", re.MULTILINE)

_active = False


def activate() -> None:
    """Install what ends a command in a sentence, and check its arguments, once in a process.

    Nothing is done where the project's env.py does not import alembic_pg, or none is found.
    Raises UserError for arguments that Alembic takes and then stumbles over.
    """
    options = arguments.parse()
    if options is None or not _uses_engine(options):
        return
    install_once()
    arguments.check(options, _alembic_config(options))


def install_once() -> None:
    """Let what goes wrong in this process end in a sentence; a second call does nothing."""
    global _active  # noqa: PLW0603  # a process has one console
    if not _active:
        _active = True
        excepthook.install()


def _uses_engine(options: Namespace) -> bool:
    """Return whether the env.py of the command's project imports alembic_pg."""
    with suppress(Exception):  # whatever it is, Alembic says it in its own words
        config = _alembic_config(options)
        location = config.get_alembic_option("script_location")
        if location:
            env = _script_folder(location, config.get_prepend_sys_paths_list() or []) / "env.py"
            return bool(_ENGINE_IMPORT.search(env.read_text(encoding="utf-8", errors="replace")))
    return False


def _alembic_config(options: Namespace) -> Config:
    """Return the configuration that Alembic makes of the same options."""
    toml, ini = CommandLine()._inis_from_config(options)  # noqa: SLF001  # it has no public name
    return Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)


def _script_folder(location: str, before: list[str]) -> Path:
    """Return the folder that script_location names: a path, or one inside a package.

    The package is looked for, but not imported.
    """
    if os.path.isabs(location) or ":" not in location:  # noqa: PTH117  # as Alembic asks it
        return Path(location)
    package, _, below = location.partition(":")
    top, *inner = package.split(".")
    known = sys.path
    try:
        sys.path = [*before, *known]
        spec = importlib.util.find_spec(top)
    finally:
        sys.path = known
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(top)
    return Path(next(iter(spec.submodule_search_locations)), *inner, below)
