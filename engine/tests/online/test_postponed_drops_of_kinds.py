"""An index goes for a constraint, or a constraint for an index, and the other way round."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online import faults
from tests.online.beside import sampled, traffic
from tests.online.scripted import anew, begun, psql, written
from tests.online.test_postponed_drops import TABLES, UPSERT, lines
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

# Without one that others than ours may use.
MISSING = """
SELECT 'missing' WHERE NOT EXISTS (SELECT FROM pg_index JOIN pg_class ON oid = indexrelid
  WHERE indrelid = 't'::regclass AND indisvalid AND indisunique AND relname ~ '^x')
"""

X = "CREATE UNIQUE INDEX x ON t (a)"
Y = "ALTER TABLE t ADD CONSTRAINT x UNIQUE (a)"
DROP_X = "ALTER TABLE t DROP CONSTRAINT x"
BIGGER = "ALTER TABLE t ALTER COLUMN a TYPE bigint"
COMMENT = "COMMENT ON TABLE t IS 'x'"

# Of each: what makes the old one, and the statements; those with the same columns take an UPSERT.
SAME = {
    "constraint to index": (Y, DROP_X, X),
    "constraint to wider index": (Y, DROP_X, COMMENT, "CREATE UNIQUE INDEX x ON t (a) INCLUDE (b)"),
    "index to constraint": (X, "DROP INDEX x", Y),
    "index to wider constraint": (X, "DROP INDEX x", COMMENT, f"{Y} INCLUDE (b)"),
    "index with a comment": (f"{X}; COMMENT ON INDEX x IS 'y'", "DROP INDEX x", Y),
    "two in one": (
        X,
        "DROP INDEX x, i",
        "CREATE INDEX i ON t (a, b)",
        "CREATE UNIQUE INDEX x ON t (a) INCLUDE (c)",
    ),
    "two in one, for one": (X, "DROP INDEX IF EXISTS i, x", "CREATE UNIQUE INDEX x1 ON t (a)"),
    "type of an index": (X, "DROP INDEX x", BIGGER, f"{X} INCLUDE (b)"),
    "type of a constraint": (Y, DROP_X, BIGGER, f"{Y} INCLUDE (b)"),
    "type, index to constraint": (X, "DROP INDEX x", BIGGER, Y),
    "type, constraint to index": (Y, DROP_X, BIGGER, X),
    "type, default, column": (
        f"ALTER TABLE t ALTER COLUMN a SET DEFAULT 5; {Y}",
        DROP_X,
        "ALTER TABLE t ADD COLUMN d int",
        "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
        BIGGER,
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 6",
        f"{Y} INCLUDE (d)",
    ),
}
OTHER = {
    "constraint to plain index": (Y, DROP_X, "CREATE INDEX x ON t (a)"),
    "key to index": (
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT x PRIMARY KEY (id)",
        DROP_X,
        "CREATE UNIQUE INDEX x ON t (id, a)",
    ),
    "index to key": (
        "ALTER TABLE t DROP CONSTRAINT t_pkey; CREATE UNIQUE INDEX x ON t (id)",
        "DROP INDEX x",
        "ALTER TABLE t ADD CONSTRAINT x PRIMARY KEY (id)",
    ),
    "constraint to key": (
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT x UNIQUE (a)",
        DROP_X,
        "ALTER TABLE t ADD CONSTRAINT x PRIMARY KEY (id)",
    ),
    "index over others": (X, "DROP INDEX x", "ALTER TABLE t ADD CONSTRAINT x UNIQUE (a, b)"),
}
ALL = {**SAME, **OTHER}

# A change of a type has many points.
KILLED = [
    pytest.param(name, marks=[pytest.mark.online] if name.startswith("type") else [])
    for name in ALL
]


def made(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what makes the tables of a form, and its statements."""
    before, *statements = ALL[name]
    tables = [one for one in TABLES if "CONSTRAINT u UNIQUE" not in one]
    return (*tables, before), tuple(statements)


def wanted(site: Site, name: str) -> list[str]:
    """Return what the server has once somebody else has executed the statements of a form."""
    tables, statements = made(name)
    site.clean()
    site.sql(*tables, *statements)
    return site.catalog


@pytest.mark.parametrize("name", ALL)
def test_it_is_never_missing(site: Site, name: str) -> None:
    tables, statements = made(name)
    site.sql(*tables)
    site.revise(*lines(*statements))
    writes = [UPSERT] if name in SAME else ["UPDATE t SET c = c + 1 WHERE id = 1"]
    with traffic(site, *writes) as done, sampled(site, MISSING) as seen:
        site.upgrade()
    assert done
    assert not seen or name == "constraint to plain index"
    assert site.catalog == wanted(site, name)


@pytest.mark.parametrize("name", ALL)
def test_a_plan_says_so(site: Site, name: str) -> None:
    tables, statements = made(name)
    site.sql(*tables)
    site.revise(*lines(*statements))
    assert differences(site) == []


@pytest.mark.parametrize("name", ALL)
def test_a_script_does_the_same(site: Site, name: str) -> None:
    tables, statements = made(name)
    begun(site, *tables)
    site.revise(*lines(*statements))
    sql = written(site)
    assert "would be missing meanwhile" not in sql.replace("\n-- ", " ")
    writes = [UPSERT] if name in SAME else ["UPDATE t SET c = c + 1 WHERE id = 1"]
    with traffic(site, *writes), sampled(site, MISSING) as seen:
        done = psql(site, sql)
    assert done.returncode == 0, done.stderr
    assert not seen or name == "constraint to plain index"
    assert site.catalog == wanted(site, name)


@pytest.mark.parametrize("online", ["on", "off"])
@pytest.mark.parametrize("name", KILLED)
def test_a_run_that_is_killed_goes_on(site: Site, name: str, online: str) -> None:
    tables, statements = made(name)
    head = wanted(site, name)
    site.revise(*lines(*statements))
    points = 0
    for reached in faults.each_point(site, partial(anew, site, *tables)):
        points += 1
        with sampled(site, MISSING) as seen:
            site.upgrade(online=online)
        assert not seen or online == "off" or name == "constraint to plain index", reached
        assert (site.catalog, site.version) == (head, ["002a"]), reached
    assert points > 4


@pytest.mark.parametrize(
    "name", ["constraint to index", "index to constraint", "index over others", "key to index"]
)
def test_a_run_that_is_killed_is_taken_back(site: Site, name: str) -> None:
    """Or says that nothing undoes what is done: a drop."""
    tables, statements = made(name)
    site.clean()
    site.sql(*tables)
    before = site.catalog
    site.revise(*lines(*statements))
    back = 0
    for reached in faults.each_point(site, partial(anew, site, *tables)):
        if site.note() is None:
            continue
        with suppress(UserError):
            site.downgrade("001a")
        if site.note() is not None:  # nothing undoes what is done
            site.upgrade()
            continue
        back += 1
        assert site.catalog == before, reached
    assert back
