"""Nobody takes back a half-done upgrade whose note is lost: a downgrade tells what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.killed import killing
from tests.online.operations import TABLES

if TYPE_CHECKING:
    from tests.online.site import Site

# A statement, the step before which a run ends, and what is told to be unfinished then.
HALF_DONE = {
    "CHECK": (
        'op.create_check_constraint("c", "t", "a > 0")',
        "ALTER TABLE public.t VALIDATE",
        "constraint c of t is NOT VALID",
    ),
    "foreign key": (
        'op.create_foreign_key("f", "t", "parent", ["p"], ["id"])',
        "ALTER TABLE public.t VALIDATE",
        "constraint f of t is NOT VALID",
    ),
    "NOT NULL": (
        'op.alter_column("t", "a", nullable=False)',
        "ALTER TABLE public.t VALIDATE",
        "_not_null of t is NOT VALID",  # before PostgreSQL 18 it is a CHECK with a name of ours
    ),
    "type": (
        'op.alter_column("t", "a", type_=sa.BigInteger())',
        "UPDATE ONLY t ",
        "is half filled",
    ),
}


@pytest.mark.parametrize("name", HALF_DONE)
def test_it_is_told(site: Site, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    line, step, unfinished = HALF_DONE[name]
    site.sql(*TABLES)
    site.revise(line)
    with killing(site, 1, step) as killed, pytest.raises(UserError):
        site.upgrade()
    assert killed
    site.sql("COMMENT ON TABLE alembic_version IS NULL")
    left = site.catalog
    capsys.readouterr()
    site.downgrade("001a")
    lines = capsys.readouterr().err.splitlines()
    assert any(unfinished in each for each in lines if each.startswith("Unfinished: "))
    assert site.catalog == left


def test_nothing_is_left(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.sql(*TABLES)
    capsys.readouterr()
    site.downgrade("001a")
    assert capsys.readouterr().err == ""


def test_what_was_taken_back_is_not_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    line, step, _ = HALF_DONE["CHECK"]
    site.sql(*TABLES)
    site.revise(line)
    with killing(site, 1, step), pytest.raises(UserError):
        site.upgrade()
    capsys.readouterr()
    site.downgrade("001a")
    assert "Unfinished" not in capsys.readouterr().err
