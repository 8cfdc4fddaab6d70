"""Any change of any table: what psql makes of a script is what PostgreSQL makes of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import event, given, note
from tests.online.scripted import psql, written
from tests.online.site import Site
from tests.property.changes import Change, changes
from tests.property.compared import begin, begin_or_reject, colons, outcome, plainly
from tests.property.many import examples

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from sqlalchemy.engine import URL


@examples()
@given(change=changes())
def test_as_postgresql_would(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    monkeypatch.delenv("ALEMBIC_ONLINE", raising=False)
    note("\n".join([*change.setup, "-- change", *change.statements]))
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    site = Site(empty, folder)
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.setup))
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.statements))

    begin_or_reject(site, change)
    wanted = plainly(site, change)

    sql = written(site)
    event("in steps" if "_ddl_" in sql else "in a moment")
    begin(site, change)
    done = psql(site, sql)
    note(done.stderr)
    if wanted is None:
        event("fails")
        assert done.returncode
    else:
        assert done.returncode == 0
        assert outcome(site) == wanted
