"""REFRESH MATERIALIZED VIEW, CLUSTER, REINDEX and VACUUM FULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ddl.errors import UserError

if TYPE_CHECKING:
    from tests.ddl.online.site import Site

TABLE = (
    "CREATE TABLE t (a int CONSTRAINT t_pkey PRIMARY KEY)",
    "INSERT INTO t SELECT generate_series(1, 100)",
    "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
    "CREATE UNIQUE INDEX v_a_idx ON v (a)",
)

BLOCK = "with op.get_context().autocommit_block():\n        op.execute({!r})"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("REFRESH MATERIALIZED VIEW v", "v"),
        ("CLUSTER t USING t_pkey", "t"),
        ("REINDEX TABLE t", "t"),
        ("REINDEX INDEX public.t_pkey", "t_pkey"),
        ("VACUUM FULL t", "t"),
    ],
)
def test_refused_unless_named(site: Site, statement: str, named: str) -> None:
    site.sql(*TABLE)
    site.revise(BLOCK.format(statement))
    what = " ".join(word for word in statement.split()[:-1] if word.isupper()).removesuffix(
        " USING"
    )
    with pytest.raises(UserError, match=rf"stops: {what} .*reads or writes all of {named} \("):
        site.upgrade()
    site.again(BLOCK.format(statement), top=f"blocking = [{named!r}]")
    site.upgrade()


@pytest.mark.parametrize(
    "statement",
    ["REFRESH MATERIALIZED VIEW CONCURRENTLY v", "REINDEX TABLE CONCURRENTLY t", "VACUUM t"],
)
def test_what_lets_others_work_runs(site: Site, statement: str) -> None:
    site.sql(*TABLE)
    site.revise(BLOCK.format(statement))
    site.upgrade()
