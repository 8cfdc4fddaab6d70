"""What is asked of the alembic command's arguments before it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.console import arguments, option_list
from alembic_pg.errors import UserError
from alembic_pg.options import OPTIONS

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
        "-x plann upgrade head",  # env.py may have an option of that name
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


@pytest.mark.parametrize("typed", ["", "heads", "upgrade head", "revision", "downgrade -1"])
def test_help_lists_the_options_and_ends(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: Config,
    typed: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["alembic", "-x", "help", *typed.split()])
    with pytest.raises(SystemExit) as end:
        check(config)
    assert end.value.code == 0
    assert capsys.readouterr() == (f"{option_list.screen_text()}\n", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plann", "-x plann is unknown: did you mean -x plan?"),
        ("lock-timeout", "-x lock-timeout is unknown: did you mean -x lock_timeout?"),
        ("Plan", "-x Plan is unknown: did you mean -x plan?"),
        ("tenents", "-x tenents is unknown: did you mean -x tenant?"),
        ("preview", "-x preview is unknown."),
        ("dry-run", "-x dry-run is unknown."),
        ("", "-x  is unknown."),
    ],
)
def test_an_unknown_name_is_refused(name: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        arguments.require_known(["batch", "tenant", name], ["tenant"], "upgrade")
    assert str(error.value) == f"{said}\n{option_list.screen_text()}"


def test_a_variable_that_is_nearly_ours_is_refused() -> None:
    arguments.require_known_variables(["ALEMBIC_BATCH", "ALEMBIC_CONFIG", "ALEMBIC_X", "HOME"])
    with pytest.raises(UserError) as error:
        arguments.require_known_variables(["HOME", "ALEMBIC_LOCK_TIMEOT"])
    assert str(error.value) == (
        "The variable ALEMBIC_LOCK_TIMEOT is unknown: did you mean ALEMBIC_LOCK_TIMEOUT?"
    )


def test_env_py_may_have_a_name_that_is_near_to_one() -> None:
    arguments.require_known(
        [*(option.name for option in OPTIONS if option.name), "plans"], ["plans"], "upgrade"
    )
    with pytest.raises(UserError, match=r"env\.py names an option plan, which alembic_pg has"):
        arguments.require_known([], ["tenant", "plan"], "upgrade")


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("stamp", "A stamp"),
        ("revision", "A revision"),
        ("check", "A check"),
        ("current", "This command"),
        ("", "This command"),
    ],
)
def test_what_has_no_plan(command: str, subject: str) -> None:
    with pytest.raises(UserError, match=f"^{subject} has no plan: leave -x plan out."):
        arguments.require_known(["plan"], [], command)
    arguments.require_known(["diff"], [], command)


def check(config: Config) -> None:
    """Check what was typed."""
    if options := arguments.parse():
        arguments.check(options, config)
