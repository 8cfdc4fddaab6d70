"""alembic current shows what a run that died has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic_pg.errors import UserError
from tests.online.killed import killing

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int, b int)",
    "INSERT INTO t SELECT 1, 2 FROM generate_series(1, 100)",
)


def told(site: Site, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that current writes beside its own."""
    capsys.readouterr()
    site.current()
    return capsys.readouterr().err.splitlines()


def test_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.sql(*TABLE, "CREATE INDEX i ON t (a)", "ALTER TABLE t ADD CHECK (a > 0)")
    assert told(site, capsys) == []


def test_what_is_left(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.sql(
        *TABLE,
        "CREATE INDEX i ON t (a)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
    )
    name = site.revise(
        'op.execute("INSERT INTO t VALUES (7)")',
        'op.alter_column("t", "b", type_=sa.BigInteger)',
    )
    with killing(site, 1, "UPDATE") as killed, pytest.raises(UserError):
        site.upgrade()
    assert killed
    assert told(site, capsys) == [
        f"Unfinished: the upgrade of revision {name} is half done: 1 statement is done",
        "Unfinished: column t.b_ddl_new is half filled",
        "Unfinished: constraint c of t is NOT VALID",
        "Unfinished: index i is INVALID",
        "Unfinished: trigger zzz_b_ddl_keep of t fills a column",
    ]
    site.upgrade()
    assert told(site, capsys) == [
        "Unfinished: constraint c of t is NOT VALID",
        "Unfinished: index i is INVALID",
    ]


def test_valid_helpers_that_nobody_finishes(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """After a stamp, nothing told of the index any more that was to replace another one."""
    site.sql(*TABLE, "CREATE INDEX i ON t (a)")
    site.revise('op.drop_index("i", "t")', 'op.create_index("i", "t", ["a", "b"])')
    with killing(site, 1, "ALTER INDEX"), pytest.raises(UserError):
        site.upgrade()
    command.stamp(site.config(), "001a")
    site.sql("ALTER TABLE t ADD CONSTRAINT b_ddl_not_null CHECK (b IS NOT NULL)")
    assert told(site, capsys) == [
        "Unfinished: constraint b_ddl_not_null of t is a helper of a run",
        "Unfinished: index i_ddl_new is a helper of a run",
    ]
