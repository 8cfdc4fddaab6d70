"""Any change of any table: what a run makes of it is what PostgreSQL makes of its statements.

So it is, too, when the run is killed somewhere and the same command comes again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from hypothesis import event, given, note
from hypothesis import strategies as st
from tests.online import faults
from tests.online.site import Site
from tests.property.changes import Change, changes
from tests.property.compared import begin, begin_or_reject, colons, outcome, plainly
from tests.property.many import examples

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from sqlalchemy.engine import URL

# Points of a run at which it may be killed; 0 is nowhere.
POINTS = st.one_of(st.just(0), st.integers(1, 40))


@examples()
@given(change=changes(), point=POINTS)
def test_as_postgresql_would(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, point: int
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    monkeypatch.setenv("DATABASE_URL", empty.render_as_string(hide_password=False))
    monkeypatch.delenv("ALEMBIC_ONLINE", raising=False)
    note("\n".join([*change.setup, "-- change", *change.statements]))
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    site = Site(empty, folder)
    site.revise("pass")
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.statements))

    begin_or_reject(site, change)
    before = outcome(site)
    wanted = plainly(site, change)

    begin(site, change)
    try:
        if point:
            with faults.ended(site, point) as reached, suppress(UserError):
                site.upgrade()
            event("killed" if reached else "not killed")
        site.upgrade()
    except UserError as error:
        note(str(error))
        event("fails" if wanted is None else "refused")
        # Nobody can UPDATE a row that a CHECK which is NOT VALID would not have.
        said = ('blocking = ["', "violates check constraint")
        if wanted is not None and not any(one in str(error) for one in said):
            raise
        if len(change.statements) == 1 and "what it did before stays" not in str(error):
            assert outcome(site) == before
    else:
        event("done")
        assert outcome(site) == wanted
