"""Remember what was made of the models: of unchanged inputs, nothing is compared or built again."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING

from alembic_pg import history_start
from alembic_pg.database.digest import PACKAGE_FOLDER, cache_digest, code_files
from alembic_pg.database.project_files import make_data_folder, write_whole
from alembic_pg.database.scratch import server_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand

RECORD_PATH = Path(".postgres") / "clean.json"

# Seconds since the epoch. This module is imported before the models are.
STARTED = time.time()

# Seconds by which a file's time may be behind the clock's (the kernel's tick), and some more.
CLOCK_TOLERANCE = 0.05


@dataclass
class FileReads:
    """Record what the models read while they are imported: files, and folders that they list.

    folders: what was in each, by its name, when it was first listed. active: whether anything is
    recorded. ignored_threads: the threads that import no models.
    """

    files: set[str] = field(default_factory=set)
    folders: dict[str, list[str]] = field(default_factory=dict)
    active: bool = True
    ignored_threads: set[int] = field(default_factory=set)

    def ignore_this_thread(self) -> None:
        """Record nothing that this thread reads: it does not import the models."""
        self.ignored_threads.add(get_ident())

    def record_event(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take an event of Python's audit hook (PEP 578)."""
        if not self.active or not arguments or not isinstance(arguments[0], str):
            return
        if get_ident() in self.ignored_threads:
            return
        if event == "open":
            self.files.add(os.path.abspath(arguments[0]))  # noqa: PTH100  # called for every file
        elif event in {"os.listdir", "os.scandir"}:
            self.add_folder(os.path.abspath(arguments[0]))  # noqa: PTH100

    def add_folder(self, folder: str) -> None:
        """Take a folder with what is in it now."""
        if folder in self.folders:
            return
        thread = get_ident()
        self.ignored_threads.add(thread)
        self.folders[folder] = _folder_listing(folder)
        self.ignored_threads.discard(thread)


@contextmanager
def record_file_reads() -> Iterator[FileReads]:
    """Yield a record of what is read meanwhile. An audit hook cannot be removed: it then sleeps."""
    watch = FileReads()
    sys.addaudithook(watch.record_event)
    try:
        yield watch
    finally:
        watch.active = False


def check_server_key(task: AlembicCommand, given: Connection | None) -> str:
    """Return `server_key` of a check, "" of another command, and of a caller's connection."""
    return "" if task.command != "check" or given is not None else server_key(task)


def server_key(task: AlembicCommand) -> str:
    """Return what tells the server for scratch databases from another one, with its version.

    "" where nothing is noted: env.py hands objects over, or a part of the models is imported
    already. What they read then, nobody has seen.
    """
    if task.entities is not None or not isinstance(task.metadata, str):
        return ""
    if task.metadata.partition(".")[0] in sys.modules:
        return ""
    return server_identity()


def is_still_clean(task: AlembicCommand, server: str) -> bool:
    """Return whether the last check was clean, of exactly what is there now.

    server: what `check_server_key` returned.
    """
    return recall(task, server, RECORD_PATH) is not None


def record_clean_check(task: AlembicCommand, server: str, watch: FileReads) -> None:
    """Record that models and revisions agree."""
    record(task, server, watch, RECORD_PATH)


def recall(task: AlembicCommand, server: str, path: Path) -> str | None:
    """Return what was recorded of exactly what is there now, None without.

    server: what `server_key` returned. path: of the record, below the project's folder.
    """
    if not server:
        return None
    try:
        note = json.loads((task.root / path).read_text())
        inputs = _input_files(task, note["files"])
        if note["digest"] == _digest(task, server, inputs, note["folders"]):
            return str(note["made"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def record(task: AlembicCommand, server: str, watch: FileReads, path: Path, made: str = "") -> None:
    """Record what was made of what is there; nothing is recorded where nothing can be written.

    What changed after this process began may not be what it read: then nothing is recorded.
    """
    modules = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    start = history_start.start_files(task.environment.config, task.environment.script)
    read = {*watch.files, *modules, *(str(file.resolve()) for file in start)}
    files = sorted(name for name in read if name and _is_source(name))
    listed = {name: found for name, found in watch.folders.items() if _is_source(name)}
    folders = sorted(listed)
    inputs = _input_files(task, files)
    absent = {name for name in _settings_files(task) if not Path(name).exists()}
    engine = [] if _is_installed(str(PACKAGE_FOLDER)) else code_files(PACKAGE_FOLDER)
    if any(_changed_since(STARTED, name) for name in {*inputs, *engine} - absent):
        return
    # A folder's own time changes with the bytecode that this process writes.
    if any(_folder_listing(name) != found for name, found in listed.items()):
        return
    digest = _digest(task, server, inputs, folders)
    note = {"digest": digest, "files": files, "folders": folders, "made": made}
    with suppress(OSError):
        make_data_folder(task.root)
        write_whole(task.root / path, json.dumps(note))


def _is_source(name: str) -> bool:
    """Return whether a file is an input by its content.

    What was installed counts by its version, the engine by its own digest, and bytecode not.
    """
    compiled = f"{os.sep}__pycache__" in name or name.endswith(".pyc")
    engine = name.startswith(f"{PACKAGE_FOLDER}{os.sep}")
    return not compiled and not engine and not _is_installed(name)


def _is_installed(name: str) -> bool:
    return name.startswith(_installed_folders())


@cache
def _installed_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({paths[key] + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")})


def _digest(task: AlembicCommand, server: str, inputs: list[str], folders: list[str]) -> str:
    """Return a digest of all that a check depends on."""
    config = task.environment.config
    typed = getattr(config.cmd_opts, "x", None) or ()  # alembic-pg has none
    asked = (config.config_ini_section, typed, task.metadata)
    digest = cache_digest(sys.version, sys.prefix, server, repr(asked))
    for folder in sorted(set(filter(os.path.isdir, sys.path))):
        distributions = [name for name in _folder_listing(folder) if name.endswith(".dist-info")]
        digest.add_text(repr((folder, distributions)))
    for name in folders:
        digest.add_text(repr((name, _folder_listing(name))))
    for name in inputs:
        digest.add_file(name, name)
    return digest.value


def _input_files(task: AlembicCommand, files: list[str]) -> list[str]:
    """Return the files that were read, the settings, and all below the folders of revisions."""
    script = task.environment.script
    below = [
        str(path)
        for place in {*script._version_locations, Path(script.dir)}  # noqa: SLF001  # where Alembic looks
        for path in place.resolve().rglob("*")
        if path.suffix != ".pyc" and path.is_file()
    ]
    return sorted({*files, *below, *_settings_files(task)})


def _settings_files(task: AlembicCommand) -> set[str]:
    """Return the configuration files, of which one may not be there."""
    config = task.environment.config
    named = (config.config_file_name, config.toml_file_name, str(task.root / "pyproject.toml"))
    return {name for name in named if name}


def _changed_since(moment: float, name: str) -> bool:
    """Return whether a file or folder changed, came or went after a moment.

    Of one that is not there the folder tells, in which it was looked for.
    """
    try:
        status = os.stat(name)  # noqa: PTH116  # of hundreds of files
    except (FileNotFoundError, NotADirectoryError):
        folder = os.path.dirname(name)  # noqa: PTH120  # as above
        return folder == name or _changed_since(moment, folder)
    except OSError:
        return True
    return max(status.st_mtime, status.st_ctime) >= moment - CLOCK_TOLERANCE


def _folder_listing(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.name != "__pycache__")
    except OSError:
        return []
