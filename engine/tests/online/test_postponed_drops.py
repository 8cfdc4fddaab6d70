"""An index or a constraint stays until what does for it is there, in runs and in scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.scripted import begun, psql, written
from tests.online.watching import watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (id int CONSTRAINT t_pkey PRIMARY KEY, a int, b int, c int)",
    "INSERT INTO t SELECT n, n, n, n FROM generate_series(1, 3000) AS n",
    "CREATE TABLE s (id int CONSTRAINT s_pkey PRIMARY KEY, a int, b int, c int)",
    "INSERT INTO s SELECT n, n, n, n FROM generate_series(1, 50) AS n",
    "CREATE INDEX i ON t (a)",
    "CREATE UNIQUE INDEX v ON t (b)",
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a), ADD CONSTRAINT k CHECK (a > 0)",
)

COMMENT = "COMMENT ON TABLE t IS 'x'"
UPSERT = "INSERT INTO t (id, a) VALUES (1, 1) ON CONFLICT (a) DO NOTHING"
DROP = "ALTER TABLE t DROP CONSTRAINT u"
WIDER = "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) INCLUDE (b)"

INDEXES = {
    "of its name": ("DROP INDEX i", "CREATE INDEX i ON t (a, b)"),
    "later": ("DROP INDEX i", COMMENT, "CREATE INDEX i ON t (a, b)"),
    "for another": ("DROP INDEX i", "CREATE INDEX j ON t (a, b)"),
    "two": ("DROP INDEX i", "DROP INDEX v", "CREATE INDEX i ON t (b)", "CREATE INDEX v ON t (a)"),
    "two for one": ("DROP INDEX i", "DROP INDEX v", "CREATE INDEX v ON t (a, b)"),
    "a constraint": ("DROP INDEX v", "ALTER TABLE t ADD CONSTRAINT v2 UNIQUE (b)"),
    "column": (
        "DROP INDEX i",
        "ALTER TABLE t ADD COLUMN d int",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        "CREATE INDEX i ON t (a, d)",
    ),
}

CONSTRAINTS = {
    "not at once": (DROP, COMMENT, WIDER),
    "of another name": (DROP, "ALTER TABLE t ADD CONSTRAINT w UNIQUE (a)"),
    "an index": (DROP, "CREATE UNIQUE INDEX w ON t (a)"),
    "with a column": (
        DROP,
        "ALTER TABLE t ADD COLUMN d int",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) INCLUDE (d)",
    ),
    "CASCADE": (f"{DROP} CASCADE", WIDER),
    "RESTRICT": (f"{DROP} RESTRICT", WIDER),
    "IF EXISTS": ("ALTER TABLE IF EXISTS t DROP CONSTRAINT IF EXISTS u", WIDER),
    "and another": (
        "ALTER TABLE t DROP CONSTRAINT k",
        DROP,
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > -1)",
        WIDER,
    ),
}

# What drops it and does more, or lets the new one wait no longer.
TOGETHER = {
    "two actions": ("ALTER TABLE t DROP CONSTRAINT u, ADD COLUMN d int", WIDER),
    "DO": ("DO $$ BEGIN ALTER TABLE t DROP CONSTRAINT u; END $$", WIDER),
    "two statements": (f"{DROP}; SELECT 1", WIDER),
    "a step between": (
        "ALTER TABLE t DROP CONSTRAINT u, ADD COLUMN d int",
        "CREATE INDEX j ON t (c)",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)",
    ),
    "a rename between": (DROP, "ALTER TABLE t RENAME COLUMN c TO d", WIDER),
}


def lines(*statements: str) -> list[str]:
    """Return the lines of a revision that executes some statements."""
    return [f"op.execute({statement!r})" for statement in statements]


def by_postgresql(site: Site, *statements: str) -> list[str]:
    """Return what the server has once somebody else has executed some statements."""
    site.clean()
    site.sql(*TABLES, *statements)
    return site.catalog


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_goes_once_the_other_one_is_built(site: Site, name: str) -> None:
    site.sql(*TABLES)
    site.revise(*lines(*INDEXES[name]))
    with watched() as steps:
        site.upgrade()
    found = site.catalog
    built = [re.search(r"CREATE (UNIQUE )?INDEX CONC", one.sql) is not None for one in steps]
    drops = [one.sql.startswith("DROP INDEX CONCURRENTLY") for one in steps]
    assert drops.index(True) > built.index(True)
    assert found == by_postgresql(site, *INDEXES[name])


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_nobody_misses_a_constraint(site: Site, name: str) -> None:
    site.sql(*TABLES)
    site.revise(*lines(*CONSTRAINTS[name]))
    with traffic(site, UPSERT) as done:
        site.upgrade()
    assert done
    assert site.catalog == by_postgresql(site, *CONSTRAINTS[name])


@pytest.mark.parametrize("name", TOGETHER)
def test_what_would_be_missing_is_refused(site: Site, name: str) -> None:
    site.sql(*TABLES)
    before = site.catalog
    site.revise(*lines(*TOGETHER[name]))
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert "u of t (0 MB) would be missing while its index is built." in str(error.value)
    assert "right before the one that adds it" in str(error.value)
    assert (site.catalog, site.note()) == (before, None)


def test_in_one_transaction_it_is_not_missing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "1GB")
    site.sql(*TABLES)
    site.revise(*lines(*TOGETHER["two actions"]))
    with traffic(site, UPSERT) as done:
        site.upgrade()
    assert done


@pytest.mark.parametrize(
    "statements",
    [
        (DROP, "UPDATE t SET a = 1 WHERE id < 3", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (b)"),
        ("DROP INDEX i", "ALTER TABLE t RENAME TO t2", "CREATE INDEX i ON t2 (a, b)"),
        ("DROP INDEX i", "CREATE TABLE i (a int)", "CREATE INDEX j ON t (a)"),
        ("DROP INDEX i", "CREATE INDEX i ON s (a)", "CREATE INDEX j ON t (a)"),
        (
            "ALTER TABLE s ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a)",
            "ALTER TABLE s DROP CONSTRAINT f",
            DROP,
            "ALTER TABLE t ADD CONSTRAINT w UNIQUE (a)",
            "ALTER TABLE s ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a)",
        ),
        ("ALTER TABLE t DROP CONSTRAINT t_pkey", "ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (a)"),
        (DROP, "ALTER TABLE t ADD UNIQUE (a)", "ALTER TABLE t ADD CONSTRAINT w UNIQUE (a, b)"),
        (DROP, "CREATE UNIQUE INDEX u ON t (a)"),
    ],
    ids=[
        *("rows", "table renamed", "name taken", "name taken by an index", "key", "primary key"),
        *("without a name", "an index of its name"),
    ],
)
def test_what_minds_comes_after_it(site: Site, statements: tuple[str, ...]) -> None:
    site.sql(*TABLES)
    site.revise(*lines(*statements))
    site.upgrade()
    assert site.catalog == by_postgresql(site, *statements)


@pytest.mark.parametrize("name", [*INDEXES, *CONSTRAINTS, *TOGETHER])
def test_a_script_does_the_same(site: Site, name: str) -> None:
    statements = {**INDEXES, **CONSTRAINTS, **TOGETHER}[name]
    begun(site, *TABLES)
    site.revise(*lines(*statements))
    sql = written(site)
    if name in TOGETHER:
        assert "u goes and comes back, and would be missing meanwhile" in sql.replace("\n-- ", " ")
    with traffic(site, UPSERT):
        done = psql(site, sql)
    assert done.returncode == 0, done.stderr
    assert site.catalog == by_postgresql(site, *statements)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CHECK (a > 0)", "CHECK (a > 10)"),
        ("FOREIGN KEY (c) REFERENCES t (id)", "FOREIGN KEY (c) REFERENCES s (id)"),
    ],
    ids=["check", "key"],
)
def test_rows_that_violate_the_new_one_leave_the_old_one(site: Site, old: str, new: str) -> None:
    site.sql(*TABLES, f"ALTER TABLE t ADD CONSTRAINT o {old}")
    before = site.catalog
    site.revise(*lines("ALTER TABLE t DROP CONSTRAINT o", f"ALTER TABLE t ADD CONSTRAINT n {new}"))
    with pytest.raises(UserError, match=r"rows of t (violate|point to no row)"):
        site.upgrade()
    assert site.catalog == before
    site.sql("DELETE FROM t WHERE a < 11", "UPDATE t SET c = 20")
    site.upgrade()
    found = site.rows("SELECT conname FROM pg_constraint WHERE conname IN ('o', 'n')")
    assert [row[0] for row in found] == ["n"]
