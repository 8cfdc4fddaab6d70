"""Taking back what a step has made beside what its statement says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.killed import killing

if TYPE_CHECKING:
    from tests.online.site import Site

PARTITIONED = (
    "CREATE TABLE p (a int NOT NULL, b int) PARTITION BY RANGE (a)",
    "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (100)",
    "INSERT INTO p SELECT n, n FROM generate_series(1, 99) AS n",
    "CREATE TABLE q (LIKE p) PARTITION BY RANGE (a)",
    "CREATE TABLE q_1 PARTITION OF q DEFAULT",
    "INSERT INTO q SELECT n, n FROM generate_series(100, 199) AS n",
)


@pytest.mark.parametrize(
    "line",
    [
        'op.alter_column("p", "b", nullable=False)',
        'op.execute("ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (100) TO (200)")',
    ],
)
def test_a_helper_that_partitions_inherit(site: Site, line: str) -> None:
    """Its copies in the partitions were to be dropped, too, when they had gone with it."""
    site.sql(*PARTITIONED)
    before = site.catalog
    site.revise(line)
    with killing(site, 2, "ALTER TABLE public."), pytest.raises(UserError):
        site.upgrade()
    assert len(site.catalog) > len(before)
    site.downgrade("001a")
    assert site.catalog == before
