"""A plan says of each statement what the run then does: strategy, lock, effect, refused or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.operations import OPERATIONS, lines
from tests.plan.observed import differences
from tests.property.changes import CHANGES, COMMON
from tests.property.compared import colons
from tests.property.made_before import GROUPS

if TYPE_CHECKING:
    from tests.online.site import Site

CASES = [
    pytest.param(name, way, marks=[] if way == "ops" else pytest.mark.online, id=f"{name}-{way}")
    for name, operation in OPERATIONS.items()
    for way in ("ops", "text")
    if way == "ops" or operation.text
]

COLUMNS = "(id int PRIMARY KEY, parent int, a int, e mood, h positive)"
TABLES = {
    "plain": (f"CREATE TABLE t {COLUMNS}",),
    "parts": (
        f"CREATE TABLE t {COLUMNS} PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF t FOR VALUES FROM (MINVALUE) TO (50)",
        "CREATE TABLE rest PARTITION OF t DEFAULT",
    ),
}
FILL = (
    "INSERT INTO t (parent, id, a, h) SELECT n % 10 + 1, n, n, n FROM generate_series(1, 700) AS n"
)

# Every so many of the statements, some run with all other tests.
SAMPLE = 12

GROUPED = [
    pytest.param(
        (*GROUPS, *((one,) for one in CHANGES))[number],
        kind,
        large,
        id=f"{number}-{kind}-{large}",
        marks=[] if not (number + place) % SAMPLE else [pytest.mark.online],
    )
    for number in range(len(GROUPS) + len(CHANGES))
    for place, (kind, large) in enumerate(
        (kind, large) for kind in TABLES for large in ("0", "1GB")
    )
]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_of_each_operation(site: Site, name: str, way: str) -> None:
    site.sql(*OPERATIONS[name].tables)
    site.revise(*lines(name, way))
    assert differences(site) == []


@pytest.mark.parametrize(("group", "kind", "large"), GROUPED)
def test_of_statements_that_need_each_other(
    site: Site, monkeypatch: pytest.MonkeyPatch, group: tuple[str, ...], kind: str, large: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", large)
    places = {"table": "t", "column": "a", "new": '"new 5"', "name": '"made 1"', "schema": ""}
    statements = [one.format(**places) for one in group]
    site.sql(*map(colons, (*COMMON, *TABLES[kind], FILL)))
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in statements))
    assert differences(site) == [], statements


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE g ALTER COLUMN c DROP EXPRESSION", "ALTER TABLE g ALTER a TYPE bigint"),
        (
            "ALTER TABLE g ALTER b DROP NOT NULL",
            "ALTER TABLE g ALTER b SET NOT NULL, ADD d int",
        ),
        ("ALTER TABLE g ENABLE ALWAYS TRIGGER w", "ALTER TABLE g ENABLE REPLICA TRIGGER w"),
        # Made, dropped and made again.
        ("CREATE INDEX k ON g (a)", "DROP INDEX k", "CREATE INDEX k ON g (b)"),
        # A foreign key is dropped under a lock of both tables.
        ("ALTER TABLE g DROP CONSTRAINT f",),
        (
            "ALTER TABLE g DROP CONSTRAINT f",
            "ALTER TABLE other ADD CONSTRAINT back FOREIGN KEY (id) REFERENCES g",
        ),
        ("ALTER TABLE g DROP COLUMN b",),
        ("DROP TABLE g",),
        # An index that was there; and more than one statement of a text.
        ("DROP INDEX i CASCADE",),
        ("DROP INDEX i, u CASCADE",),
        ("ALTER INDEX i RENAME TO j",),
        ("SELECT 1; DROP INDEX i",),
        ("CREATE TABLE n (a int); CREATE INDEX m ON n (a); DROP INDEX m",),
        # It reads the table.
        ("REFRESH MATERIALIZED VIEW seen",),
    ],
)
def test_what_few_revisions_do(site: Site, statements: tuple[str, ...]) -> None:
    site.sql(
        "CREATE TABLE other AS SELECT n AS id FROM generate_series(1, 700) AS n",
        "ALTER TABLE other ADD PRIMARY KEY (id)",
        "CREATE TABLE g (id int PRIMARY KEY, b int CONSTRAINT f REFERENCES other NOT NULL, a int,"
        " c int GENERATED ALWAYS AS (a + 1) STORED)",
        "INSERT INTO g SELECT n, n, n FROM generate_series(1, 700) AS n",
        "CREATE INDEX i ON g (a)",
        "CREATE UNIQUE INDEX u ON g (a)",
        "CREATE MATERIALIZED VIEW seen AS SELECT id FROM other",
        "CREATE FUNCTION w() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER w AFTER INSERT ON g FOR EACH ROW EXECUTE FUNCTION w()",
    )
    site.revise(*(f"op.execute({statement!r})" for statement in statements))
    assert not differences(site)
