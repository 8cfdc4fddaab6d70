"""What a statement noted of itself stays until it is done, however often a run ends in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.online.killed import killing
from tests.online.operations import PLAIN_TABLE, TABLES

if TYPE_CHECKING:
    from tests.online.site import Site

VALUE = (
    'op.add_column("t", sa.Column("v", sa.Uuid, nullable=False,'
    ' server_default=sa.text("gen_random_uuid()")))'
)
VALIDATES = ("ALTER TABLE public.t VALIDATE", 1)
FILLS = ("UPDATE ONLY t ", 1)

# A statement, its tables, and the step before which each of two runs ends.
ENDED_TWICE = {
    "column": (VALUE, TABLES, FILLS, FILLS),
    "CHECK": ('op.create_check_constraint("c", "t", "a > 0")', TABLES, VALIDATES, VALIDATES),
    "CHECK without a name": (
        'op.create_check_constraint(None, "t", "a > 0")',
        TABLES,
        VALIDATES,
        VALIDATES,
    ),
    "foreign key": (
        'op.create_foreign_key("f", "t", "parent", ["p"], ["id"])',
        TABLES,
        VALIDATES,
        VALIDATES,
    ),
    "foreign key without a name": (
        'op.create_foreign_key(None, "t", "parent", ["p"], ["id"])',
        TABLES,
        VALIDATES,
        VALIDATES,
    ),
    "NOT NULL": ('op.alter_column("t", "a", nullable=False)', TABLES, VALIDATES, VALIDATES),
    "primary key": (
        'op.create_primary_key("t_pkey", "t", ["id", "a"])',
        PLAIN_TABLE,
        ("ALTER TABLE public.t VALIDATE", 1),
        ("COMMENT", 2),  # the one that comes after that of the statement's beginning
    ),
    "unique": (
        'op.create_unique_constraint("t_key", "t", ["a"])',
        PLAIN_TABLE,
        ("ALTER TABLE public.t ADD", 1),
        ("COMMENT", 2),
    ),
}

both = pytest.mark.parametrize("name", ENDED_TWICE)


def end_twice(site: Site, name: str) -> None:
    """Let two runs of a statement end."""
    line, tables, *ends = ENDED_TWICE[name]
    site.sql(*tables)
    site.revise(line)
    for only, number in ends:
        with killing(site, number, only) as killed, pytest.raises(UserError):
            site.upgrade()
        assert killed


@both
def test_a_third_run_ends_at_head(site: Site, name: str) -> None:
    line, tables, *_ = ENDED_TWICE[name]
    site.sql(*tables)
    site.revise(line)
    site.upgrade()
    wanted = site.catalog
    site.clean()
    site.made.pop()
    end_twice(site, name)
    site.upgrade()
    assert site.catalog == wanted
    assert site.version == ["002a"]


@both
def test_it_is_taken_back(site: Site, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    site.sql(*ENDED_TWICE[name][1])
    before = site.catalog
    site.clean()
    end_twice(site, name)
    site.downgrade("001a")
    assert site.catalog == before
    assert "is taken back; at 001a" in capsys.readouterr().err


def test_a_row_that_somebody_keeps_for_long(site: Site) -> None:
    """No run is killed: two of them find no moment."""
    site.sql(*TABLES)
    site.revise(VALUE)
    with make_engine(site.url).connect() as somebody:
        somebody.execute(text("SELECT * FROM t WHERE id = 250 FOR UPDATE"))
        for _ in range(2):
            with pytest.raises(UserError, match="could not get its lock"):
                site.upgrade(lock_timeout="20", lock_aside="0", lock_patience="200ms")
        somebody.rollback()
    site.upgrade()
    assert site.rows("SELECT count(*), count(DISTINCT v) FROM t") == [(300, 300)]
    assert site.note() is None


@pytest.mark.parametrize("name", ["c", None])
def test_rows_are_mended_between_two_runs(site: Site, name: str | None) -> None:
    """The constraint that a refusal has dropped is not the one that the next run looks for."""
    site.sql(*TABLES)
    site.revise(
        'op.execute("INSERT INTO parent VALUES (1000)")',
        'op.create_index("t_a_idx", "t", ["a"])',
        f'op.create_check_constraint({name!r}, "t", "a > 1")',
    )
    for _ in range(2):
        with pytest.raises(UserError, match="1 row of t violates the CHECK"):
            site.upgrade()
    site.sql("DELETE FROM t WHERE a = 1")
    site.upgrade()
    assert site.version == ["002a"]
    checks = "SELECT convalidated FROM pg_constraint WHERE conrelid = 't'::regclass"
    assert site.rows(f"{checks} AND contype = 'c'") == [(True,), (True,)]


def test_a_statement_that_comes_twice(site: Site) -> None:
    """What the first one noted is not the second one's."""
    site.sql(*TABLES)
    site.revise(
        'op.create_check_constraint("c", "t", "a > 0")',
        'op.drop_constraint("c", "t")',
        'op.create_check_constraint("c", "t", "a > 0")',
    )
    for _ in range(2):
        with killing(site, 1, "ALTER TABLE public.t VALIDATE"), pytest.raises(UserError):
            site.upgrade()
    with killing(site, 2, "ALTER TABLE public.t VALIDATE"), pytest.raises(UserError):
        site.upgrade()
    site.upgrade()
    assert site.version == ["002a"]
    assert any("c CHECK ((a > 0)) t" in line for line in site.catalog)


def test_what_nobody_may_take_away_stays_noted(site: Site) -> None:
    """The file was edited, an event trigger forbade the drop, and the note was gone."""
    site.sql(*TABLES)
    site.revise('op.create_check_constraint("c", "t", "a > 0")')
    with killing(site, VALIDATES[1], VALIDATES[0]), pytest.raises(UserError):
        site.upgrade()
    noted = site.note()
    site.sql(
        "CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE 'not here'; END $$",
        "CREATE EVENT TRIGGER et ON sql_drop EXECUTE FUNCTION guard()",
    )
    site.again('op.create_index("i", "t", ["a"])')
    try:
        with pytest.raises(UserError, match="not here"):
            site.upgrade()
    finally:
        site.sql("DROP EVENT TRIGGER et", "DROP FUNCTION guard")
    assert site.note() == noted
    before = site.catalog
    site.upgrade()
    assert site.version == ["002a"]
    assert any("constraint t c " in line for line in before)
    assert not any("constraint t c " in line for line in site.catalog)
