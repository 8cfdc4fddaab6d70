"""Which statements wait for those that follow, and which tables they are known to make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.scripted import written
from tests.online.watching import blocking_scans, filenode, watched
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int, b text)",
    "INSERT INTO t SELECT n, 'b' FROM generate_series(1, 2000) AS n",
)
THERE = 'op.create_table("t", sa.Column("a", sa.Integer()), if_not_exists=True)'
# What looks as if the same revision had made the table.
NO_NEW_TABLES = {
    "IF NOT EXISTS": (THERE,),
    "in words": ('op.execute("CREATE TABLE IF NOT EXISTS public.t (a int)")',),
    "renamed": (
        'op.create_table("n", sa.Column("a", sa.Integer()))',
        'op.rename_table("n", "other")',
        'op.rename_table("t", "n")',
    ),
    "dropped": (
        'op.create_table("n", sa.Column("a", sa.Integer()))',
        'op.drop_table("n")',
        'op.rename_table("t", "n")',
    ),
}
LONG = {
    "index": 'op.create_index("i", "{}", ["a"])',
    "type": 'op.alter_column("{}", "a", type_=sa.BigInteger())',
    "NOT NULL": 'op.alter_column("{}", "a", nullable=False)',
    "CHECK": 'op.create_check_constraint("c", "{}", "a > 0")',
    "UNIQUE": 'op.create_unique_constraint("u", "{}", ["a"])',
}


@pytest.mark.parametrize("what", LONG)
@pytest.mark.parametrize("before", NO_NEW_TABLES)
def test_a_table_that_was_there_is_no_new_one(site: Site, before: str, what: str) -> None:
    """What was done to it at once, since it was taken for new, held its lock for the whole time."""
    site.sql(*TABLES)
    name = "n" if before in {"renamed", "dropped"} else "t"
    site.revise(*NO_NEW_TABLES[before], LONG[what].format(name))
    file = filenode(site, "t")
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, name)
    assert filenode(site, name) == file
    assert (site.version, site.note()) == (["002a"], None)


@pytest.mark.parametrize("before", NO_NEW_TABLES)
def test_nor_is_it_in_a_script(site: Site, before: str) -> None:
    site.sql(*TABLES)
    name = "n" if before in {"renamed", "dropped"} else "t"
    site.revise(*NO_NEW_TABLES[before], LONG["index"].format(name))
    assert "CREATE INDEX CONCURRENTLY i " in written(site)


@pytest.mark.parametrize("before", NO_NEW_TABLES)
def test_nor_in_a_plan(site: Site, before: str) -> None:
    site.sql(*TABLES)
    name = "n" if before in {"renamed", "dropped"} else "t"
    site.revise(*NO_NEW_TABLES[before], LONG["index"].format(name))
    assert not differences(site)


def test_a_new_table_needs_no_steps(site: Site) -> None:
    site.revise(THERE, LONG["index"].format("t"), LONG["type"].format("t"))
    with watched() as steps:
        site.upgrade()
    assert not any("CONCURRENTLY" in step.sql for step in steps)
    assert site.version == ["002a"]
