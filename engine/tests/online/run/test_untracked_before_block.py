"""What a revision sends past the operations before an autocommit block, which commits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE audit (what text)",
    "CREATE TABLE t (a int)",
    "INSERT INTO t SELECT generate_series(1, 1000)",
)
SENT = """op.get_bind().exec_driver_sql("INSERT INTO audit (what) VALUES ('a')")"""
BLOCK = "with op.get_context().autocommit_block(): "


@pytest.mark.parametrize("large_table", ["8MB", "1kB"])
def test_what_comes_after_it_is_not_bound_to_that(site: Site, large_table: str) -> None:
    """It runs as if a revision of its own had sent that."""
    site.sql(*TABLES)
    site.revise(
        'op.add_column("t", sa.Column("x", sa.Text))',
        SENT,
        f'{BLOCK}op.execute("CREATE INDEX CONCURRENTLY i ON t (a)")',
        'op.create_index("j", "t", ["x"])',
    )
    site.upgrade(large_table=large_table)
    assert (site.version, site.note()) == (["002a"], None)
    assert site.one("SELECT count(*) FROM audit") == 1
    assert site.one("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass") == 2


def test_what_is_refused_after_it_leaves_that(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(SENT, f"{BLOCK}pass", 'op.execute("CLUSTER t USING none")')
    with pytest.raises(UserError, match="stays, and the next run asks what of it is done"):
        site.upgrade(large_table="1kB")
    with pytest.raises(UserError, match="has committed by itself"):
        site.upgrade(large_table="1kB")
    assert site.one("SELECT count(*) FROM audit") == 1
