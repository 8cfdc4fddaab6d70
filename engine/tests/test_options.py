"""The table of all options: what they are read as, what is refused."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic_pg.database.scratch import SCRATCH_VARIABLE
from alembic_pg.database.target import TARGET_VARIABLE
from alembic_pg.errors import UserError
from alembic_pg.options import (
    OPTIONS,
    SCRATCH,
    TARGET,
    Settings,
    command_arguments,
    command_settings,
    read_settings,
    traceback_wanted,
)

from tests.project import ENGINE

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = [option.name for option in OPTIONS if option.name]
VARIABLES = [option.variable for option in OPTIONS if option.variable]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_the_command_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings({"other": "x"}) == Settings()
    monkeypatch.setenv("ALEMBIC_LOCK_TIMEOUT", "2s")
    monkeypatch.setenv("ALEMBIC_LOCK_PATIENCE", "1 h")
    monkeypatch.setenv("ALEMBIC_BATCH", "")
    found = read_settings({"lock_timeout": "50", "run_patience": "2min"})
    assert found == Settings(lock_timeout=50, lock_patience=3_600_000, run_patience=120_000)


@pytest.mark.parametrize("value", ["", "-1", "1d", "fast", "1e3", "1MB"])
def test_what_is_no_time(value: str) -> None:
    with pytest.raises(UserError) as error:
        read_settings({"lock_timeout": value})
    assert str(error.value) == (
        f'-x lock_timeout is "{value}", which is no time: write 300ms, 2s, 5min or 1h.'
    )


def test_what_is_no_time_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_BATCH", "x")
    with pytest.raises(UserError, match=r'^ALEMBIC_BATCH is "x"'):
        read_settings({})


@pytest.mark.parametrize(
    ("value", "count"),
    [("0", 0), ("500kB", 512_000), ("8MB", 8_388_608), ("1 GB", 1 << 30), ("12", 12), ("3B", 3)],
)
def test_sizes(monkeypatch: pytest.MonkeyPatch, value: str, count: int) -> None:
    assert read_settings({"large_table": value}).large_table == count
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", value)
    assert read_settings({}).large_table == count


@pytest.mark.parametrize("value", ["", "-1", "8mb", "1s", "large", "1.5GB"])
def test_what_is_no_size(value: str) -> None:
    with pytest.raises(UserError) as error:
        read_settings({"large_table": value})
    assert str(error.value) == (
        f'-x large_table is "{value}", which is no size: write 0, 500kB, 8MB or 1GB.'
    )


def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings({}).online
    assert read_settings({"online": ""}).online
    assert not read_settings({"online": "off"}).online
    monkeypatch.setenv("ALEMBIC_ONLINE", "0")
    assert not read_settings({}).online
    assert read_settings({"online": "on"}).online
    monkeypatch.setenv("ALEMBIC_ONLINE", "maybe")
    with pytest.raises(UserError, match=r'^ALEMBIC_ONLINE is "maybe": write on or off\.$'):
        read_settings({})


def test_a_flag_is_given_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_PLAN", "1")
    assert not read_settings({}).plan
    assert read_settings({"plan": ""}).plan
    with pytest.raises(UserError, match=r'^-x plan is "off": it takes no value\.$'):
        read_settings({"plan": "off"})


@pytest.mark.parametrize(("value", "is_it"), [("", False), ("0", False), ("1", True), ("x", True)])
def test_a_traceback_is_never_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, *, is_it: bool
) -> None:
    monkeypatch.setenv("ALEMBIC_TRACEBACK", value)
    assert traceback_wanted() is is_it


def test_of_alembics_own_configuration() -> None:
    given = ["batch=1s", "plan", "tenant=a=b", "batch=2s"]
    assert command_arguments(Namespace(x=given)) == {"batch": "2s", "plan": "", "tenant": "a=b"}
    assert command_settings(None) == command_settings(Config()) == Settings()
    for nothing in (Namespace(), Namespace(x=None)):
        assert command_settings(Config(cmd_opts=nothing)) == Settings()
    assert command_settings(Config(cmd_opts=Namespace(x=given))) == Settings(plan=True, batch=2000)


def test_the_table_is_whole() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert len(set(VARIABLES)) == len(VARIABLES)
    assert (TARGET.variable, SCRATCH.variable) == (TARGET_VARIABLE, SCRATCH_VARIABLE)
    for option in OPTIONS:
        assert re.fullmatch(r"[A-Z][^.]+\.", option.meaning), option
        assert option.default is None or option.kind.parse(option.default_text) in {
            option.default,
            True,  # a flag's default is that nobody gives it
        }


def test_the_sources_name_no_other_option() -> None:
    named = set(re.findall(r"\b(?:ALEMBIC_(?!PG)[A-Z]\w*|\w*DATABASE_URL)\b", sources()))
    assert {name for name in named if name.isupper()} <= {*VARIABLES, "ALEMBIC_NAME"} | {
        # Constants of the sources, which are no variables of the environment.
        "ALEMBIC_COMPARATORS"
    }
    assert set(re.findall(r"-x ([a-z]\w+)=", sources())) <= {*NAMES, "name"}


def sources() -> str:
    """Return the text of all modules."""
    return "\n".join(map(Path.read_text, modules()))


def modules() -> Iterator[Path]:
    """Yield the engine's modules."""
    yield from (ENGINE / "src" / "alembic_pg").rglob("*.py")
