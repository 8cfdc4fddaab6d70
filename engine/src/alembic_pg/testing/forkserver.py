"""Import what every alembic command imports, and fork a process for each request.

The libraries' import is most of a short command's time. The project's own modules are not among
them: each command imports those of its own tree.

A request is one line of JSON on standard input's socket, with three file descriptors: the command's
output, its errors, and a pipe for its process id and the status with which it ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from typing import Any

from alembic_pg import plugin

LIBRARIES = (
    "alembic.command",
    "alembic.config",
    "alembic.autogenerate.api",
    "mako.template",
    "psycopg2.extras",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.orm",
)


def serve(control: socket.socket) -> list[str] | None:
    """Serve requests to their end; in the process of a command, return its arguments."""
    while True:
        line, descriptors, *_ = socket.recv_fds(control, 1 << 20, 3)
        if not line:
            return None
        request = json.loads(line)
        if os.fork() == 0:
            control.close()
            out, err, status = descriptors
            return _fork_command(request, out, err, status)
        for descriptor in descriptors:
            os.close(descriptor)


def _fork_command(request: dict[str, Any], out: int, err: int, status: int) -> list[str]:
    """Fork the command's process, and wait for it here; return its arguments there."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child:
        os.write(status, f"{child}\n".encode())
        _, ended = os.waitpid(child, 0)
        os.write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
        os._exit(0)
    os.close(status)
    for source, standard in ((out, 1), (err, 2)):
        os.dup2(source, standard)
        os.close(source)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["folder"]
    return list(request["arguments"])


if __name__ == "__main__":
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # else the first collection of each command would copy the pages of all this
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how the waiting processes end
    with socket.socket(fileno=os.dup(0)) as requests:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        given = serve(requests)
    if given is not None:
        sys.argv[1:] = given
        plugin.watch_command()
        runpy.run_module("alembic", run_name="__main__", alter_sys=True)
