"""The effect of a statement that runs as it stands, on a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.online.strategies.strategy import METADATA_ONLY, REWRITE, SCAN, SCAN_BESIDE_TRAFFIC
from tests.online.watching import before_each, watched_messages
from tests.plan.observed import differences, plan_of, run_of

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE o (id int PRIMARY KEY)",
    "CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT k CHECK (a > 0) NOT VALID)",
    "INSERT INTO t SELECT n, n, n FROM generate_series(1, 100) AS n",
    "CREATE TABLE p (id int) PARTITION BY RANGE (id)",
    "CREATE TABLE rest PARTITION OF p DEFAULT",
    "INSERT INTO p SELECT generate_series(1, 100)",
)

EFFECTS = [
    ("ALTER TABLE t ADD COLUMN c int REFERENCES o", METADATA_ONLY),
    ("ALTER TABLE t ADD COLUMN c int DEFAULT 1 REFERENCES o", SCAN),
    ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o", SCAN),
    ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o NOT VALID", METADATA_ONLY),
    ("ALTER TABLE t ADD EXCLUDE USING btree (a WITH =)", SCAN),
    ("ALTER TABLE t ADD COLUMN c int UNIQUE", SCAN),
    ("ALTER TABLE t SET UNLOGGED", REWRITE),
    ("ALTER TABLE t VALIDATE CONSTRAINT k", SCAN_BESIDE_TRAFFIC),
    ("CREATE TABLE part PARTITION OF p FOR VALUES FROM (1000) TO (2000)", SCAN),
]


@pytest.mark.parametrize(("statement", "effect"), EFFECTS)
def test_effect(site: Site, monkeypatch: pytest.MonkeyPatch, statement: str, effect: str) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "1GB")
    monkeypatch.setenv("ALEMBIC_ONLINE", "off" if "FOREIGN" in statement else "on")
    site.sql(*TABLES)
    site.revise(f"op.execute({statement!r})")
    (plan,) = plan_of(site)
    assert [one.summary.effect for one in plan.statements] == [effect]


def test_one_that_locks_by_hand(site: Site) -> None:
    site.sql(*TABLES)
    site.revise('op.execute("LOCK TABLE t IN SHARE MODE")')
    (plan,) = plan_of(site)
    assert [(one.operation, one.object, one.summary.lock) for one in plan.statements] == [
        ("lock", "t", "SHARE")
    ]
    assert run_of(site).lock("t") == "ShareLock"


def test_a_schema_with_a_table_in_it_locks_nothing(site: Site) -> None:
    """Made for what comes after it, its table would lock the one that it refers to."""
    site.sql(*TABLES)
    made = "CREATE SCHEMA s CREATE TABLE n (id int REFERENCES public.t (id))"
    site.revise(f"op.execute({made!r})", 'op.execute("ALTER TABLE t ALTER a TYPE bigint")')
    with watched_messages() as messages:
        plan_of(site)
    assert {message.locks["t"] for message in messages if "t" in message.locks} == {
        "AccessShareLock"
    }


def test_two_passes_of_one_planner_say_the_same(site: Site) -> None:
    """A run looks twice before its first step; what the first look thought of is forgotten."""
    site.sql(*TABLES)
    column = "ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()"
    site.sql(
        "CREATE FUNCTION sees() RETURNS event_trigger LANGUAGE plpgsql AS "
        "'BEGIN IF false THEN RAISE EXCEPTION ''no''; END IF; END'",
        "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION sees()",
    )
    try:
        site.revise(f"op.execute({column!r})", 'op.execute("ALTER TABLE t ALTER c TYPE text")')
        assert differences(site) == []
    finally:
        site.sql("DROP EVENT TRIGGER seen")


@pytest.mark.parametrize("trusted", [True, False])
def test_an_extension_that_postgresql_does_not_trust_is_not_tried(
    site: Site, *, trusted: bool
) -> None:
    """Its script and its library may do what no rollback undoes."""
    kind = f"trusted = {trusted} AND NOT installed AND requires IS NULL"
    name = site.one(f"SELECT min(name) FROM pg_available_extension_versions WHERE {kind}")  # noqa: S608  # ours
    site.sql(*TABLES)
    create = f'CREATE EXTENSION "{name}"'
    site.revise(f"op.execute({create!r})", 'op.execute("ALTER TABLE t ALTER a TYPE bigint")')
    tried: list[str] = []
    with before_each(tried.append):
        plan_of(site)
    assert (create in tried) is trusted
