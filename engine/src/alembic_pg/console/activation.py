"""Prepare the console for a command of a project that uses this engine.

This module is imported by every alembic command of an environment, so it imports little; the rest
is imported for a project whose env.py uses the engine.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config

_ENGINE_IMPORT = re.compile(r"^\s*(?:from|import)\s+alembic_pg\b", re.MULTILINE)

_active = False


def watch(begin: Callable[[Config], None] = lambda _: None) -> None:
    """Prepare the console as soon as Alembic has made its configuration from the command line.

    Alembic's own object is looked at, and nothing is parsed twice; no function of ours stays on
    the stack of a command, where a traceback would show it.
    begin: called with the configuration where the project uses this engine.
    """
    from alembic.config import Config  # noqa: PLC0415  # it is imported before

    if {"help", "-xhelp"} & set(sys.argv):
        _list_options()
    original = Config.__init__

    def made(self: Config, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Alembic's
        original(self, *arguments, **options)
        if self.cmd_opts is not None:
            Config.__init__ = original  # type: ignore[method-assign]  # there is no second one
            if activate(self):
                begin(self)

    Config.__init__ = made  # type: ignore[method-assign]  # Alembic tells nobody of a command


def _list_options() -> None:
    """Do what -x help asks for where there is no command, for which Alembic makes no Config."""
    from alembic_pg.console import arguments  # noqa: PLC0415  # not for others' commands

    typed = arguments.parse()
    if typed is not None and not hasattr(typed, "cmd"):
        activate(arguments.configuration_of(typed))


def activate(config: Config) -> bool:
    """Install what ends a command in a sentence, and check its arguments, once in a process.

    config: the one that Alembic made of the command line. Nothing is done where the project's
    env.py does not import alembic_pg, or none is found. Returns whether it does.
    Raises UserError for arguments that Alembic takes and then stumbles over.
    """
    if not uses_engine(config):
        return False
    install_once()
    if not hasattr(config.stdout, "write"):  # it was closed when Alembic took it
        config.stdout = sys.stdout
    from alembic_pg import options  # noqa: PLC0415  # not for others' projects
    from alembic_pg.console import arguments  # noqa: PLC0415  # as above

    assert config.cmd_opts is not None  # noqa: S101  # it comes from the command line
    if options.json_wanted(options.command_arguments(config.cmd_opts)):
        from alembic_pg import events  # noqa: PLC0415  # rare

        events.choose_form(as_json=True)
    arguments.check(config.cmd_opts, config)
    return True


def install_once() -> None:
    """Let what goes wrong in this process end in a sentence; a second call mends that only."""
    global _active  # noqa: PLW0603  # a process has one console
    from alembic_pg.console import excepthook  # noqa: PLC0415  # not for others' projects

    if _active:
        excepthook.hear_command_errors()
        return
    _active = True
    excepthook.install()


@contextmanager
def status_line(config: Config | None = None, *, quiet: bool = False) -> Iterator[None]:
    """Show on a terminal what a command does while it takes long.

    config: Alembic's, which has an output of its own. quiet: show nothing.
    """
    if quiet or not sys.stderr.isatty():
        yield
        return
    from alembic_pg.console import status  # noqa: PLC0415  # only on a terminal

    before = sys.stdout
    with status.LINE.open():
        if config is None or config.stdout is not before:
            yield
            return
        config.stdout = sys.stdout
        try:
            yield
        finally:
            config.stdout = before


def uses_engine(config: Config) -> bool:
    """Return whether the env.py of the command's project imports alembic_pg."""
    with suppress(Exception):  # whatever it is, Alembic says it in its own words
        location = config.get_alembic_option("script_location")
        if location:
            env = _script_folder(location, config) / "env.py"
            return bool(_ENGINE_IMPORT.search(env.read_text(encoding="utf-8", errors="replace")))
    return False


def _script_folder(location: str, config: Config) -> Path:
    """Return the folder that script_location names: a path, or one inside a package.

    The package is looked for, but not imported.
    """
    if os.path.isabs(location) or ":" not in location:  # noqa: PTH117  # as Alembic asks it
        return Path(location)
    package, _, below = location.partition(":")
    top, *inner = package.split(".")
    from importlib.util import find_spec  # noqa: PLC0415  # Python has it by then

    known = sys.path
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Alembic warns of its options itself
            sys.path = [*(config.get_prepend_sys_paths_list() or []), *known]
        spec = find_spec(top)
    finally:
        sys.path = known
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(top)
    return Path(next(iter(spec.submodule_search_locations)), *inner, below)
