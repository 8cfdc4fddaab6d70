"""The tables of which the revisions say that they have no partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.scripted import begun, written

if TYPE_CHECKING:
    from tests.online.site import Site


@pytest.mark.parametrize(
    ("history", "plain"),
    [
        (["CREATE TABLE t (a int)"], True),
        (["CREATE TABLE IF NOT EXISTS public.t (a int)"], True),
        (["CREATE TABLE t (a int) PARTITION BY RANGE (a)"], False),
        (["CREATE TABLE t (a int)", "DROP TABLE x, t", "CREATE TABLE u (a int)"], False),
        (["CREATE TABLE t (a int)", "ALTER TABLE t RENAME a TO b"], True),
        (["CREATE TABLE u (a int)", "ALTER TABLE u RENAME TO t"], False),
        (["CREATE TABLE x2 (a int)"], False),
    ],
)
def test_what_is_known(site: Site, history: list[str], *, plain: bool) -> None:
    site.sql("CREATE TABLE x ()")
    begun(site, *history)
    site.revise('op.create_index("t_a_idx", "t", ["a"])')
    sql = written(site)
    assert "CREATE INDEX CONCURRENTLY t_a_idx ON t (a);" in sql
    assert ("\\if :ddl_partitioned" not in sql) is plain


def test_an_index_that_is_known(site: Site) -> None:
    begun(site, 'CREATE TABLE public."T" (a int)', 'CREATE INDEX "I" ON public."T" (a)')
    site.revise('op.drop_index("I", "T")')
    sql = written(site)
    assert '\nDROP INDEX CONCURRENTLY "I";\n' in sql
    assert "\\if" not in sql
