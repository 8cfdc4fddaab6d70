"""Let a fault happen to a run of a soak round: each ends, stops, or meets it somewhere."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
from tests.soak.place import ended

if TYPE_CHECKING:
    import random
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.soak.place import Place

    Fault = Callable[["Case"], list[str]]

_RUN = "application_name LIKE 'alembic%' OR application_name = 'psql'"


@dataclass(frozen=True)
class Case:
    """A run that is about to begin.

    command: alembic's arguments. script: the same for psql. back: returns the arguments that
    take a half-done run back. seconds: what the quiet run took. met: is given whether the run was
    still at work when the fault came.
    """

    place: Place
    database: str
    command: tuple[str, ...]
    script: Path | None
    back: Callable[[], tuple[str, ...]]
    chance: random.Random
    seconds: float
    met: list[bool]

    def begin(self) -> subprocess.Popen[str]:
        """Begin the run."""
        return self.place.alembic(self.database, *self.command)

    def wait(self, process: subprocess.Popen[str], least: float = 0.3) -> None:
        """Wait for a random part of what the run takes, or until it has ended by itself.

        least: of the seconds that it takes, how great a part.
        """
        part = least + self.chance.random() * (1.3 - least)
        deadline = time.monotonic() + part * self.seconds
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        self.met.append(process.poll() is None)


def _signalled(number: signal.Signals) -> Fault:
    def fault(case: Case) -> list[str]:
        process = case.begin()
        case.wait(process)
        with suppress(ProcessLookupError):
            process.send_signal(number)
        return [ended(process)[1]]

    return fault


def _frozen(case: Case) -> list[str]:
    """Freeze the client, as a laptop's lid does, for longer than its locks may be held."""
    process = case.begin()
    case.wait(process)
    if process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        time.sleep(1 + case.chance.random() * 3)
        process.send_signal(signal.SIGCONT)
    return [ended(process)[1]]


def _session_ended(case: Case) -> list[str]:
    process = case.begin()
    case.wait(process)
    with suppress(psycopg2.Error):
        case.place.execute(
            case.database,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND ({_RUN})",
        )
    return [ended(process)[1]]


def _restarted(case: Case) -> list[str]:
    process = case.begin()
    case.wait(process)
    case.place.restart()
    return [ended(process)[1]]


def _crashed(case: Case) -> list[str]:
    """Kill a process of the server, which ends all sessions and starts again by itself."""
    process = case.begin()
    case.wait(process)
    with suppress(psycopg2.Error):
        connection = case.place.connect(case.database)
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    said = ended(process)[1]
    case.place.until_ready()
    return [said]


def _disk_full(case: Case) -> list[str]:
    """Let the disk be full for a while, with some room left for the first steps."""
    process = case.begin()
    case.wait(process, 0)
    with case.place.full_disk(room=case.chance.randrange(4_000_000)):
        said = ended(process)[1]
    return [said]


def _no_room_to_sort(case: Case) -> list[str]:
    """Let the server refuse a file that a large sort needs."""
    name = case.database
    case.place.execute(
        name,
        f'ALTER DATABASE "{name}" SET temp_file_limit = 0',
        f'ALTER DATABASE "{name}" SET maintenance_work_mem = 64',
        f'ALTER DATABASE "{name}" SET work_mem = 64',
    )
    said = ended(case.begin())[1]
    case.place.execute(name, f'ALTER DATABASE "{name}" RESET ALL')
    return [said]


def _second_run(case: Case) -> list[str]:
    first = case.begin()
    case.wait(first, 0)
    second = case.begin()
    case.wait(first)
    if case.chance.randrange(2):
        first.kill()
    return [ended(first)[1], ended(second)[1]]


def _script(case: Case) -> list[str]:
    """Execute the script, and end psql or its session somewhere, or nothing."""
    if case.script is None:
        return []
    process = case.place.psql(case.database, case.script)
    case.wait(process, 0)
    if case.chance.randrange(3):
        process.kill()
        ended(process)
        _until_alone(case)
        return ["(psql killed)"]
    return [ended(process)[1]]


def _script_beside(case: Case) -> list[str]:
    if case.script is None:
        return []
    first = case.begin()
    case.wait(first, 0)
    second = case.place.psql(case.database, case.script)
    case.wait(first)
    if case.chance.randrange(2):
        case.chance.choice([first, second]).kill()
    return [ended(first)[1], ended(second)[1]]


def _taken_back(case: Case) -> list[str]:
    process = case.begin()
    case.wait(process)
    process.kill()
    said = ended(process)[1]
    return [said, ended(case.place.alembic(case.database, *case.back()))[1]]


def _until_alone(case: Case) -> None:
    """Wait until the server has noticed that a client is gone."""
    for _ in range(600):
        query = f"SELECT FROM pg_stat_activity WHERE datname = current_database() AND ({_RUN})"
        if not case.place.execute(case.database, query):
            return
        time.sleep(0.05)


FAULTS: dict[str, Fault] = {
    "client killed": _signalled(signal.SIGKILL),
    "Ctrl-C": _signalled(signal.SIGINT),
    "SIGTERM": _signalled(signal.SIGTERM),
    "client frozen": _frozen,
    "session ended": _session_ended,
    "server restarted": _restarted,
    "server crashed": _crashed,
    "no room to sort": _no_room_to_sort,
    "second run": _second_run,
    "script": _script,
    "script beside": _script_beside,
    "taken back": _taken_back,
}


def faults_of(place: Place) -> dict[str, Fault]:
    """Return the faults that can be had in a place, by name."""
    return {**FAULTS, "disk full": _disk_full} if place.own_disk else FAULTS
