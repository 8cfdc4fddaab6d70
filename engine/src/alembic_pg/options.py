"""How long a run may wait: ``-x lock_timeout=1s``, or the environment, never a revision."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}

_ON, _OFF = {"", "on", "1", "true", "yes"}, {"off", "0", "false", "no"}


@dataclass(frozen=True)
class Settings:
    """Times in milliseconds; 0 is no limit.

    lock_timeout: for one try to get a lock, while others queue behind it. lock_aside: before a try,
    for long transactions to end, with nobody behind; 0 is not at all. lock_patience: for all tries
    of one statement. statement_timeout: for a step that must be short once it has its lock.
    run_patience: for another run on the same database. batch: the aim of one batch of rows.
    replication_lag: from which on batches pause.
    """

    lock_timeout: int = 300
    lock_aside: int = 10_000
    lock_patience: int = 300_000
    statement_timeout: int = 5_000
    run_patience: int = 0
    batch: int = 50
    replication_lag: int = 10_000


def read_settings(arguments: Mapping[str, str]) -> Settings:
    """Return the settings of a command.

    arguments: the command's -x options. Each setting is also the variable ALEMBIC_… of its name
    in capitals. A number without a unit is milliseconds, as PostgreSQL has it (20.1.1).
    Raises UserError for what is no time.
    """
    chosen = {}
    for setting in fields(Settings):
        variable = f"ALEMBIC_{setting.name.upper()}"
        if setting.name in arguments:
            chosen[setting.name] = _parse_milliseconds(
                f"-x {setting.name}", arguments[setting.name]
            )
        elif os.environ.get(variable):
            chosen[setting.name] = _parse_milliseconds(variable, os.environ[variable])
    return Settings(**chosen)


def online_enabled(arguments: Mapping[str, str]) -> bool:
    """Return whether revisions take their online forms: unless ``-x online=off`` says not.

    ALEMBIC_ONLINE is the same in the environment. Raises UserError for what is neither on nor off.
    """
    return option_enabled("online", arguments)


def option_enabled(name: str, arguments: Mapping[str, str]) -> bool:
    """Return whether something is on, as it is unless ``-x name=off`` or ALEMBIC_NAME says not.

    Raises UserError for what is neither on nor off.
    """
    said, value = f"-x {name}", arguments.get(name)
    if value is None:
        said = f"ALEMBIC_{name.upper()}"
        value = os.environ.get(said, "")
    if value.lower() in _OFF:
        return False
    if value.lower() in _ON:
        return True
    raise UserError(f'{said} is "{value}": write on or off.')


def _parse_milliseconds(name: str, value: str) -> int:
    match = re.fullmatch(r"(\d{1,9}) ?(|ms|s|min|h)", value.strip())
    if match is None:
        raise UserError(f'{name} is "{value}", which is no time: write 300ms, 2s, 5min or 1h.')
    return int(match[1]) * _UNITS[match[2]]
