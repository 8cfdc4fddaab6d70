"""Write the list of all options: for the screen, and as the page docs/options.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.options import OPTIONS

if TYPE_CHECKING:
    from alembic_pg.options import Option

_PAGE_HEAD = """\
# Options

Written by `python -m alembic_pg.reference docs`, of the table in `src/alembic_pg/options.py`.

A command takes an option as `alembic -x lock_timeout=1s upgrade head`; the environment has it as
`ALEMBIC_LOCK_TIMEOUT=1s`. The command goes before the environment, which goes before the default.
An `-x` that neither stands here nor is named by env.py (`environment.run(options=["tenant"])`) is
refused before anything is done. `alembic -x help upgrade head` and `alembic-pg options` print the
list, and do nothing else.

A time is `300ms`, `2s`, `5min` or `1h`, and a number alone is milliseconds. A size is `500kB`,
`8MB` or `1GB`, and a number alone is bytes. A switch is `on` or `off`. A flag has no value.
"""

_PAGE_COLUMNS = ("-x", "variable", "kind", "default", "commands", "meaning")

_SCREEN_FOOT = "-x name=value is ALEMBIC_NAME=value in the environment; not so plan, diff, help."


def screen_text() -> str:
    """Return a line for each option: its name with its default, and what it means.

    Without a newline at the end.
    """
    from alembic_pg.console import table  # noqa: PLC0415  # every command imports this module

    rows = [(_as_typed(option), option.meaning) for option in OPTIONS]
    lines = table.render(("option", "meaning"), rows)
    return f"{lines}\n\n{_SCREEN_FOOT}"


def page() -> str:
    """Return docs/options.md."""
    lines = [_PAGE_HEAD, _markdown_row(_PAGE_COLUMNS), _markdown_row(["---"] * len(_PAGE_COLUMNS))]
    lines += [_markdown_row(_page_cells(option)) for option in OPTIONS]
    return "\n".join([*lines, ""])


def _as_typed(option: Option) -> str:
    name = f"-x {option.name}" if option.name else option.variable
    return f"{name}={option.default_text}" if option.default_text else name


def _page_cells(option: Option) -> list[str]:
    codes = (option.name, option.variable, option.default_text)
    name, variable, default = (f"`{text}`" if text else "" for text in codes)
    kind = f"{option.kind.name}, {option.kind.unit}" if option.kind.unit else option.kind.name
    commands = ", ".join(f"`{command}`" for command in option.commands) or "all"
    return [name, variable, kind, default, commands, option.meaning]


def _markdown_row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")
