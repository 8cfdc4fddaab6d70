"""Any change of any table: what the plan says of each statement is what the run then does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, note
from hypothesis import strategies as st
from tests.online.site import Site
from tests.plan.observed import differences
from tests.property.compared import begin_or_reject, colons
from tests.property.made_before import revisions
from tests.property.many import examples

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from sqlalchemy.engine import URL
    from tests.property.changes import Change

SIZES = st.sampled_from(("0", "48kB", "1GB"))


@examples(few=8)
@given(change=revisions(), large=SIZES)
def test_plan_and_run_are_one(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, large: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", large)
    monkeypatch.setenv("DATABASE_URL", empty.render_as_string(hide_password=False))
    note("\n".join([f"-- large: {large}", *change.setup, "-- change", *change.statements]))
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    site = Site(empty, folder)
    site.revise("pass")
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.statements))
    begin_or_reject(site, change)
    assert differences(site) == []
