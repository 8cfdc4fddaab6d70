"""Choose the process in which a comparison tries revisions: one that an upgrade could be."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from alembic_pg.revisions.trial import other_process, process_wide
from alembic_pg.revisions.trial.host import THIS_PROCESS
from alembic_pg.revisions.trial.other_process import OtherProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.revisions.trial.host import Host


@contextmanager
def open_host(task: AlembicCommand) -> Iterator[Host]:
    """Yield where revisions are tried; call it before the models are imported.

    What env.py has imported, an upgrade has, too. What else a program of its own has imported
    that calls the command, nobody knows: then it is a new process.
    """
    if not task.on_command_line:
        other = new_process(task)
    elif not isinstance(task.metadata, str) or task.metadata in sys.modules:
        _report_changes()
        THIS_PROCESS.known.forget()
        yield THIS_PROCESS
        return
    elif other_process.can_fork():
        environment = task.environment
        other = OtherProcess(lambda: other_process.fork(environment))
        other.begin()
    else:
        other = new_process(task)
    try:
        yield other
    finally:
        other.close()


def report_models_only(task: AlembicCommand, host: Host, imported_before: AbstractSet[str]) -> None:
    """Say what the models change in how statements run, which no revision can say.

    What they change in the schema is in the database that they build, and is compared.
    imported_before: the names of the modules that were there before the models.
    """
    if host is THIS_PROCESS:
        return
    package = task.metadata if isinstance(task.metadata, str) else ""
    changes = [
        change
        for change in process_wide.project_changes()
        if not change.makes_schema
        if change.module not in imported_before or f"{change.module}.".startswith(f"{package}.")
    ]
    for module, some in groupby(changes, lambda one: one.module):
        sys.stderr.write(
            f"{module} changes {', '.join(one.text for one in some)} where it is imported. No "
            f"revision says that, and upgrade does not import it: let env.py import {module} if "
            "revisions need it.\n"
        )


def new_process(task: AlembicCommand) -> OtherProcess:
    """Return a process that has imported env.py and nothing else of the project."""
    config = task.environment.config
    command = task.environment.context_opts["fn"].__qualname__
    return OtherProcess(lambda: other_process.spawn(config, command))


def _report_changes() -> None:
    """Say what modules that env.py imports change in each revision, as they do in an upgrade."""
    for module, changes in groupby(process_wide.project_changes(), lambda one: one.module):
        what = ", ".join(change.text for change in changes)
        sys.stderr.write(
            f"{module} changes {what} in each process that imports it, so in upgrade, too, as "
            "env.py imports it: what revisions build depends on it. Let env.py name the models "
            'instead, environment.run(metadata="their.package"): then the revisions say it.\n'
        )
