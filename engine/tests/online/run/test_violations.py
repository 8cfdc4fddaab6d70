"""What is said of rows that do not fit is true, for a role from which row security hides some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.upgrading_role import upgrading_role

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE p (id int PRIMARY KEY)",
    "INSERT INTO p VALUES (1)",
    "CREATE TABLE t (id int PRIMARY KEY, a int, p int DEFAULT 1)",
    "INSERT INTO t SELECT generate_series(1, 100)",
)
HIDES = (
    "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {} FORCE ROW LEVEL SECURITY",
    "CREATE POLICY shows ON {} USING ({})",
)
NOT_NULL = 'op.alter_column("t", "a", nullable=False)'
CHECK = 'op.create_check_constraint("c", "t", "id > 50 AND a IS NULL")'
KEY = 'op.create_foreign_key("k", "t", "p", ["p"], ["id"])'

# The table with a policy, which rows that shows, a statement, and what is said.
CASES = {
    "some": (
        "t",
        "id < 10",
        NOT_NULL,
        r"At least 9 rows of t have no a, .*, and those that row security hides from this role\.",
    ),
    "none": ("t", "id > 100", NOT_NULL, r"rows of t have no a, .*row security of public\.t hides"),
    "a CHECK": ("t", "id < 10", CHECK, 'At least 9 rows of t violate the CHECK "c"'),
    "a key": ("p", "id > 1", KEY, r"rows of t point to no row of p, .*row security of p hides"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_counts_what_it_sees(site: Site, case: str) -> None:
    table, shows, line, said = CASES[case]
    site.sql(*TABLES, *(one.format(table, shows) for one in HIDES))
    if case == "a key":
        site.sql("UPDATE t SET p = 2 WHERE id = 5")
    with upgrading_role(site, "p", "t"):
        site.revise(line)
        with pytest.raises(UserError, match=said):
            site.upgrade(large_table="0")
        assert site.note() is None


def test_one_that_sees_all_counts_all(site: Site) -> None:
    site.sql(*TABLES, *(one.format("t", "id < 10") for one in HIDES))
    site.revise(NOT_NULL)
    with pytest.raises(UserError, match="stops: 100 rows of t have no a"):
        site.upgrade(large_table="0")
