"""How long a run may wait."""

from __future__ import annotations

import pytest
from alembic_pg.errors import UserError
from alembic_pg.options import Settings, online_enabled, read_settings


def test_the_command_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings({"other": "x"}) == Settings()
    monkeypatch.setenv("ALEMBIC_LOCK_TIMEOUT", "2s")
    monkeypatch.setenv("ALEMBIC_LOCK_PATIENCE", "1 h")
    found = read_settings({"lock_timeout": "50", "run_patience": "2min"})
    assert found == Settings(lock_timeout=50, lock_patience=3_600_000, run_patience=120_000)


@pytest.mark.parametrize("value", ["", "-1", "1d", "fast", "1e3"])
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


def test_online_unless_it_is_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALEMBIC_ONLINE", raising=False)
    assert online_enabled({})
    assert online_enabled({"online": ""})
    assert not online_enabled({"online": "off"})
    monkeypatch.setenv("ALEMBIC_ONLINE", "0")
    assert not online_enabled({})
    assert online_enabled({"online": "on"})
    monkeypatch.setenv("ALEMBIC_ONLINE", "maybe")
    with pytest.raises(UserError, match=r'^ALEMBIC_ONLINE is "maybe": write on or off\.$'):
        online_enabled({})
