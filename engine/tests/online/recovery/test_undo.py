"""alembic downgrade takes back an upgrade that is half done, where what undoes it is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online import faults
from tests.online.killed import killing
from tests.online.operations import OPERATIONS, PARTS, lines
from tests.online.site import REVISION

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int, b text)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n",
)

LINES = (
    'op.create_table("fresh", sa.Column("a", sa.Integer))',
    'op.add_column("t", sa.Column("c", sa.Integer, comment="more"))',
    'op.create_index("t_a_idx", "t", ["a"])',
    'op.create_unique_constraint("t_a_key", "t", ["a"])',
    'op.alter_column("t", "a", nullable=False)',
)

NEVER = 'op.create_check_constraint("never", "t", "a < 50")'


def test_rows_that_never_fit(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.sql(*TABLE)
    before = site.catalog
    site.revise(*LINES, NEVER)
    with pytest.raises(UserError) as error:
        site.upgrade()
    lines = str(error.value).splitlines()
    assert 'stops: 51 rows of t violate the CHECK "never"' in lines[0]
    assert lines[1:] == [
        (
            "What it did before stays: the next run goes on from there, or take it back: "
            "alembic downgrade 001a"
        )
    ]
    capsys.readouterr()
    site.downgrade("001a")
    assert site.catalog == before
    assert site.version == ["001a"]
    err = capsys.readouterr().err
    assert "Taken back: ALTER TABLE public.t ALTER COLUMN a DROP NOT NULL\n" in err
    assert err.endswith("Revision 002a (step 002a) is taken back; at 001a.\n")


def test_rows_that_are_mended(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(*LINES, NEVER)
    with pytest.raises(UserError):
        site.upgrade()
    site.sql("DELETE FROM t WHERE a >= 50")
    site.upgrade()
    assert site.version == ["002a"]


@pytest.mark.parametrize("line", ['op.alter_column("t", "a", type_=sa.BigInteger)', NEVER, *LINES])
def test_a_step_that_died(site: Site, line: str) -> None:
    site.sql(*TABLE)
    before = site.catalog
    site.revise('op.create_index("t_b_idx", "t", ["b"])', line, 'op.execute("SELECT 1 / 0")')
    number = 0
    while True:
        number += 1
        with killing(site, number) as killed, pytest.raises(UserError):
            site.upgrade()
        if site.note() is None:
            continue
        why = ""
        try:
            site.downgrade("001a")
        except UserError as error:
            why = str(error)
        if why:  # the new type is there
            assert ("Nothing undoes" in why, "BigInteger" in line) == (True, True)
            site.clean()
            site.sql(*TABLE)
        assert site.catalog == before, killed
        if not killed:
            break
    assert number > 3


@pytest.mark.parametrize(
    "line",
    [
        'op.execute("DELETE FROM t WHERE a = 7")',
        'op.drop_column("t", "b")',
        'op.execute("CREATE INDEX IF NOT EXISTS i ON t (a)")',
    ],
)
def test_what_nothing_undoes(site: Site, line: str) -> None:
    site.sql(*TABLE)
    site.revise(line, NEVER)
    for _ in range(2):  # met, then resumed
        with pytest.raises(UserError) as error:
            site.upgrade()
        assert "take it back" not in str(error.value)
        assert str(error.value).endswith("; or undo it by hand, and run: alembic stamp 001a")
    after = site.catalog
    with pytest.raises(UserError, match=r"Nothing undoes .* by hand .* alembic stamp 001a$"):
        site.downgrade("001a")
    assert site.catalog == after


def test_another_way_down_is_none(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.create_index("t_a_idx", "t", ["a"])', NEVER)
    with pytest.raises(UserError):
        site.upgrade()
    for destination in ("-1", "base"):
        with pytest.raises(UserError, match="or take it back: alembic downgrade 001a"):
            site.downgrade(destination)


KEY = 'op.create_primary_key("t_pkey", "t", ["a", "b"])'


@pytest.mark.parametrize("before", ["ALTER TABLE t ALTER a SET NOT NULL", "SELECT 1"])
def test_a_primary_key_leaves_no_not_null(site: Site, before: str) -> None:
    site.sql(*TABLE, before)
    catalog = site.catalog
    site.revise(KEY, NEVER)
    with pytest.raises(UserError):
        site.upgrade()
    site.downgrade("001a")
    assert site.catalog == catalog


@pytest.mark.parametrize("before", ["ALTER TABLE t ALTER a SET NOT NULL", "SELECT 1"])
def test_a_primary_key_that_died(site: Site, before: str) -> None:
    site.sql(*TABLE, before)
    catalog = site.catalog
    site.revise(KEY, NEVER)
    number = 0
    while True:
        number += 1
        with killing(site, number) as killed, pytest.raises(UserError):
            site.upgrade()
        if site.note() is not None:
            site.downgrade("001a")
        assert site.catalog == catalog, killed
        if not killed:
            break
    assert number > 5


def test_a_not_null_that_was_there_stays(site: Site) -> None:
    site.sql(*TABLE, "ALTER TABLE t ALTER a SET NOT NULL")
    before = site.catalog
    site.revise('op.create_index("t_b_idx", "t", ["b"])', LINES[-1], NEVER)
    with pytest.raises(UserError):
        site.upgrade()
    site.downgrade("001a")
    assert site.catalog == before


def test_rows_without_a_value_leave_no_not_null(site: Site) -> None:
    site.sql(*TABLE, "UPDATE t SET b = NULL WHERE a = 7")
    before = site.catalog
    site.revise(KEY)
    with killing(site, 4), pytest.raises(UserError):
        site.upgrade()
    with pytest.raises(UserError, match="1 row of t has no b, which becomes NOT NULL"):
        site.upgrade()
    assert site.catalog == before


def test_an_index_that_is_gone(site: Site) -> None:
    site.sql(*TABLE, "CREATE INDEX t_b_idx ON t (b)")
    site.revise('op.drop_index("t_b_idx", "t")', NEVER)
    with pytest.raises(UserError):
        site.upgrade()
    with pytest.raises(UserError, match=r"Nothing undoes .*DROP INDEX") as error:
        site.downgrade("001a")
    assert planned_refusal(site) == str(error.value)


def planned_refusal(site: Site) -> str:
    """Return why a plan says that a downgrade takes nothing back, "" where it says that it does."""
    try:
        site.downgrade("001a", plan="")
    except UserError as error:
        return str(error)
    return ""


# Those that every run of the tests has.
SAMPLE = {"drop index", "index of a partitioned table"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SAMPLE else pytest.mark.online, id=name)
        for name in OPERATIONS
    ],
)
def test_every_operation_that_died(site: Site, name: str) -> None:
    operation = OPERATIONS[name]
    site.revise(*lines(name, "ops"))
    number = 0
    while True:
        number += 1
        site.clean()
        site.sql(*operation.tables)
        before = site.catalog
        killed = faults.terminated(site, number)
        if not killed:
            return
        if site.note() is None:
            continue
        left, why = site.catalog, ""
        planned = planned_refusal(site)
        try:
            site.downgrade("001a")
        except UserError as error:
            why = str(error)
        assert site.catalog == (left if why else before), (killed, why)
        assert planned == why, killed
        assert bool(why) == ("by hand" in why)


def test_an_index_that_a_partition_had_stays(site: Site) -> None:
    site.sql(*PARTS, "CREATE INDEX theirs ON low (b)")
    site.revise('op.create_index("i", "t", ["b"])', NEVER)
    with pytest.raises(UserError):
        site.upgrade()
    with pytest.raises(UserError, match=r"Nothing undoes .* \(CREATE INDEX i"):
        site.downgrade("001a")
    assert site.one("SELECT to_regclass('theirs') IS NOT NULL")


def test_a_constraint_that_is_valid_since(site: Site) -> None:
    site.sql(*TABLE, "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID")
    site.revise('op.execute("ALTER TABLE t VALIDATE CONSTRAINT c")')
    with killing(site, 3), pytest.raises(UserError):
        site.upgrade()
    assert site.one("SELECT convalidated FROM pg_constraint WHERE conname = 'c'")
    with pytest.raises(UserError, match="Nothing undoes what is at work"):
        site.downgrade("001a")


def with_down(site: Site, name: str, down: str, *lines: str) -> None:
    """Write a revision that begins at some others, as its file has them."""
    made = REVISION.format(
        doc=name, id=name, down="", top="", upgrade="\n    ".join(lines), downgrade="pass"
    )
    made = made.replace("down_revision = ''", f"down_revision = {down}")
    (site.versions / f"{name}.py").write_text(made)


# Half done: the revision, and from where it begins; which downgrades take it back, which do not.
SEVERAL_HEADS = {
    "a branch": ("c", "'a'", ("a",), ("b", "001a", "base")),
    "another branch": ("c", "'b'", ("b",), ("a", "001a", "base")),
    "a merge": ("c", "('a', 'b')", ("a", "b"), ("001a", "base")),
}


@pytest.mark.parametrize("case", SEVERAL_HEADS)
def test_several_heads(site: Site, case: str) -> None:
    name, down, back, not_back = SEVERAL_HEADS[case]
    site.sql(*TABLE)
    with_down(site, "a", "'001a'", "pass")
    with_down(site, "b", "'001a'", "pass")
    site.upgrade("heads")
    before = site.catalog
    with_down(site, name, down, *LINES, NEVER)
    for destination in back:
        with pytest.raises(UserError, match=rf"or take it back: alembic downgrade {back[0]}$"):
            site.upgrade("heads")
        half = site.catalog
        assert half != before
        for other in not_back:
            with pytest.raises(UserError, match=rf"half done: finish .*downgrade {back[0]};"):
                site.downgrade(other)
            assert site.catalog == half
        site.downgrade(destination)
        assert (site.catalog, site.version, site.note()) == (before, ["a", "b"], None)
