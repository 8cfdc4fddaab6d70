"""UNIQUE and PRIMARY KEY beside writers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives
from tests.online.watching import blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int, b text, c int DEFAULT 1)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 500) AS n",
)

ADD = (
    'op.create_primary_key("t_pkey", "t", ["a"])',
    (
        'op.execute("ALTER TABLE t ADD CONSTRAINT t_b_key UNIQUE (b) INCLUDE (c) '
        'DEFERRABLE INITIALLY DEFERRED")'
    ),
    (
        'op.execute("ALTER TABLE t ADD CONSTRAINT t_c_key UNIQUE NULLS NOT DISTINCT (c, a) '
        'WITH (fillfactor=50)")'
    ),
)


def test_built_beside_writers(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(*ADD)
    write = "INSERT INTO t SELECT max(a) + 1, max(a) + 1 FROM t"
    with watched() as steps, traffic(site, write) as written:
        site.upgrade()
    assert written
    assert not blocking_scans(steps, "t")
    found = [line for line in site.catalog if line.startswith("constraint t ")]
    # PostgreSQL before 18 has no constraint for NOT NULL.
    found = [line for line in found if "_not_null" not in line]
    assert found == [
        "constraint t t_b_key UNIQUE (b) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED t",
        "constraint t t_c_key UNIQUE NULLS NOT DISTINCT (c, a) t",
        "constraint t t_pkey PRIMARY KEY (a) t",
    ]


def test_as_postgresql_does_it_in_one(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(*ADD)
    site.upgrade()
    site.equals(
        *TABLE,
        "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (a)",
        "ALTER TABLE t ADD CONSTRAINT t_b_key UNIQUE (b) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED",
        ADD[2].partition('"')[2].rpartition('"')[0],
    )


def test_rows_that_are_not_unique_leave_nothing(site: Site) -> None:
    site.sql(*TABLE, "INSERT INTO t VALUES (7, 'x')")
    before = site.catalog
    site.revise('op.create_unique_constraint("t_a_key", "t", ["a"])')
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert str(error.value) == (
        "Revision 002a (step 002a) stops: duplicates in t (1 of a): "
        'could not create unique index "t_a_key" (Key (a)=(7) is duplicated.).'
    )
    assert site.catalog == before


def test_one_that_is_there(site: Site) -> None:
    site.sql(*TABLE, "ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE (a)")
    site.revise('op.create_unique_constraint("t_a_key", "t", ["a"])')
    with pytest.raises(UserError, match='"t_a_key" already exists'):
        site.upgrade()


@pytest.mark.online
def test_a_run_that_dies(site: Site) -> None:
    site.revise(*ADD)
    survives(site, *TABLE)


def test_one_without_overlaps_is_left_as_it_is(site: Site) -> None:
    site.needs(18)
    site.sql("CREATE TABLE o (r int4range, v tsrange)")
    site.revise(
        'op.execute("ALTER TABLE o ADD CONSTRAINT o_key UNIQUE (r, v WITHOUT OVERLAPS)")',
        top='blocking = ["o"]',
    )
    site.upgrade()
    assert any("o_key UNIQUE (r, v WITHOUT OVERLAPS)" in line for line in site.catalog)


def test_an_index_of_that_name_is_no_constraint(site: Site) -> None:
    site.sql("CREATE TABLE u (a int, b int)", "INSERT INTO u VALUES (1, 2)")
    site.sql("CREATE UNIQUE INDEX u_key ON u (a)")
    before = site.catalog
    site.revise('op.create_unique_constraint("u_key", "u", ["b"])')
    for _ in range(2):
        with pytest.raises(UserError, match='"u_key" already exists'):
            site.upgrade()
    assert [line for line in before if "note" not in line] == [
        line for line in site.catalog if "note" not in line
    ]


def test_in_a_tablespace(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(
        'op.execute("ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) USING INDEX TABLESPACE pg_default")'
    )
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "t")
    assert "constraint t k UNIQUE (a) t" in site.catalog
