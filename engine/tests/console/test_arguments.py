"""What is asked of the alembic command's arguments before it runs."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.config import CommandLine
from alembic_pg.console import arguments
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic.config import Config


@pytest.mark.parametrize(
    ("program", "is_it"),
    [
        ("/env/bin/alembic", True),
        ("C:/env/Scripts/alembic.exe", True),
        ("/env/lib/alembic/__main__.py", True),
        ("/env/bin/pytest", False),
        ("/env/lib/nox/__main__.py", False),
        ("", False),
    ],
)
def test_it_is_the_command_and_no_caller(
    monkeypatch: pytest.MonkeyPatch, program: str, *, is_it: bool
) -> None:
    monkeypatch.setattr(sys, "argv", [program, "current"])
    assert arguments.is_alembic_command() is is_it


@pytest.mark.parametrize(
    "typed",
    [
        "revision -m x",
        "-c other.ini revision --autogenerate --message x",
        "merge heads -m x --rev-id new",
        "upgrade head",
        "nonsense",
        "",
        "revision --nonsense",
        "-x plan -x lock_timeout=1s -x tenant=some upgrade head",
    ],
)
def test_what_is_alembics_to_judge(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: Config,
    typed: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", *typed.split()])
    check(config)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("typed", ["revision", "revision --autogenerate -m=", "merge heads"])
def test_a_message_is_required(monkeypatch: pytest.MonkeyPatch, config: Config, typed: str) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", *typed.split()])
    with pytest.raises(UserError, match=r'A revision needs a message: add -m "what it does"\.'):
        check(config)


def test_an_id_is_given_once(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    (head,) = ScriptDirectory.from_config(config).get_heads()
    monkeypatch.setattr(sys, "argv", ["alembic", "merge", "heads", "-m", "x", "--rev-id", head])
    with pytest.raises(UserError, match=f"Revision {head} is there already"):
        check(config)


@pytest.mark.parametrize(
    "typed", [["upgrade", ""], ["downgrade", " "], ["show", ""], ["merge", "-m", "x", "a", ""]]
)
def test_nothing_names_no_revision(
    monkeypatch: pytest.MonkeyPatch, config: Config, typed: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", *typed])
    with pytest.raises(UserError, match='A revision is named by "": name it by its id'):
        check(config)


def test_a_range_has_two_ends(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", "history", "-r", "a:b:c"])
    with pytest.raises(UserError, match="a:b:c is no range of revisions: write -r from:to"):
        check(config)


@pytest.mark.parametrize(
    ("typed", "meant"), [("plann", "plan"), ("lock-timeout=1s", "lock_timeout"), ("Plan", "plan")]
)
def test_nearly_an_option(
    monkeypatch: pytest.MonkeyPatch, config: Config, typed: str, meant: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", "-x", typed, "upgrade", "head"])
    name = typed.partition("=")[0]
    with pytest.raises(UserError, match=rf"-x {name} is unknown: did you mean -x {meant}\?"):
        check(config)


def test_a_stamp_has_no_plan(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", "-x", "plan", "stamp", "head"])
    with pytest.raises(UserError, match="A stamp has no plan"):
        check(config)


def check(config: Config) -> None:
    """Check what was typed, where it is a command that Alembic would run."""
    with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
        options = CommandLine(prog="alembic").parser.parse_args(sys.argv[1:])
        if hasattr(options, "cmd"):
            arguments.check(options, config)
