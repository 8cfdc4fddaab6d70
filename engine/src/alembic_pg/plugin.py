"""Register with Alembic, which loads this module whenever it is imported itself.

The entry point is ``alembic_pg`` of the group ``alembic.plugins``. It costs every Alembic project
of an environment, also those that do not use this engine: so it imports almost nothing, and what
it registers does nothing in a project whose env.py does not import alembic_pg.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec

    from alembic.autogenerate.api import AutogenContext
    from alembic.config import Config
    from alembic.runtime.plugins import Plugin
    from alembic.util import PriorityDispatchResult


def setup(plugin: Plugin) -> None:
    """Register the comparators; Alembic calls this once.

    Where this process is the alembic command, it also prepares the console, when Alembic's own
    command line has been imported.
    """
    from alembic.util import DispatchPriority  # noqa: PLC0415  # Alembic is half imported before

    plugin.add_autogenerate_comparator(
        _order_tables, "autogenerate", qualifier="postgresql", priority=DispatchPriority.FIRST
    )
    plugin.add_autogenerate_comparator(
        _complete, "autogenerate", qualifier="postgresql", priority=DispatchPriority.LAST
    )
    plugin.add_autogenerate_comparator(_compare_default, "column", "server_default")
    if _is_alembic_command():
        _call_after_import("alembic.config", watch_command)


def register() -> None:
    """Do what the entry point does, where nothing was installed and so nothing has it."""
    from alembic.runtime.plugins import Plugin, _all_plugins  # noqa: PLC0415  # see setup()

    from alembic_pg.comparator_names import NAME  # noqa: PLC0415  # an entry point needs none

    if NAME not in _all_plugins:
        Plugin.setup_plugin_from_module(sys.modules[__name__], NAME)


def watch_command() -> None:
    """Give a command of a project that uses this engine its sentences, signals and checks."""
    from alembic_pg.console import activation  # noqa: PLC0415  # for the alembic command only

    activation.watch(_begin_command)


def _begin_command(config: Config) -> None:
    """Let a command that writes a revision keep the ledger."""
    command = getattr(config.cmd_opts, "cmd", None)
    if command and command[0].__name__ in {"revision", "merge"}:
        from alembic.script import ScriptDirectory  # noqa: PLC0415  # see setup()

        from alembic_pg.commands import ledger  # noqa: PLC0415  # of these commands

        ledger.watch_new_revisions(config, ScriptDirectory)


def _order_tables(context: AutogenContext, _: object) -> PriorityDispatchResult:
    from alembic_pg.autogenerate import comparators  # noqa: PLC0415  # where something is compared

    return comparators.order_tables(context)


def _complete(*arguments: Any) -> PriorityDispatchResult:  # noqa: ANN401  # Alembic's signature
    from alembic_pg.autogenerate import comparators  # noqa: PLC0415  # where something is compared

    return comparators.complete_operations(*arguments)


def _compare_default(*arguments: Any) -> PriorityDispatchResult:  # noqa: ANN401  # Alembic's
    from alembic_pg.autogenerate import comparators  # noqa: PLC0415  # where something is compared

    return comparators.compare_default(*arguments)


def _is_alembic_command() -> bool:
    """Return whether this process was started as ``alembic`` or ``python -m alembic``."""
    if sys.argv[:1] == ["-m"]:  # the package is imported before Python knows its __main__.py
        return sys.orig_argv[sys.orig_argv.index("-m") + 1 :][:1] == ["alembic"]
    program = sys.argv[0].replace("\\", "/").rpartition("/")[2] if sys.argv else ""
    return program in {"alembic", "alembic.exe", "alembic-script.py"}


class _AfterImport:
    """A finder that finds nothing, and lets a function be called when a module was imported."""

    def __init__(self, name: str, function: Callable[[], None]) -> None:
        self.name = name
        self.function = function

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ANN401  # Python's
        """Return the spec that the other finders have, whose module calls the function."""
        del path, target
        if name != self.name:
            return None
        from importlib.util import find_spec  # noqa: PLC0415  # Python has it by then

        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def executed(module: Any) -> None:  # noqa: ANN401  # as Python's
                execute(module)
                self.function()

            spec.loader.exec_module = executed  # type: ignore[method-assign]  # of this one spec
        return spec


def _call_after_import(name: str, function: Callable[[], None]) -> None:
    sys.meta_path.insert(0, _AfterImport(name, function))
