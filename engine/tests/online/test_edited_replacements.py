"""A revision that puts one into the place of another, and is edited once its run was killed."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online import faults
from tests.online.scripted import anew, begun, cuts, psql, written
from tests.online.test_postponed_drops import TABLES, by_postgresql, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site

DROP_K, DROP_U = "ALTER TABLE t DROP CONSTRAINT k", "ALTER TABLE t DROP CONSTRAINT u"

ASKS = 'sa.inspect(op.get_bind()).get_indexes("t")'

# Of each: the statements, and what the file has instead when the next run begins.
EDITED = {
    "another index": (
        ("DROP INDEX v", "CREATE UNIQUE INDEX v ON t (b, a)"),
        ("DROP INDEX v", "CREATE UNIQUE INDEX v ON t (b) INCLUDE (c)"),
    ),
    "a constraint for an index": (
        ("DROP INDEX v", "CREATE UNIQUE INDEX v ON t (b, a)"),
        ("DROP INDEX v", "ALTER TABLE t ADD CONSTRAINT v UNIQUE (b)"),
    ),
    "no index": (("DROP INDEX i", "CREATE INDEX i ON t (a, b)"), ("DROP INDEX i",)),
    "nothing": (("DROP INDEX i", "CREATE INDEX i ON t (a, b)"), ()),
    "no index of another name": ((DROP_U, "CREATE INDEX j ON t (a)"), (DROP_U,)),
    "no check after a type": (
        (
            DROP_K,
            "ALTER TABLE t ALTER COLUMN a TYPE bigint",
            "ALTER TABLE t ADD CONSTRAINT k CHECK (a > -1)",
        ),
        (DROP_K, "ALTER TABLE t ALTER COLUMN a TYPE bigint"),
    ),
    "an index for a constraint": (
        (DROP_U, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)"),
        (DROP_U, "CREATE UNIQUE INDEX u ON t (a)"),
    ),
}


# Those that every run of the tests has: a change of a type has many points.
SAMPLE = {"another index", "no index", "an index for a constraint"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SAMPLE else [pytest.mark.online], id=name)
        for name in EDITED
    ],
)
def test_it_does_what_it_says_now_or_that_it_was_edited(site: Site, name: str) -> None:
    """It made no way out: "already exists", with the file as it was, too; or left both."""
    first, then = EDITED[name]
    wanted, edited = by_postgresql(site, *first), by_postgresql(site, *then)
    _try(site, first, lines(*(then or ["SELECT 1"])), (wanted, edited))


@pytest.mark.parametrize("name", ["another index", "an index for a constraint"])
def test_one_that_asks_now_does_not_lose_it(site: Site, name: str) -> None:
    """What was at work was finished first, and the drop that it was for took it away again."""
    first, _ = EDITED[name]
    wanted = by_postgresql(site, *first)
    _try(site, first, [ASKS, *lines(*first)], (wanted, wanted))


def _try(
    site: Site,
    first: tuple[str, ...],
    edited: list[str],
    wanted: tuple[list[str], list[str]],
) -> None:
    """Kill a run at each point, edit its file, and expect what it says, or that to be refused.

    wanted: what the server has after the statements of the first file, and of the edited one.
    """
    top = 'blocking = ["t"]' if ASKS in edited else ""
    site.revise(*lines(*first))
    points = refused = 0
    for reached in faults.each_point(site, partial(anew, site, *TABLES)):
        points += 1
        site.again(*edited, top=top)
        said = ""
        try:
            site.upgrade()
        except UserError as error:
            said = str(error)
        if said:
            assert "was edited after" in said or "Let it be as it was" in said, reached
            refused += 1
            site.again(*lines(*first))
            site.upgrade()
        assert site.catalog == wanted[not said], reached
        site.again(*lines(*first))
    assert points > max(refused, 4)


def _killed_runs(site: Site) -> Iterator[object]:
    yield from faults.each_point(site, partial(anew, site, *TABLES))


def _killed_scripts(site: Site) -> Iterator[object]:
    for cut in cuts(written(site)):
        anew(site, *TABLES)
        psql(site, cut)
        yield cut


def test_rows_that_the_new_one_does_not_allow_leave_nothing_done(site: Site) -> None:
    """The drop counted as done: the revision was half done, and nothing took it back."""
    site.sql(*TABLES, "UPDATE t SET c = 1")
    before = site.catalog
    site.revise(*lines("DROP INDEX v", "CREATE UNIQUE INDEX v ON t (c)"))
    with pytest.raises(UserError, match="duplicates in t") as error:
        site.upgrade()
    assert "What it did before stays" not in str(error.value)
    assert (site.catalog, site.note()) == (before, None)


@pytest.mark.parametrize("by", ["run", "script"])
def test_an_index_that_is_not_replaced_yet_is_taken_back(site: Site, by: str) -> None:
    begun(site, *TABLES)
    before = site.catalog
    site.revise(*lines("DROP INDEX i", "CREATE INDEX i ON t (a, b)"))
    back = 0
    begins = _killed_scripts(site) if by == "script" else _killed_runs(site)
    for _ in begins:
        if site.note() is None:
            continue
        with suppress(UserError):
            site.downgrade("001a")
            assert site.catalog == before
            back += 1
    assert back > 1
