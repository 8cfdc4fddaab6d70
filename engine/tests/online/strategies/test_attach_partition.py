"""A new partition: ATTACH PARTITION, and CREATE TABLE … PARTITION OF beside a default one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import killing, survives
from tests.online.watching import before_each, blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a)",
    "CREATE INDEX t_b_idx ON t (b)",
    "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE rest PARTITION OF t DEFAULT",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 50) AS n",
    "INSERT INTO t SELECT n, n FROM generate_series(1000, 1100) AS n",
    "CREATE TABLE p (b text, a int NOT NULL)",
    "INSERT INTO p SELECT n, n FROM generate_series(100, 199) AS n",
    "CREATE INDEX ON p (b)",
)

ATTACH = "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (100) TO (200)"
CREATE = "CREATE TABLE p2 PARTITION OF t FOR VALUES FROM (200) TO (300)"

WRITE = ("UPDATE t SET b = b WHERE a = 1001", "UPDATE p SET b = b WHERE a = 101")


@pytest.mark.parametrize("statement", [ATTACH, CREATE])
def test_nothing_is_read_under_a_lock(site: Site, statement: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({statement!r})")
    with watched() as steps, traffic(site, *WRITE) as written:
        site.upgrade()
    assert written
    for table in ("t", "low", "rest", "p"):
        assert not blocking_scans(steps, table)
    site.equals(*TABLES, statement)


@pytest.mark.parametrize(
    ("by", "bound", "rows"),
    [
        ("LIST (a)", "FOR VALUES IN ('x', NULL)", ("'x', NULL", "'y'")),
        ("LIST (lower(a))", "FOR VALUES IN ('x', 'z')", ("'X', 'z'", "'y'")),
        ("RANGE (a, b)", "FOR VALUES FROM ('m', 1) TO ('n', MAXVALUE)", ("'ma', 'mb'", "'y'")),
        ("RANGE (a)", "FOR VALUES FROM (MINVALUE) TO ('y')", ("'ma', 'mb'", "'z'")),
    ],
)
@pytest.mark.parametrize("kind", ["text", "varchar(9)", 'text COLLATE "C"'])
def test_bounds_of_all_kinds(
    site: Site, kind: str, by: str, bound: str, rows: tuple[str, str]
) -> None:
    fitting, others = rows
    not_null = " NOT NULL" if "(a, b)" in by else ""
    tables = (
        f"CREATE TABLE t (a {kind}, b int DEFAULT 1{not_null}) PARTITION BY {by}",
        "CREATE TABLE rest PARTITION OF t DEFAULT",
        f"INSERT INTO t SELECT unnest(ARRAY[{others}])",
        f"CREATE TABLE p (a {kind}, b int DEFAULT 1{not_null})",
        f"INSERT INTO p SELECT unnest(ARRAY[{fitting}])",
    )
    statement = f"ALTER TABLE t ATTACH PARTITION p {bound}"
    site.sql(*tables)
    site.revise(f"op.execute({statement!r})")
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "p") + blocking_scans(steps, "rest")
    assert any("VALIDATE" in step.sql for step in steps)
    site.equals(*tables, statement)


def attach(site: Site, tables: tuple[str, ...], statement: str) -> None:
    """Attach p; expect that nobody has to wait while it is read."""
    site.sql(*tables)
    site.revise(f"op.execute({statement!r})")
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "p")
    site.equals(*tables, statement)


def test_of_a_hash(site: Site) -> None:
    tables = (
        "CREATE TABLE t (a int) PARTITION BY HASH (a)",
        "CREATE TABLE p (a int)",
        (
            "INSERT INTO p SELECT n FROM generate_series(1, 100) AS n "
            "WHERE satisfies_hash_partition('t'::regclass, 2, 0, n)"
        ),
    )
    statement = "ALTER TABLE t ATTACH PARTITION p FOR VALUES WITH (MODULUS 2, REMAINDER 0)"
    attach(site, tables, statement)


def test_a_default_partition(site: Site) -> None:
    tables = (
        "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE p (a int)",
        "INSERT INTO p VALUES (NULL), (100)",
    )
    statement = "ALTER TABLE t ATTACH PARTITION p DEFAULT"
    attach(site, tables, statement)


def test_a_partition_of_a_partition(site: Site) -> None:
    tables = (
        "CREATE TABLE t (a int, b int) PARTITION BY RANGE (a)",
        "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100) PARTITION BY LIST (b)",
        "CREATE TABLE p (a int, b int)",
        "INSERT INTO p SELECT n, 7 FROM generate_series(0, 99) AS n",
    )
    statement = "ALTER TABLE low ATTACH PARTITION p FOR VALUES IN (7)"
    attach(site, tables, statement)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (
            "INSERT INTO p (a) VALUES (500), (600)",
            r"2 rows of p do not fit FOR VALUES FROM \(100\) TO \(200\), for example ctid = ",
        ),
        ("INSERT INTO t VALUES (150)", "1 row of rest belongs to the partition p, for example "),
    ],
)
def test_rows_that_do_not_fit(site: Site, wrong: str, why: str) -> None:
    site.sql(*TABLES, wrong)
    before = site.catalog
    site.revise(f"op.execute({ATTACH!r})")
    with pytest.raises(UserError, match=rf"stops: {why}"):
        site.upgrade()
    assert site.catalog == before


def test_rows_that_come_meanwhile(site: Site) -> None:
    site.sql(*TABLES)
    before = site.catalog
    site.revise(f"op.execute({ATTACH!r})")
    done: list[str] = []

    def add(statement: str) -> None:
        if "ADD CONSTRAINT" in statement and not done:
            done.append(statement)
            site.sql("INSERT INTO t VALUES (150)")

    with (
        before_each(add),
        pytest.raises(UserError, match='1 row of rest violates the CHECK "rest_'),
    ):
        site.upgrade()
    assert site.catalog == before


def test_what_postgresql_refuses(site: Site) -> None:
    site.sql(*TABLES)
    before = site.catalog
    site.revise('op.execute("ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (50) TO (200)")')
    with pytest.raises(UserError, match='partition "p" would overlap partition "low"'):
        site.upgrade()
    site.downgrade("001a")
    assert site.catalog == before


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        ("DROP INDEX p_b_idx", "the index t_b_idx"),
        ("ALTER TABLE t ADD UNIQUE (a)", "the index t_a_key"),
        (
            "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES words",
            "the foreign key fk",
        ),
    ],
)
def test_what_it_lacks_would_be_built_under_a_lock(site: Site, more: str, lacks: str) -> None:
    site.sql(
        *TABLES,
        "CREATE TABLE words (b text PRIMARY KEY)",
        "INSERT INTO words SELECT n FROM generate_series(1, 1100) AS n",
        more,
    )
    before = site.catalog
    site.revise(f"op.execute({ATTACH!r})")
    with pytest.raises(UserError, match=rf"stops: Attaching p without {lacks} reads or writes"):
        site.upgrade()
    assert site.catalog == before


def test_small_tables_are_left_to_postgresql(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.sql(*TABLES)
    site.revise(f"op.execute({ATTACH!r})")
    with watched() as steps:
        site.upgrade()
    assert not any("VALIDATE" in step.sql for step in steps)


@pytest.mark.online
@pytest.mark.parametrize("statement", [ATTACH, CREATE])
def test_killed_at_each_step(site: Site, statement: str) -> None:
    site.revise(f"op.execute({statement!r})")
    survives(site, *TABLES)


def test_taken_back(site: Site) -> None:
    site.sql(*TABLES)
    before = site.catalog
    site.revise(f"op.execute({ATTACH!r})")
    with killing(site, 1, "ALTER TABLE t ATTACH"), pytest.raises(UserError):
        site.upgrade()
    assert site.catalog != before
    site.downgrade("001a")
    assert site.catalog == before
