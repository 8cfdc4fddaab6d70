"""An index on a partitioned table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives
from tests.online.watching import before_each, blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int, b text) PARTITION BY RANGE (a)",
    "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE high PARTITION OF t FOR VALUES FROM (100) TO (1000) PARTITION BY RANGE (a)",
    "CREATE TABLE highest PARTITION OF high DEFAULT",
    "INSERT INTO t SELECT generate_series(1, 500)",
)

CREATE = 'op.create_index("t_b_idx", "t", ["b", "a"], unique=True)'


def test_built_on_each_partition_beside_writers(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(CREATE, downgrade='op.drop_index("t_b_idx", "t")')
    before = site.catalog
    with watched() as steps, traffic(site, "UPDATE t SET a = a") as written:
        site.upgrade()
    assert written
    for table in ("low", "highest", "t", "high"):
        assert not blocking_scans(steps, table)
    online = site.catalog
    site.downgrade("001a")
    assert site.catalog == before
    site.clean()
    site.sql(*TABLE, "CREATE UNIQUE INDEX t_b_idx ON t (b, a)")
    assert site.catalog == online


def test_rows_that_are_not_unique(site: Site) -> None:
    site.sql(*TABLE, "INSERT INTO t VALUES (200, 'x'), (200, 'x')")
    before = site.catalog
    site.revise(CREATE)
    with pytest.raises(UserError, match=r"stops: duplicates in highest \(1 of b, a\): "):
        site.upgrade()
    assert site.catalog == before


def test_one_that_is_there(site: Site) -> None:
    site.sql(*TABLE, "CREATE INDEX t_b_idx ON t (b)")
    site.revise(CREATE)
    with pytest.raises(UserError, match='"t_b_idx" already exists'):
        site.upgrade()


@pytest.mark.online
def test_a_run_that_dies(site: Site) -> None:
    site.revise(CREATE)
    survives(site, *TABLE, minimum=6)


HEIRS = (
    "CREATE TABLE t (a int)",
    "CREATE TABLE heir () INHERITS (t)",
    "INSERT INTO t VALUES (1)",
    "INSERT INTO heir SELECT generate_series(1, 300)",
)

REFERRED = (
    "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id)",
    "CREATE TABLE p1 PARTITION OF p DEFAULT",
    "INSERT INTO p SELECT generate_series(1, 1000)",
)


@pytest.mark.parametrize(
    ("tables", "change"),
    [
        (TABLE, "ALTER TABLE t ADD COLUMN v uuid DEFAULT gen_random_uuid() NOT NULL"),
        (TABLE, "ALTER TABLE t ADD COLUMN s bigserial"),
        (TABLE, "ALTER TABLE t ADD CONSTRAINT x CHECK (a > 0)"),
        (TABLE, "ALTER TABLE t ALTER a SET NOT NULL"),
        (TABLE, "ALTER TABLE low ADD PRIMARY KEY (a)"),
        (TABLE, "CREATE INDEX i ON low (a)"),
        (HEIRS, "ALTER TABLE t ADD COLUMN v uuid DEFAULT gen_random_uuid() NOT NULL"),
        (HEIRS, "ALTER TABLE t ADD CHECK (a > 0)"),
        (HEIRS, "ALTER TABLE t ALTER a SET NOT NULL"),
        ((*TABLE, *REFERRED), "ALTER TABLE low ADD FOREIGN KEY (a) REFERENCES p"),
        ((*HEIRS, *REFERRED), "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p"),
    ],
)
def test_all_parts_are_as_postgresql_makes_them(
    site: Site, tables: tuple[str, ...], change: str
) -> None:
    site.sql(*tables)
    site.revise(f'op.execute("{change}")')
    with watched() as steps:
        site.upgrade()
    for table in ("t", "low", "heir"):
        assert not blocking_scans(steps, table)
    site.equals(*tables, change)


def test_a_foreign_partition_leaves_no_index_that_is_invalid(site: Site) -> None:
    foreign = (
        "CREATE FOREIGN DATA WRAPPER w",
        "CREATE SERVER s FOREIGN DATA WRAPPER w",
        "CREATE FOREIGN TABLE away PARTITION OF t FOR VALUES FROM (5000) TO (6000) SERVER s",
    )
    site.sql(*TABLE, *foreign)
    plain = 'op.create_index("t_b_idx", "t", ["b", "a"])'
    site.revise(plain)
    with pytest.raises(UserError, match="its partition away is on another server"):
        site.upgrade(large_table="0")
    site.sql("CREATE INDEX ON low (b, a)", "CREATE INDEX ON highest (b, a)")
    # Each has its own: what is left is short, and PostgreSQL's.
    site.upgrade(large_table="0")
    assert site.one("SELECT bool_and(indisvalid) FROM pg_index")
    assert site.one("SELECT count(*) FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid") == 3


def test_a_partition_may_go_and_another_come_meanwhile(site: Site) -> None:
    site.sql(*TABLE, "CREATE TABLE later PARTITION OF t FOR VALUES FROM (2000) TO (3000)")
    site.revise('op.create_index("t_b_idx", "t", ["b", "a"])')
    done: list[str] = []

    def act(statement: str) -> None:
        if "CONCURRENTLY" in statement and not done:
            done.append(statement)
            comes = "CREATE TABLE soon PARTITION OF t FOR VALUES FROM (3000) TO (4000)"
            site.sql("DROP TABLE later", "DROP TABLE highest", comes)

    with before_each(act):
        site.upgrade()
    assert done
    assert site.version == ["002a"]
    assert site.one("SELECT bool_and(indisvalid) FROM pg_index")
    left = "SELECT count(*) FROM pg_class WHERE relkind IN ('i', 'I') AND relname LIKE '%b_a_idx'"
    assert site.one(left) == 3  # of low, high and soon
