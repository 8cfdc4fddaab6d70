"""A run that froze while it held a lock: the server ends its session, and it goes on by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg import events
from alembic_pg.database import time_limits
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.watching import before_each

if TYPE_CHECKING:
    from tests.online.site import Site


@pytest.mark.parametrize("as_json", ["off", "on"])
def test_a_frozen_run_lets_go_and_goes_on(
    site: Site,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    as_json: str,
) -> None:
    monkeypatch.setenv("ALEMBIC_JSON", as_json)
    monkeypatch.setattr(events, "_as_json", False)
    site.sql("CREATE TABLE t (a int)")
    site.revise('op.add_column("t", sa.Column("b", sa.Integer))')
    frozen: list[str] = []

    def freeze(statement: str) -> None:
        if "alembic_version SET" in statement and not frozen:
            frozen.append(statement)
            time.sleep(2 * time_limits.NEXT_MESSAGE / 1000)

    with before_each(freeze), traffic(site, "INSERT INTO t (a) VALUES (1)"):
        site.upgrade()
    assert frozen
    assert site.version == ["002a"]
    line = "The server ended an idle session and released its locks: going on …"
    told = capsys.readouterr().err
    assert line in told
    assert '"failed"' not in told  # it has not


def test_a_session_that_somebody_ends_stays_ended(site: Site) -> None:
    site.sql("CREATE TABLE t (a int)")
    site.revise(
        'op.add_column("t", sa.Column("b", sa.Integer))',
        'op.execute("SELECT pg_terminate_backend(pg_backend_pid())")',
    )
    with pytest.raises(UserError, match="closed the connection"):
        site.upgrade()
    assert site.version == ["001a"]
