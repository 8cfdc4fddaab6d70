"""What is tried on an empty copy of a large table, and an event trigger that forbids it.

The run of a superuser since PostgreSQL 17 passes them: tests/online/run/test_probe_table.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.upgrading_role import upgrading_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site

SETUP = (
    "CREATE TABLE t (a int, b text)",
    "INSERT INTO t SELECT n, 'x' FROM generate_series(1, 99) AS n",
    "ANALYZE t",
    (
        "CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'not here'; END $$"
    ),
)
REWRITES = "table_rewrite"
KEYS = "ddl_command_end WHEN TAG IN ('CREATE TABLE')"
RETYPE = 'op.alter_column("t", "a", type_=sa.BigInteger())'
ADD = 'op.add_column("t", sa.Column("u", sa.Uuid, server_default=sa.func.gen_random_uuid()))'
SEVERAL = 'op.execute("ALTER TABLE t ALTER a TYPE bigint, ALTER b TYPE varchar(9)")'
FILL = """op.execute("UPDATE t SET b = 'y' WHERE b IS NULL")"""
FORBIDDEN = "cannot be tried on an empty copy (not here). The event trigger et refused it: "


@pytest.fixture
def owner(site: Site) -> Iterator[None]:
    """Let a role own the table, and upgrade, that may not switch event triggers off."""
    site.sql(*SETUP)
    temporary = f"GRANT TEMPORARY ON DATABASE {site.url.database} TO {{role}}"
    with upgrading_role(site, "t", rights=(temporary,)):
        yield
        site.sql("DROP EVENT TRIGGER et")


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    ("on", "line", "said"),
    [
        (REWRITES, RETYPE, FORBIDDEN),
        (REWRITES, ADD, FORBIDDEN),
        (REWRITES, SEVERAL, "ALTER a TYPE bigint reads or writes all of t "),
        (KEYS, RETYPE, FORBIDDEN),
        (KEYS, ADD, FORBIDDEN),
        (KEYS, SEVERAL, FORBIDDEN),
        (KEYS, FILL, FORBIDDEN),
    ],
)
def test_a_role_is_told_by_which_its_copy_is_forbidden(
    site: Site, capfd: pytest.CaptureFixture[str], on: str, line: str, said: str
) -> None:
    site.sql(f"CREATE EVENT TRIGGER et ON {on} EXECUTE FUNCTION guard()")
    site.revise(line)
    site.upgrade(plan="")
    assert said in " ".join(capfd.readouterr().out.split())
    with pytest.raises(UserError) as refused:
        site.upgrade()
    assert said in str(refused.value)
    if said == FORBIDDEN:
        assert "(ALTER EVENT TRIGGER et DISABLE)" in str(refused.value)
    assert site.version == ["001a"]


@pytest.mark.usefixtures("owner")
def test_a_small_table_is_changed_without_a_copy(
    site: Site, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.sql(f"CREATE EVENT TRIGGER et ON {REWRITES} EXECUTE FUNCTION guard()")
    site.revise(RETYPE)
    site.upgrade(plan="")
    sees = "The event trigger et (guard()) sees what is rewritten, and may refuse it."
    assert sees in " ".join(capfd.readouterr().out.split())


@pytest.mark.usefixtures("owner")
def test_what_needs_no_copy_is_planned_without_one(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.sql(f"CREATE EVENT TRIGGER et ON {KEYS} EXECUTE FUNCTION guard()")
    site.revise('op.add_column("t", sa.Column("c", sa.Integer))')
    site.upgrade(plan="")
    assert "Refused: " not in capfd.readouterr().out
    site.upgrade()
    assert site.version == ["002a"]
