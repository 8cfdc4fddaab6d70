"""Write docs/commands.md of the program's parser."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from alembic_pg import cli
from alembic_pg.reference import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Commands

Written by `python -m alembic_pg.reference docs`, of the arguments in `src/alembic_pg/cli`.

Alembic's verbs stay with `alembic`: their arguments are in its manual, and what this engine adds to
them are [options](options.md) of `-x`. What is the engine's own is `alembic-pg COMMAND`. Before the
command may stand `-c FILE`, the configuration file, and `-n NAME`, its section, as for `alembic`.
"""


def page() -> str:
    """Return docs/commands.md."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for name, helped, parser in all_commands(cli.make_parser()):
        yield f"## alembic-pg {name}\n"
        yield f"{parser.description or _sentence(helped)}\n"
        rows = list(_rows(parser))
        if rows:
            yield markdown.table(("argument", "meaning"), rows)
            yield ""


def all_commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield each command with its line of help and its parser."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no public list
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # nor a public class
            helped = {one.dest: one.help or "" for one in action._choices_actions}  # noqa: SLF001  # as above
            for name, own in action.choices.items():
                yield name, helped[name], own


def _rows(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield each argument as it is typed, and what it means."""
    for action in parser._actions:  # noqa: SLF001  # as above
        if not isinstance(action, argparse._HelpAction):  # noqa: SLF001  # as above
            yield f"`{_typed(action)}`", _sentence(action.help or _chosen(action))


def _typed(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    value = str(action.metavar or action.dest.upper())
    if not names:
        return f"[{value} …]" if action.nargs == "*" else f"[{value}]" if action.nargs else value
    return f"{names} [{value}]" if action.nargs == "?" else f"{names} {value}"


def _chosen(action: argparse.Action) -> str:
    return f"one of {', '.join(map(str, action.choices))}" if action.choices else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
