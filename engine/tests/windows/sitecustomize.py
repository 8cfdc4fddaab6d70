"""Take from Python what it does not have on Windows; Python imports this when it starts."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  # the standard library asks at its import what there is
import importlib.abc
import os
import select
import selectors  # noqa: F401
import signal
import socket
import subprocess
import sys
import tempfile  # noqa: F401

MODULES = {"fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}

NAMES = {
    os: """chown fchmod fchown fork forkpty getegid geteuid getgid getpgid getpgrp getuid killpg
        lchown mkfifo pidfd_open register_at_fork setsid setuid statvfs uname""",
    select: "epoll poll",
    signal: """SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 alarm
        pthread_kill pthread_sigmask""",
    socket: "AF_UNIX recv_fds send_fds",
}


class _MissingModules(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise ModuleNotFoundError for the modules that Windows does not have."""
        del path, target
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


for module in MODULES:
    sys.modules.pop(module, None)
sys.meta_path.insert(0, _MissingModules())
for owner, names in NAMES.items():
    for attribute in names.split():
        if hasattr(owner, attribute):  # the machine may be another one than Linux
            delattr(owner, attribute)

subprocess.Popen.kill = subprocess.Popen.terminate  # type: ignore[method-assign]  # as it is there
