"""Any other ALTER TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.watching import blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int NOT NULL, b int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n",
)


@pytest.mark.parametrize(
    "action",
    [
        "ADD COLUMN c int DEFAULT random(), ADD COLUMN d int",
        "ADD CONSTRAINT e EXCLUDE (a WITH =)",
        "ALTER b SET NOT NULL, ALTER a DROP NOT NULL",
        "SET UNLOGGED, ADD COLUMN c int DEFAULT random()",
    ],
)
def test_what_would_stop_the_work_is_refused(site: Site, action: str) -> None:
    site.sql(*TABLE)
    before = site.catalog
    site.revise(f'op.execute("ALTER TABLE t {action}")')
    with pytest.raises(UserError, match=r"(?s)reads or writes all of t .*blocking = \[.t.\]"):
        site.upgrade()
    assert site.catalog == before


@pytest.mark.parametrize(
    "action",
    [
        "ADD COLUMN c int, ADD COLUMN d int DEFAULT 7",
        "ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER a DROP NOT NULL, ALTER b SET DEFAULT 5",
        "RENAME a TO c",
        "RENAME TO s",
        "SET (fillfactor = 50)",
        "DROP COLUMN b",
    ],
)
def test_what_takes_a_moment_runs(site: Site, action: str) -> None:
    site.sql(*TABLE)
    site.revise(f'op.execute("ALTER TABLE t {action}")')
    with watched() as steps:
        site.upgrade()
    assert f"ALTER TABLE t {action}" in [step.sql for step in steps]
    assert not any("COMMENT ON" in step.sql for step in steps)


REFERS = "FOREIGN KEY (a) REFERENCES other"


@pytest.mark.parametrize(
    ("since", "action"),
    [
        (15, f"ADD CONSTRAINT c {REFERS} NOT VALID"),
        (15, f"ADD {REFERS} ON DELETE CASCADE NOT VALID"),
        (15, "ADD CHECK (a <> 5) NOT VALID"),
        (18, f"ADD CONSTRAINT c {REFERS} NOT ENFORCED"),
        (18, "ADD CONSTRAINT c CHECK (a > 5) NOT ENFORCED"),
        (18, "ADD CONSTRAINT c NOT NULL b NOT VALID"),
    ],
)
def test_a_constraint_that_no_row_has_to_fit(site: Site, since: int, action: str) -> None:
    """Row 5 of t does not fit, and no other one is read for it."""
    site.needs(since)
    site.sql(*TABLE, "CREATE TABLE other (id int PRIMARY KEY)", "UPDATE t SET b = NULL")
    site.revise(f'op.execute("ALTER TABLE t {action}")')
    with watched() as steps:
        site.upgrade()
    assert f"ALTER TABLE t {action}" in [step.sql for step in steps]
    assert not blocking_scans(steps, "t")


def test_a_foreign_key_that_the_models_declare_not_valid(site: Site) -> None:
    site.sql(*TABLE, "CREATE TABLE other (id int PRIMARY KEY)")
    site.revise(
        'op.create_foreign_key("c", "t", "other", ["a"], ["id"], postgresql_not_valid=True)',
        'op.create_check_constraint("d", "t", "a <> 5", postgresql_not_valid=True)',
    )
    site.upgrade()
    assert (
        site.one("SELECT bool_or(convalidated) FROM pg_constraint WHERE conname IN ('c', 'd')")
        is False
    )


def test_validation_reads_beside_traffic(site: Site) -> None:
    checks = (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT d CHECK (a > 0) NOT VALID",
    )
    site.sql(*TABLE)
    look = "ALTER TABLE t VALIDATE CONSTRAINT c, VALIDATE CONSTRAINT d"
    site.revise(*(f"op.execute({sql!r})" for sql in (*checks, look)))
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "t")
    assert "constraint t c CHECK ((a > 0)) t" in site.catalog


def test_validation_beside_other_actions_is_refused(site: Site) -> None:
    site.sql(*TABLE, "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID")
    site.revise('op.execute("ALTER TABLE t VALIDATE CONSTRAINT c, ALTER b SET DEFAULT 1")')
    with pytest.raises(UserError, match="VALIDATE CONSTRAINT beside other actions reads or writes"):
        site.upgrade()


def test_what_an_empty_copy_cannot_tell_is_refused(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.execute("ALTER TABLE t ADD COLUMN c int, ADD CHECK (public.t.c > 0)")')
    with pytest.raises(UserError, match=r"on an empty copy\) reads or writes all of t"):
        site.upgrade()


@pytest.mark.parametrize(
    "action",
    [
        "DISABLE TRIGGER a",
        "ALTER CONSTRAINT fk DEFERRABLE",
        "DROP CONSTRAINT fk, DROP COLUMN b",
        "OWNER TO CURRENT_USER",
        "SET SCHEMA other",
        "REPLICA IDENTITY USING INDEX i",
    ],
)
def test_what_an_empty_copy_does_not_have(site: Site, action: str) -> None:
    site.sql(
        *TABLE,
        "CREATE SCHEMA other",
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "INSERT INTO parent SELECT generate_series(1, 100)",
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES parent",
        "CREATE UNIQUE INDEX i ON t (a)",
        "CREATE FUNCTION a() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION a()",
    )
    site.revise(f'op.execute("ALTER TABLE IF EXISTS t {action}")')
    site.upgrade()
    assert site.version == ["002a"]


@pytest.mark.parametrize(
    "action",
    [
        "ADD CONSTRAINT k UNIQUE USING INDEX t_a_idx DEFERRABLE",
        "ADD PRIMARY KEY USING INDEX t_a_idx",
    ],
)
def test_an_index_that_becomes_a_constraint_takes_a_moment(site: Site, action: str) -> None:
    index = "CREATE UNIQUE INDEX t_a_idx ON t (a) INCLUDE (b)"
    site.sql(*TABLE, index)
    site.revise(f'op.execute("ALTER TABLE t {action}")')
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "t")
    site.equals(*TABLE, index, f"ALTER TABLE t {action}")


def test_a_primary_key_that_looks_for_nulls_is_refused(site: Site) -> None:
    site.sql(*TABLE, "CREATE UNIQUE INDEX t_b_idx ON t (b)")
    site.revise('op.execute("ALTER TABLE t ADD PRIMARY KEY USING INDEX t_b_idx")')
    with pytest.raises(UserError, match=r"ADD PRIMARY KEY USING reads .* Make its columns"):
        site.upgrade()


def test_a_constraint_that_is_enforced_again(site: Site) -> None:
    site.needs(18)
    site.sql(
        *TABLE,
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES parent NOT ENFORCED",
    )
    site.revise('op.execute("ALTER TABLE t ALTER CONSTRAINT fk NOT DEFERRABLE ENFORCED")')
    with pytest.raises(UserError, match=r"ALTER CONSTRAINT fk NOT reads or writes all of t \("):
        site.upgrade()
