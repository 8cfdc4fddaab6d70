"""Drops that wait, in runs that die, and of names that come again."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online import faults
from tests.online.scripted import anew, begun, psql, written
from tests.online.test_postponed_drops import DROP, TABLES, by_postgresql, lines
from tests.online.watching import watched

if TYPE_CHECKING:
    from tests.online.site import Site

LAST = {
    "unique": (DROP, "ALTER TABLE t ADD CONSTRAINT w UNIQUE (a)"),
    "check": (
        "ALTER TABLE t DROP CONSTRAINT k",
        "ALTER TABLE t ADD CONSTRAINT k2 CHECK (a > -1)",
    ),
    "index": ("DROP INDEX i", "CREATE INDEX j ON t (a)"),
}


@pytest.mark.parametrize("online", ["on", "off"])
@pytest.mark.parametrize("name", LAST)
def test_a_run_that_dies_in_the_last_drop_goes_on(site: Site, name: str, online: str) -> None:
    """Nothing comes after it that would let it wait no longer."""
    wanted = by_postgresql(site, *LAST[name])
    site.revise(*lines(*LAST[name]))
    points = []
    for reached in faults.each_point(site, partial(anew, site, *TABLES)):
        points.append(reached)
        site.upgrade(online=online)
        assert (site.catalog, site.version) == (wanted, ["002a"]), reached
    assert len(points) > 5


AGAIN = {
    "the pair twice": (
        *(DROP, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)"),
        *(DROP, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, c)"),
    ),
    "dropped twice": (
        *("ALTER TABLE t DROP CONSTRAINT k", "ALTER TABLE t DROP CONSTRAINT IF EXISTS k"),
        "ALTER TABLE t ADD CONSTRAINT k CHECK (b > 0)",
    ),
    "index dropped twice": (
        *("DROP INDEX i", "DROP INDEX IF EXISTS i", "CREATE INDEX i ON t (a, b)"),
    ),
    "dropped in either form": (
        *("ALTER TABLE t DROP CONSTRAINT IF EXISTS u", "DROP INDEX IF EXISTS u"),
        "CREATE UNIQUE INDEX w ON t (a)",
    ),
    "name of a NOT NULL": (
        "ALTER TABLE t ADD CONSTRAINT t_b_not_null CHECK (b > -7)",
        "ALTER TABLE t DROP CONSTRAINT t_b_not_null",
        "ALTER TABLE t ALTER COLUMN b SET NOT NULL",
        "ALTER TABLE t ADD CONSTRAINT k2 CHECK (a > -5)",
    ),
    "name of a new column's": (
        "ALTER TABLE t DROP CONSTRAINT k",
        "ALTER TABLE t ADD COLUMN d int CONSTRAINT k NOT NULL DEFAULT 1",
        "ALTER TABLE t ADD CONSTRAINT k2 CHECK (a > -5)",
    ),
    "of a parent": (
        "CREATE TABLE p (LIKE t)",
        "ALTER TABLE s INHERIT p",
        "ALTER TABLE s ADD CONSTRAINT kk CHECK (a > 0)",
        "ALTER TABLE s DROP CONSTRAINT kk",
        "ALTER TABLE p ADD CONSTRAINT kk CHECK (a > -1)",
        "ALTER TABLE s ADD CONSTRAINT k2 CHECK (a < 100000)",
    ),
}


@pytest.mark.parametrize("name", AGAIN)
def test_names_that_come_again(site: Site, name: str) -> None:
    wanted = by_postgresql(site, *AGAIN[name])
    begun(site, "SELECT 1")
    site.clean()
    site.sql(*TABLES)
    site.revise(*lines(*AGAIN[name]))
    site.upgrade()
    assert site.catalog == wanted


@pytest.mark.parametrize("name", ["the pair twice", "dropped twice", "index dropped twice"])
def test_names_that_come_again_in_a_script(site: Site, name: str) -> None:
    wanted = by_postgresql(site, *AGAIN[name])
    site.clean()
    begun(site, *TABLES)
    site.revise(*lines(*AGAIN[name]))
    done = psql(site, written(site))
    assert done.returncode == 0, done.stderr
    assert site.catalog == wanted


def test_a_key_over_a_new_column_is_refused(site: Site) -> None:
    """Nobody knows yet that it has no NULL: that would be looked at under the lock."""
    site.sql(*TABLES)
    before = site.catalog
    site.revise(
        *lines(
            "ALTER TABLE t DROP CONSTRAINT t_pkey",
            "ALTER TABLE t ADD COLUMN d int DEFAULT 1",
            "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id, d)",
        )
    )
    with pytest.raises(UserError, match="make the columns of a PRIMARY KEY NOT NULL first"):
        site.upgrade()
    assert site.catalog == before


def test_an_autocommit_block_ends_the_wait(site: Site) -> None:
    """A plan says the same: what waits goes at its beginning."""
    new = "ALTER TABLE t ADD CONSTRAINT k CHECK (a > -1)"
    site.sql(*TABLES)
    site.revise(
        *lines("ALTER TABLE t DROP CONSTRAINT k"),
        "with op.get_context().autocommit_block():",
        *(f"    {line}" for line in lines("CREATE INDEX CONCURRENTLY j ON t (c)")),
        *lines(new),
    )
    with watched() as steps:
        site.upgrade()
    sent = [one.sql for one in steps]
    assert "ALTER TABLE t DROP CONSTRAINT k" in sent, "by itself, in its transaction"


def random_changes(chance: random.Random) -> list[str]:
    """Return statements that PostgreSQL executes one after the other on the tables."""
    names = ["i", "v", "u", "w", "x"]
    indexes = {"i": "t", "v": "t"}
    unique = {"u": "t"}
    checks = {"k"}
    said: list[str] = []
    for number in range(chance.randint(3, 8)):
        free = [name for name in names if name not in indexes and name not in unique]
        table = chance.choice("tts")
        columns = ", ".join(chance.sample(["a", "b", "c"], chance.randint(1, 2)))
        kind = chance.choice(["drop", "drop", "index", "index", "unique", "check", "else"])
        if kind == "drop" and indexes and chance.random() < 0.6:
            name = chance.choice(sorted(indexes))
            said.append(f"DROP INDEX {name}")
            del indexes[name]
        elif kind == "drop" and unique:
            name, its = unique.popitem()
            said.append(f"ALTER TABLE {its} DROP CONSTRAINT {name}")
        elif kind == "index" and free:
            name = chance.choice(free)
            word = chance.choice(["", "UNIQUE "])
            said.append(f"CREATE {word}INDEX {name} ON {table} ({columns})")
            indexes[name] = table
        elif kind == "unique" and free:
            name = chance.choice(free)
            said.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({columns})")
            unique[name] = table
        elif kind == "check" and checks:
            checks.clear()
            said.append("ALTER TABLE t DROP CONSTRAINT k")
        elif kind == "check":
            checks.add("k")
            said.append(f"ALTER TABLE t ADD CONSTRAINT k CHECK (b > {-number})")
        else:
            said.append(
                chance.choice(
                    [
                        f"COMMENT ON TABLE {table} IS '{number}'",
                        f"ALTER TABLE {table} ADD COLUMN n{number} int",
                        f"UPDATE {table} SET c = c WHERE id = {number}",  # noqa: S608  # ours
                    ]
                )
            )
    return said


@pytest.mark.parametrize("seed", [*range(11), 156])
def test_any_order_ends_alike(site: Site, seed: int) -> None:
    """A run that is killed at a point, and goes on, does what PostgreSQL does one by one."""
    chance = random.Random(seed)  # noqa: S311  # of tests
    statements = random_changes(chance)
    wanted = by_postgresql(site, *statements)
    site.revise(*lines(*statements), top='blocking = ["t", "s"]')
    for number in (0, chance.randint(1, 12), chance.randint(1, 40)):
        site.clean()
        site.sql(*TABLES)
        if number:
            faults.terminated(site, number)
        site.upgrade()
        assert (site.catalog, site.version) == (wanted, ["002a"]), statements
