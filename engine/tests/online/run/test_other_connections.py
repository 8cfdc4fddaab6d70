"""A revision that commits on a connection of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

BEGIN = """with op.get_bind().engine.begin() as own:
        own.execute(sa.text({!r}))"""

AUTOCOMMIT = """with op.get_bind().engine.connect() as own:
        own.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text({!r}))"""

ROLLED_BACK = """with op.get_bind().engine.connect() as own:
        own.execute(sa.text({!r}))"""

FAILS = 'op.execute("SELECT 1 / 0")'


@pytest.mark.parametrize("way", [BEGIN, AUTOCOMMIT])
def test_what_it_has_committed_stays(site: Site, way: str) -> None:
    site.sql("CREATE TABLE t (a int)")
    site.revise(way.format("INSERT INTO t VALUES (1)"), FAILS)
    for times in (1, 2):
        with pytest.raises(UserError) as error:
            site.upgrade()
        assert str(error.value) == (
            "Revision 002a (step 002a) fails: division by zero; what it has committed on a "
            "connection of its own stays, and the next run does that again."
        )
        assert site.one("SELECT count(*) FROM t") == times


@pytest.mark.parametrize(
    ("way", "sql"), [(ROLLED_BACK, "INSERT INTO t VALUES (1)"), (BEGIN, "SELECT 1")]
)
def test_what_commits_nothing_leaves_nothing(site: Site, way: str, sql: str) -> None:
    site.sql("CREATE TABLE t (a int)")
    site.revise(way.format(sql), FAILS)
    with pytest.raises(UserError, match="the database is as it was before it"):
        site.upgrade()
    assert site.one("SELECT count(*) FROM t") == 0
