"""Read the arguments of ``alembic-pg preflight``."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

# PostgreSQL counts its limits in milliseconds, with 31 bits.
_MOST_SECONDS = 2_147_483


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "preflight",
        help="which rows refuse an upgrade, what is in its way, how long it lasts",
        description="Ask the target database, without changing it, what alembic upgrade REVISION "
        "would meet: how many rows refuse each pending constraint, type and value, which sessions "
        "are in the way, what it takes in time and space. Exit codes: 0 nothing is in the way, "
        "1 something is, 2 could not tell.",
    )
    parser.add_argument(
        "revision", nargs="?", default="head", metavar="REVISION", help="default: head"
    )
    parser.add_argument(
        "-x", action="append", default=[], metavar="OPTION", help="an option, as for alembic -x"
    )
    parser.add_argument(
        "--limit",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="for one question; default: 30",
    )
    parser.add_argument(
        "--replica", default="", metavar="URL", help="count rows there, not in the target"
    )
    parser.add_argument(
        "--values", action="store_true", help="show values of a row that refuses; may be personal"
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        nargs="?",
        const=float("inf"),
        default=0.0,
        metavar="SECONDS",
        help="until nothing is in the way",
    )
    parser.add_argument(
        "--json", action="store_true", help="for a program; docs/json.md has the form"
    )
    parser.set_defaults(run=_run)


def _seconds(text: str) -> float:
    """Return a number of seconds. Raises ArgumentTypeError for what is none."""
    with suppress(ValueError):
        if 0 < (seconds := float(text)) <= _MOST_SECONDS:
            return seconds
    raise ArgumentTypeError(f"{text} is no number of seconds above 0, up to {_MOST_SECONDS}")


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import preflight  # noqa: PLC0415  # one command's

    asked = preflight.Asked(options.limit, options.values, options.replica, options.wait)
    return preflight.run(
        options.revision,
        options.x,
        options.config or (),
        options.name,
        asked,
        as_json=options.json,
    )
