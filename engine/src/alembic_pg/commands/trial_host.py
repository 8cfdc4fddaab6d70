"""Choose the process in which a comparison tries revisions: one that an upgrade could be."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_pg.revisions import other_process
from alembic_pg.revisions.host import THIS_PROCESS
from alembic_pg.revisions.other_process import OtherProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.revisions.host import Host


@contextmanager
def open_host(task: AlembicCommand) -> Iterator[Host]:
    """Yield where revisions are tried; call it before the models are imported.

    What env.py has imported, an upgrade has, too. What else a program of its own has imported
    that calls the command, nobody knows: then it is a new process.
    """
    if not task.on_command_line:
        config = task.environment.config
        command = task.environment.context_opts["fn"].__qualname__
        other = OtherProcess(lambda: other_process.spawn(config, command))
    elif not isinstance(task.metadata, str) or task.metadata in sys.modules:
        yield THIS_PROCESS
        return
    elif other_process.can_fork():
        environment = task.environment
        other = OtherProcess(lambda: other_process.fork(environment))
        other.begin()
    else:
        config = task.environment.config
        command = task.environment.context_opts["fn"].__qualname__
        other = OtherProcess(lambda: other_process.spawn(config, command))
    try:
        yield other
    finally:
        other.close()
