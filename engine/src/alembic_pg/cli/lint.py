"""Read the arguments of ``alembic-pg lint``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config

_CHECKS = ("heads", "destroys", "squawk")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "lint", help="one head, what revisions destroy is confirmed, squawk's opinion of their SQL"
    )
    parser.add_argument(
        "only",
        nargs="*",
        type=_check_name,
        metavar="CHECK",
        help="only these checks: heads, destroys, squawk",
    )
    parser.add_argument("--reporter", help="squawk's format: tty, gcc, json")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands.lint import destroys, single_head, squawk  # noqa: PLC0415  # one command's

    config = configuration_of(options)
    reporter = ["--reporter", options.reporter] if options.reporter else []
    checks: dict[str, Callable[[Config], None]] = {
        "heads": single_head.check,
        "destroys": destroys.check,
        "squawk": lambda config: squawk.check(config, *reporter),
    }
    for name in options.only or checks:
        checks[name](config)
    return 0


def _check_name(text: str) -> str:
    if text not in _CHECKS:
        known = ", ".join(_CHECKS)
        raise argparse.ArgumentTypeError(f"there is no check {text}: {known}")
    return text
