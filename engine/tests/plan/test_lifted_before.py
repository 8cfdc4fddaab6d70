"""What a statement gives a table lifts a refusal of a later one, in the plan and in the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.plan.observed import differences, plan_of

if TYPE_CHECKING:
    from tests.online.site import Site

ROWS = "INSERT INTO n SELECT n, n FROM generate_series(1, 100) AS n"
PARENT = "CREATE TABLE p (id int, a int{}) PARTITION BY RANGE (id)"
REST = "CREATE TABLE rest PARTITION OF p FOR VALUES FROM (1000) TO (2000)"
ATTACH = "ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (0) TO (1000)"
TABLE = "CREATE TABLE n (id int, a int)"

# What is there; the statement that lifts; the statement that were refused without it.
CASES = {
    "index": (
        (PARENT.format(""), "CREATE INDEX pi ON p (a)", REST, TABLE, ROWS),
        "CREATE INDEX ni ON n (a)",
        ATTACH,
    ),
    "unique constraint": (
        (PARENT.format(", CONSTRAINT u UNIQUE (id)"), REST, TABLE, ROWS),
        "ALTER TABLE n ADD CONSTRAINT nu UNIQUE (id)",
        ATTACH,
    ),
    "foreign key": (
        (
            "CREATE TABLE r (id int PRIMARY KEY)",
            "INSERT INTO r SELECT n FROM generate_series(1, 100) AS n",
            *(PARENT.format(" REFERENCES r"), REST, TABLE, ROWS),
        ),
        "ALTER TABLE n ADD CONSTRAINT nf FOREIGN KEY (a) REFERENCES r (id)",
        ATTACH,
    ),
    "not null": (
        (TABLE, ROWS, "CREATE UNIQUE INDEX nu ON n (id)"),
        "ALTER TABLE n ALTER COLUMN id SET NOT NULL",
        "ALTER TABLE n ADD CONSTRAINT nu PRIMARY KEY USING INDEX nu",
    ),
    "index of not null": (
        ("CREATE TABLE n (id int NOT NULL, a int)", ROWS),
        'CREATE UNIQUE INDEX "N U" ON n (id)',
        'ALTER TABLE n ADD CONSTRAINT "N U" PRIMARY KEY USING INDEX "N U"',
    ),
}


def revise(site: Site, *statements: str) -> None:
    """Write a revision of some statements, each of which has steps of its own."""
    site.revise(*(f"op.execute({one!r})" for one in statements))


@pytest.mark.parametrize("name", CASES)
def test_a_statement_before_lifts(site: Site, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    tables, lifts, statement = CASES[name]
    site.sql(*tables)
    revise(site, lifts, statement)
    assert [text for one in plan_of(site) for text in one.refusals] == []
    assert differences(site) == []
    assert site.version == ["002a"]


@pytest.mark.parametrize("name", list(CASES)[:4])
def test_without_it_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    tables, _, statement = CASES[name]
    site.sql(*tables)
    before = site.catalog
    revise(site, statement)
    assert len([text for one in plan_of(site) for text in one.refusals]) == 1
    assert differences(site) == []
    assert (site.catalog, site.version) == (before, ["001a"])


def test_a_view_computed_beside_its_readers_is_not_written_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(TABLE, ROWS, "CREATE MATERIALIZED VIEW m AS SELECT * FROM n")
    revise(
        site,
        "CREATE UNIQUE INDEX mi ON m (id)",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    )
    assert differences(site) == []
    assert site.version == ["002a"]
