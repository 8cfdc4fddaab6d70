"""Run the engine's own commands: ``alembic-pg COMMAND``; Alembic's verbs stay with ``alembic``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.console import activation
from alembic_pg.console.arguments import configuration_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic.config import Config

_LINT_CHECKS = ("heads", "destroys", "squawk")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that was typed, and exit with its code.

    arguments: what follows the program's name, sys.argv's where none are given.
    """
    activation.install_once()
    own = list(sys.argv[1:] if arguments is None else arguments)
    at = own.index("psql") + 1 if "psql" in own else len(own)
    options = _parser().parse_args(own[:at])
    options.rest = own[at:]  # psql's own, which argparse would take for ours
    sys.exit(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alembic-pg",
        description="Commands of the engine beside those of alembic; COMMAND --help says more.",
    )
    parser.add_argument(
        "-c", "--config", action="append", help="alembic.ini or pyproject.toml, as for alembic"
    )
    parser.add_argument("-n", "--name", default="alembic", help="the section of the ini file")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    plan = commands.add_parser(
        "plan",
        help="what an upgrade would do to the target database, without doing it",
        description="Show what alembic upgrade REVISION would do to the target database: for each "
        "statement its lock, the way it is run, and the size of its table; and what it destroys "
        "or breaks. Nothing is done. The same as: alembic -x plan upgrade REVISION",
    )
    plan.add_argument(
        "revision", nargs="?", default="head", metavar="REVISION", help="default: head"
    )
    plan.add_argument(
        "-x", action="append", default=[], metavar="OPTION", help="an option, as for alembic -x"
    )
    plan.set_defaults(run=_plan)

    drift = commands.add_parser(
        "drift",
        help="what somebody changed by hand in the target database",
        description="Compare the target database with what the revisions build up to the revision "
        "that it is at, and list what is missing, extra or changed. The database is only read; "
        "its rows are not. Exit codes: 0 nothing differs, 1 something does, 2 could not tell.",
    )
    drift.add_argument(
        "objects",
        nargs="*",
        metavar="OBJECT",
        help='answer of these only: "index votes_post_id_idx", "column votes.*"',
    )
    answer = drift.add_mutually_exclusive_group()
    answer.add_argument(
        "--ignore", default="", metavar="REASON", help="note it in the file drift-ignore"
    )
    answer.add_argument(
        "--back", type=Path, metavar="FILE", help="write a script for psql that takes it back"
    )
    answer.add_argument(
        "--into-models", type=Path, metavar="FILE", help="declare it: a module of the models"
    )
    answer.add_argument("--ask", action="store_true", help="ask what to do with each, one by one")
    drift.add_argument(
        "--at", default="", metavar="REVISION", help="compare with this one, not with its own"
    )
    drift.add_argument("--diff", action="store_true", help="print the definitions, too")
    drift.add_argument(
        "--json", action="store_true", help="for a program; docs/drift.md has the form"
    )
    drift.set_defaults(run=_drift)

    ledger = commands.add_parser(
        "ledger",
        help="write or verify the states that the revisions build",
        description="Write the file ledger beside env.py: a line for each revision, with the state "
        "of a database before and after it. alembic revision and merge keep it; alembic check "
        "verifies it. Exit codes: 0 it is right, 1 it is not, 2 it could not be told.",
    )
    ledger.add_argument(
        "--verify",
        nargs="?",
        const="",
        metavar="BASE",
        help="write nothing, and tell what is wrong; also, what is otherwise than in a git "
        "revision, whose lines are taken for verified",
    )
    ledger.add_argument(
        "--landed", action="store_true", help="write also what the main branch has otherwise"
    )
    ledger.add_argument(
        "--json", action="store_true", help="for a program; docs/ledger.md has the form"
    )
    ledger.set_defaults(run=_ledger)

    entities = commands.add_parser(
        "entities",
        help="declare what the revisions build and no model declares",
        description="Write functions, triggers, views, policies, extensions, rights and the like "
        "that the revisions build and no model declares into a new module, as entities of "
        "alembic-utils and as DDL, so that alembic check is clean of them.",
    )
    entities.add_argument("file", metavar="FILE", help="the module: models/declared.py")
    entities.add_argument(
        "--target", action="store_true", help="what the target database has, not the revisions"
    )
    entities.set_defaults(run=_entities)

    reset = commands.add_parser(
        "reset",
        help="throw the embedded database away, with its rows",
        description="Throw away the embedded database of this project, with all rows and roles: "
        "the folder .postgres/target. It asks before. Any other database is left alone: while "
        "DATABASE_URL or sqlalchemy.url names one, the command is refused. Afterwards, alembic "
        "upgrade head builds the database anew.",
    )
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.set_defaults(run=_reset)

    lint = commands.add_parser(
        "lint", help="one head, what revisions destroy is confirmed, squawk's opinion of their SQL"
    )
    lint.add_argument(
        "only",
        nargs="*",
        type=_lint_name,
        metavar="CHECK",
        help="only these checks: heads, destroys, squawk",
    )
    lint.add_argument("--reporter", help="squawk's format: tty, gcc, json")
    lint.set_defaults(run=_lint)

    options = commands.add_parser(
        "options", help="the -x options of the alembic command, and the variables"
    )
    options.add_argument(
        "--markdown", action="store_true", help="as a page, which is docs/options.md"
    )
    options.set_defaults(run=_options)

    psql = commands.add_parser(
        "psql", help="psql on the target database; psql's own arguments follow"
    )
    psql.set_defaults(run=_psql)
    return parser


def _lint_name(text: str) -> str:
    if text not in _LINT_CHECKS:
        known = ", ".join(_LINT_CHECKS)
        raise argparse.ArgumentTypeError(f"there is no check {text}: {known}")
    return text


def _lint(options: argparse.Namespace) -> int:
    from alembic_pg.commands import destroys, single_head, squawk  # noqa: PLC0415  # one command's

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


def _plan(options: argparse.Namespace) -> int:
    from alembic_pg.commands import plan  # noqa: PLC0415  # one command's

    plan.run(options.revision, options.x, options.config or (), options.name)
    return 0


def _drift(options: argparse.Namespace) -> int:
    from alembic_pg.commands import drift  # noqa: PLC0415  # one command's

    asked = drift.Asked(
        objects=tuple(options.objects),
        ignore=options.ignore,
        back=options.back,
        into_models=options.into_models,
        ask=options.ask,
    )
    return drift.run(
        configuration_of(options),
        diffs=options.diff,
        as_json=options.json,
        at=options.at,
        asked=asked,
    )


def _ledger(options: argparse.Namespace) -> int:
    from alembic_pg.commands import ledger  # noqa: PLC0415  # one command's

    return ledger.run(
        configuration_of(options),
        verify=options.verify,
        also_landed=options.landed,
        as_json=options.json,
    )


def _entities(options: argparse.Namespace) -> int:
    from alembic_pg.commands import entities  # noqa: PLC0415  # one command's

    file = Path(options.file)
    return entities.run(configuration_of(options), file, of_target=options.target)


def _reset(options: argparse.Namespace) -> int:
    from alembic_pg.commands import reset  # noqa: PLC0415  # one command's

    return reset.run(configuration_of(options), confirmed=options.yes)


def _options(options: argparse.Namespace) -> int:
    from alembic_pg.console import option_list  # noqa: PLC0415  # one command's

    sys.stdout.write(option_list.page() if options.markdown else f"{option_list.screen_text()}\n")
    return 0


def _psql(options: argparse.Namespace) -> int:
    from alembic_pg.commands import psql  # noqa: PLC0415  # one command's

    rest = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
    return psql.run(configuration_of(options), rest)
