"""Read the arguments of ``alembic-pg plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from alembic_pg.plan.revision_plan import PlanForm


# As alembic's own commands end where they fail.
_FAILED = 1


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser(
        "plan",
        help="what an upgrade would do to the target database, without doing it",
        description="Show what alembic upgrade REVISION would do to the target database: for each "
        "statement its lock, the way it is run, and the size of its table; and what it destroys "
        "or breaks. Nothing is done. The same as: alembic -x plan upgrade REVISION",
    )
    parser.add_argument(
        "revision", nargs="?", default="head", metavar="REVISION", help="default: head"
    )
    parser.add_argument(
        "-x", action="append", default=[], metavar="OPTION", help="an option, as for alembic -x"
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument(
        "--markdown", dest="form", action="store_const", const="markdown", help="for a pull request"
    )
    forms.add_argument(
        "--json",
        dest="form",
        action="store_const",
        const="json",
        help="for a program; docs/json.md has the form",
    )
    parser.set_defaults(run=_run, form="text")


def _run(options: argparse.Namespace) -> int:
    from alembic_pg.commands import own_command, plan  # noqa: PLC0415  # one command's

    form, configs = _form(options.form), options.config or ()
    try:
        plan.run(options.revision, options.x, configs, options.name, form)
    except Exception as error:
        if options.form != "json":
            raise
        from alembic_pg.plan.json_form import JSON_FORMAT  # noqa: PLC0415  # one form's

        own_command.report_failure(error, JSON_FORMAT)
        return _FAILED
    return 0


def _form(name: str) -> PlanForm | None:
    """Return the form of a plan, None for text."""
    from alembic_pg.plan import json_form, markdown_form  # noqa: PLC0415  # one command's

    if name == "json":
        return json_form.JsonForm()
    return markdown_form.MarkdownForm() if name == "markdown" else None
