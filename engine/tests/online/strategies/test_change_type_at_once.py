"""A type that changes in a moment, and whose CHECKs are validated after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import killing
from tests.online.watching import blocking_scans, filenode, watched
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    (
        "CREATE TABLE parent (id int PRIMARY KEY, word varchar(50) DEFAULT 'a' NOT NULL,"
        " other varchar(50), CONSTRAINT word_check CHECK (word <> ''),"
        " CONSTRAINT both_check CHECK (other <> word))"
    ),
    "INSERT INTO parent SELECT n, 'word' FROM generate_series(1, 300) AS n",
)
VIEW = "CREATE VIEW v AS SELECT id, word, other FROM parent"
DROP, CREATE = 'op.execute("DROP VIEW v")', f"op.execute({VIEW!r})"
WIDER = 'op.alter_column("parent", "word", type_=sa.String(60))'
OTHER = 'op.alter_column("parent", "other", type_=sa.String(60))'
VALIDATED = "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'c'"


def test_what_needs_no_rewriting_needs_only_a_look(site: Site) -> None:
    site.sql(*TABLES)
    site.revise('op.alter_column("parent", "word", type_=sa.Text)')
    file = filenode(site, "parent")
    with watched() as steps:
        site.upgrade()
    assert filenode(site, "parent") == file
    assert not blocking_scans(steps, "parent")
    site.equals(*TABLES, "ALTER TABLE parent ALTER word TYPE text")


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        (VIEW, (DROP, WIDER, CREATE)),
        (VIEW, (DROP, WIDER, OTHER, CREATE)),
        (VIEW, (DROP, WIDER, 'op.alter_column("parent", "id", type_=sa.BigInteger)', CREATE)),
        (VIEW, (DROP, 'op.alter_column("parent", "id", type_=sa.BigInteger)', WIDER, CREATE)),
        (VIEW, (DROP, WIDER, CREATE, 'op.create_index("i", "parent", ["word"])')),
        (VIEW, (DROP, WIDER, CREATE, 'op.execute("GRANT SELECT ON v TO PUBLIC")')),
        (VIEW, ('op.execute("CREATE TABLE s (a int)")', DROP, WIDER, CREATE)),
        (VIEW, ('op.create_index("i", "parent", ["word"])', DROP, WIDER, CREATE)),
    ],
)
def test_a_view_is_missing_for_the_moment_only(
    site: Site, before: str, lines: tuple[str, ...]
) -> None:
    site.sql(*TABLES, before)
    site.revise(*lines)
    file = filenode(site, "parent")
    with (
        watched() as steps,
        traffic(site, "SELECT count(*) FROM v", "UPDATE v SET word = 'b' WHERE id = 5") as seen,
    ):
        site.upgrade()
    assert seen
    assert filenode(site, "parent") == file
    assert not blocking_scans(steps, "parent")
    assert site.one(VALIDATED)
    assert (site.version, site.note()) == (["002a"], None)


def test_a_default_is_there_all_the_time(site: Site) -> None:
    site.sql(*TABLES)
    before, after = (
        f'op.alter_column("parent", "word", server_default={value})' for value in (None, "'a'")
    )
    site.revise(before, WIDER, after)
    numbers = "INSERT INTO parent (id) SELECT max(id) + 1 FROM parent"
    with watched() as steps, traffic(site, numbers) as seen:
        site.upgrade()
    assert seen
    assert not blocking_scans(steps, "parent")
    site.equals(*TABLES, "ALTER TABLE parent ALTER word TYPE varchar(60)")


@pytest.mark.parametrize(
    "between",
    ['op.create_index("i", "parent", ["word"])', 'op.create_index("i", "other", ["id"])'],
)
def test_a_step_before_the_view_is_back_is_refused(site: Site, between: str) -> None:
    site.sql(*TABLES, VIEW, "CREATE TABLE other (id) AS SELECT generate_series(1, 1000)")
    before = site.catalog
    site.revise(DROP, WIDER, between, CREATE)
    with pytest.raises(UserError, match="v, which goes and comes back, would be missing"):
        site.upgrade()
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)


def die_while_it_validates(site: Site) -> None:
    """Let a run die there; the view is back by then."""
    with killing(site, 1, "ALTER TABLE public.parent VALIDATE"), pytest.raises(UserError):
        site.upgrade()
    assert site.rows("SELECT count(*) FROM v") == [(300,)]
    assert not site.one(VALIDATED)


def test_a_run_that_dies_while_it_validates(site: Site) -> None:
    """The view is back, and both CHECKs are validated by the next run."""
    site.sql(*TABLES, VIEW)
    site.revise(DROP, WIDER, OTHER, CREATE)
    for _ in range(2):
        die_while_it_validates(site)
    site.upgrade()
    assert site.one(VALIDATED)
    assert (site.version, site.note()) == (["002a"], None)


@pytest.mark.parametrize("commit", ["op.get_bind().commit()", 'op.execute("COMMIT")'])
def test_a_revision_that_commits_by_itself(site: Site, commit: str) -> None:
    """The CHECKs are validated before its commit, by the next run if this one dies."""
    site.sql(*TABLES, VIEW)
    site.revise(DROP, WIDER, CREATE, commit, 'op.create_index("i", "parent", ["word"])')
    die_while_it_validates(site)
    site.upgrade()
    assert site.one(VALIDATED)
    assert (site.version, site.note()) == (["002a"], None)


@pytest.mark.parametrize(
    "lines",
    [
        ("op.get_bind()", DROP, WIDER, CREATE),
        (DROP, WIDER, "op.get_bind().commit()", CREATE),
        (DROP, WIDER, 'op.execute("COMMIT")', CREATE),
    ],
)
def test_what_the_revision_sends_by_itself_may_stand_between(
    site: Site, lines: tuple[str, ...]
) -> None:
    site.sql(*TABLES, VIEW)
    before = site.catalog
    site.revise(*lines)
    with pytest.raises(UserError, match="v, which goes and comes back, would be missing"):
        site.upgrade()
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)


def test_a_check_that_is_not_valid_stays_so(site: Site) -> None:
    """A run that goes on does not look through it either: rows of old may violate it."""
    site.sql(
        "CREATE TABLE t (w varchar(50) CONSTRAINT valid CHECK (w <> ''))",
        "INSERT INTO t SELECT 'w' || n FROM generate_series(1, 300) AS n",
        "ALTER TABLE t ADD CONSTRAINT new_ones CHECK (w <> 'w7') NOT VALID",
    )
    site.revise('op.alter_column("t", "w", type_=sa.Text)')
    for _ in range(2):
        with killing(site, 1, "ALTER TABLE public.t VALIDATE"), pytest.raises(UserError):
            site.upgrade()
    with pytest.raises(UserError, match="It has changed the type of a column: undo by hand"):
        site.downgrade("001a")
    site.upgrade()
    valid = "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 't'::regclass"
    assert site.rows(f"{valid} ORDER BY 1") == [("new_ones", False), ("valid", True)]


@pytest.mark.parametrize(
    "lines",
    [
        ('op.drop_constraint("word_check", "parent")',),
        ('op.execute("ALTER TABLE parent RENAME CONSTRAINT word_check TO wc")',),
        ('op.execute("DROP VIEW v")', 'op.drop_table("parent")'),
        ('op.execute("ALTER TABLE parent RENAME TO p2")',),
        (
            'op.drop_constraint("word_check", "parent")',
            'op.execute("SELECT 1")',
            'op.execute("ALTER TABLE parent ADD CONSTRAINT word_check CHECK (id < 0) NOT VALID")',
        ),
    ],
    ids=["dropped", "renamed", "no table", "table renamed", "another"],
)
def test_what_comes_after_meets_what_is_validated(site: Site, lines: tuple[str, ...]) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(DROP, WIDER, CREATE, *lines)
    site.upgrade()
    assert (site.version, site.note()) == (["002a"], None)
    left = site.rows("SELECT conname FROM pg_constraint WHERE NOT convalidated")
    assert left == ([("word_check",)] if len(lines) == 3 else [])


def test_a_column_that_goes_takes_its_check_along(site: Site) -> None:
    site.sql(*TABLES, VIEW)
    view = CREATE.replace(", other", "")
    site.revise(DROP, WIDER, 'op.drop_column("parent", "other")', view)
    with traffic(site, "SELECT id, word FROM v") as seen:
        site.upgrade()
    assert seen
    assert site.one(VALIDATED)


BLOCK = "with op.get_context().autocommit_block():"


@pytest.mark.parametrize(
    "lines",
    [
        (DROP, BLOCK, f"    {WIDER}", CREATE),
        (DROP, BLOCK, f"    {WIDER}", f"    {CREATE}"),
        (DROP, WIDER, BLOCK, f"    {CREATE}"),
    ],
)
def test_an_autocommit_block_changes_it_too(site: Site, lines: tuple[str, ...]) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(*lines)
    try:
        site.upgrade()
    except UserError as error:
        assert "would be missing" in str(error)  # noqa: PT017  # it says so, and changes nothing
        assert (site.version, site.note()) == (["001a"], None)
    else:
        assert "column parent.word character varying(60) t  'a'::character varying" in site.catalog
        assert site.one(VALIDATED)


def test_the_table_is_free_once_the_view_is_back(site: Site) -> None:
    site.sql(*TABLES, VIEW, "CREATE TABLE other AS SELECT 1 AS id")
    wait = 'op.execute("DO $$ BEGIN PERFORM pg_sleep(1); END $$")'
    site.revise(DROP, WIDER, CREATE, wait)
    with traffic(site, "SET statement_timeout = 500", "SELECT count(*) FROM parent") as seen:
        site.upgrade()
    assert seen


@pytest.mark.parametrize(
    "between",
    [
        'op.execute("ALTER TABLE second ALTER w TYPE varchar(60)")',
        'op.execute("ALTER TABLE parent RENAME TO p2")',
        'op.execute("SELECT pg_sleep(0)")',
    ],
    ids=["two tables", "renamed", "anything"],
)
def test_the_plan_refuses_what_the_run_refuses(site: Site, between: str) -> None:
    second = "CREATE TABLE second (w varchar(50) CHECK (w <> ''))"
    rows = "INSERT INTO second SELECT 'w' || n FROM generate_series(1, 300) AS n"
    site.sql(*TABLES, second, rows, VIEW)
    before = site.catalog
    site.revise(DROP, WIDER, between, CREATE.replace("parent", "p2") if "p2" in between else CREATE)
    assert differences(site) == []
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)


def test_a_materialized_view_is_missing_for_its_time_anyhow(site: Site) -> None:
    view = VIEW.replace("VIEW", "MATERIALIZED VIEW")
    site.sql(*TABLES, view)
    site.revise('op.execute("DROP MATERIALIZED VIEW v")', WIDER, f"op.execute({view!r})")
    assert differences(site) == []
    assert site.version == ["002a"]


def test_a_swap_that_shares_a_check_is_refused(site: Site) -> None:
    check = "ALTER TABLE parent ADD CONSTRAINT wn CHECK (length(word) > id - 1000)"
    site.sql(*TABLES, check, VIEW)
    before = site.catalog
    site.revise(DROP, WIDER, 'op.alter_column("parent", "id", type_=sa.BigInteger)', CREATE)
    with pytest.raises(UserError, match="v, which goes and comes back, would be missing"):
        site.upgrade()
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)
