"""Define every option of the engine once: the -x options, and the variables of the environment.

The readers, the checks, ``-x help``, ``alembic-pg options`` and docs/options.md are all made from
OPTIONS. A new option of a run is one field of Settings.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from alembic_pg.errors import UserError
from alembic_pg.option_kinds import FLAG, SIZE, SWITCH, TIME, URL, Kind, parse_switch

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from alembic.config import Config


@dataclass(frozen=True)
class Option:
    """One option.

    name: as in -x NAME; "" for what only the environment says. variable: of the environment; ""
    for what only the command says. commands: those that it concerns, none for all.
    meaning: one sentence.
    """

    name: str
    variable: str
    kind: Kind
    default: Any
    commands: tuple[str, ...]
    meaning: str

    @property
    def default_text(self) -> str:
        """The default as a person writes it, "" without one."""
        return "" if self.default is None else self.kind.text(self.default)

    def read(self, arguments: Mapping[str, str]) -> Any:  # noqa: ANN401  # what its kind parses
        """Return the value: of the command, else of the environment, else the default.

        arguments: the command's -x options. Raises UserError for a text that is no such value.
        """
        if self.name in arguments:
            source, value = f"-x {self.name}", arguments[self.name]
        elif self.variable and os.environ.get(self.variable):
            source, value = self.variable, os.environ[self.variable]
        else:
            return self.default
        parsed = self.kind.parse(value)
        if parsed is None:
            raise UserError(f'{source} is "{value}"{self.kind.refusal}')
        return parsed


# The commands of an option: all that run revisions, those that compare.
RUNS = ("upgrade", "downgrade")
_COMPARES = ("revision --autogenerate", "check")


def _about(
    kind: Kind, commands: tuple[str, ...], meaning: str, *, variable: bool = True
) -> dict[str, Any]:
    """Return the metadata of a field of Settings. variable: whether it is one, too."""
    return {"kind": kind, "commands": commands, "meaning": meaning, "variable": variable}


@dataclass(frozen=True)
class Settings:
    """The options of a command, each a field: times in milliseconds, sizes in bytes."""

    plan: bool = field(
        default=False,
        metadata=_about(
            FLAG,
            RUNS,
            "Print what the command would do to the target, and do nothing.",
            variable=False,
        ),
    )
    online: bool = field(
        default=True,
        metadata=_about(
            SWITCH,
            RUNS,
            "Run each statement in the form that lets others read and write meanwhile.",
        ),
    )
    large_table: int = field(
        default=8 << 20,
        metadata=_about(
            SIZE, RUNS, "Treat a table that is larger than this, indexes included, as a large one."
        ),
    )
    drift: bool = field(
        default=True,
        metadata=_about(
            SWITCH,
            RUNS[:1],
            "Refuse an upgrade that changes what somebody has changed by hand.",
        ),
    )
    lock_timeout: int = field(
        default=300,
        metadata=_about(
            TIME, RUNS, "Wait at most this long for a lock in one try, others behind; 0 has no end."
        ),
    )
    lock_aside: int = field(
        default=10_000,
        metadata=_about(
            TIME,
            RUNS,
            "Wait at most this long for long transactions before a try; 0 does not wait.",
        ),
    )
    lock_patience: int = field(
        default=300_000,
        metadata=_about(
            TIME, RUNS, "Try at most this long to get the locks of a statement; 0 has no end."
        ),
    )
    statement_timeout: int = field(
        default=5_000,
        metadata=_about(
            TIME, RUNS, "Cancel a step that must be short and takes longer; 0 cancels none."
        ),
    )
    idle_timeout: int = field(
        default=5_000,
        metadata=_about(
            TIME,
            RUNS,
            "Give up locks when a revision's own Python takes so long.",
        ),
    )
    wait: int = field(
        default=0,
        metadata=_about(
            TIME, (*RUNS, "stamp", "current"), "Wait this long for a server that is still starting."
        ),
    )
    run_patience: int = field(
        default=0,
        metadata=_about(
            TIME,
            (*RUNS, "stamp"),
            "Wait at most this long for another run on the database; 0 has no end.",
        ),
    )
    batch: int = field(
        default=50,
        metadata=_about(TIME, RUNS, "Change as many rows in one batch as take about this long."),
    )
    replication_lag: int = field(
        default=10_000,
        metadata=_about(
            TIME, RUNS, "Pause between batches while a replica is further behind than this."
        ),
    )
    split: bool = field(
        default=True,
        metadata=_about(
            SWITCH,
            _COMPARES[:1],
            "Write what commits in steps, and what goes, in revisions of their own.",
        ),
    )
    json: bool = field(
        default=False,
        metadata=_about(
            SWITCH, RUNS, "Write each event of a run as a line of JSON, on the standard error."
        ),
    )
    diff: bool = field(
        default=False,
        metadata=_about(FLAG, _COMPARES, "Print each difference line by line.", variable=False),
    )


HELP = Option("help", "", FLAG, default=False, commands=(), meaning="Print this list.")

TRACEBACK = Option(
    "",
    "ALEMBIC_TRACEBACK",
    SWITCH,
    default=False,
    commands=(),
    meaning="Print where a command failed, and not only why.",
)

# The package database reads the two URLs.
TARGET = Option(
    "",
    "DATABASE_URL",
    URL,
    default=None,
    commands=(*RUNS, "stamp", "current", "alembic-pg psql"),
    meaning="Name the target; unset, it is the embedded server.",
)

SCRATCH = Option(
    "",
    "SHADOW_DATABASE_URL",
    URL,
    default=None,
    commands=(*_COMPARES, "upgrade --sql"),
    meaning="Name a server for scratch databases; unset, it is the embedded one.",
)

_SETTINGS = tuple(
    Option(
        one.name,
        f"ALEMBIC_{one.name.upper()}" if one.metadata["variable"] else "",
        one.metadata["kind"],
        one.default,
        one.metadata["commands"],
        one.metadata["meaning"],
    )
    for one in fields(Settings)
)

# The table of all of them.
OPTIONS = (*_SETTINGS, HELP, TRACEBACK, TARGET, SCRATCH)


def read_settings(arguments: Mapping[str, str]) -> Settings:
    """Return the settings of a command.

    arguments: the command's -x options. A time without a unit is milliseconds, a size without one
    is bytes, as PostgreSQL has it (20.1.1).
    Raises UserError for a value that is none of the option's kind.
    """
    return Settings(**{option.name: option.read(arguments) for option in _SETTINGS})


def command_settings(config: Config | None) -> Settings:
    """Return the settings of a command. config: Alembic's, with the command's arguments, if any.

    Raises UserError for a value that is none of the option's kind.
    """
    return read_settings(command_arguments(config.cmd_opts if config else None))


def command_arguments(typed: Namespace | None) -> dict[str, str]:
    """Return the -x options of a command: the values by the names.

    typed: the arguments as Alembic's parser gives them, if there are any.
    """
    given = getattr(typed, "x", None) or ()
    return {name: value for name, _, value in (text.partition("=") for text in given)}


def json_wanted(arguments: Mapping[str, str]) -> bool:
    """Return whether a command is to tell its events as JSON. arguments: its -x options.

    Raises UserError for a value that is no switch.
    """
    return bool(next(one for one in _SETTINGS if one.name == "json").read(arguments))


def traceback_wanted() -> bool:
    """Return whether the environment asks for tracebacks: by anything that does not say no."""
    value = os.environ.get(TRACEBACK.variable, "")
    return bool(value) and parse_switch(value) is not False
