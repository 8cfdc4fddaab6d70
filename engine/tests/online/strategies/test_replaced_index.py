"""An index takes the place of one of its name, beside what an unfinished run has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.killed import killing

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b text)",
    "INSERT INTO t (a, b) SELECT n, n % 50 FROM generate_series(1, 500) AS n",
    "CREATE INDEX i ON t (a)",
)

REPLACED = ('op.drop_index("i", "t")', 'op.create_index("i", "t", ["a", "b"])')

NEW = "index CREATE INDEX i ON public.t USING btree (a, b) t"


@pytest.fixture
def replacing(site: Site) -> Site:
    """A revision that puts an index into the place of another one of its name."""
    site.sql(*TABLE)
    site.revise(*REPLACED)
    return site


def indexes(site: Site) -> list[str]:
    return [line for line in site.catalog if line.startswith("index CREATE INDEX")]


@pytest.mark.parametrize("helper", ["i_ddl_new", "i_ddl_old"])
def test_what_is_left_under_a_helpers_name_takes_no_place(replacing: Site, helper: str) -> None:
    """Of another definition it got the name, and the run ended with 0; or no run got through."""
    replacing.sql(f"CREATE INDEX {helper} ON t (b)")
    replacing.upgrade()
    assert indexes(replacing) == [NEW]


@pytest.mark.parametrize("helper", ["i_ddl_new", "i_ddl_old"])
def test_what_somebody_else_has_called_so_is_named(replacing: Site, helper: str) -> None:
    replacing.sql("CREATE TABLE other (x int)", f"CREATE INDEX {helper} ON other (x)")
    before = replacing.catalog
    with pytest.raises(UserError, match=f"{helper} is there already, and is no index of t"):
        replacing.upgrade()
    assert replacing.catalog == before


@pytest.mark.parametrize(
    "more", ["COMMENT ON INDEX i IS 'Why'", "ALTER TABLE t CLUSTER ON i", "SELECT 1"]
)
def test_the_new_one_that_has_its_place_keeps_it(
    replacing: Site, more: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a comment it was built once more, and the name of the old one was taken: for ever."""
    with killing(replacing, 1, "DROP INDEX CONCURRENTLY"), pytest.raises(UserError):
        replacing.upgrade()
    replacing.sql(more)
    capsys.readouterr()
    replacing.upgrade()
    assert "is missing" not in capsys.readouterr().err
    assert indexes(replacing) == [NEW]
