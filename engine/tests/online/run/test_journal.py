"""How far a revision came that commits before its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic_pg.errors import UserError
from tests.online.watching import watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = ("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")

INSERT = 'op.execute("INSERT INTO t VALUES (2)")'
CHECK = 'op.create_check_constraint("t_check", "t", "a < 100")'
FAIL = 'op.execute("SELECT 1 / 0")'


@pytest.fixture
def half_done(site: Site) -> Site:
    """A database at which a revision failed after its second statement."""
    site.sql(*TABLE)
    site.revise(INSERT, CHECK, FAIL, downgrade='op.drop_constraint("t_check", "t")')
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert str(error.value) == (
        "Revision 002a (step 002a) fails: division by zero; "
        "what it did before stays, and the next run goes on from there."
    )
    return site


def test_the_rest_is_mended(half_done: Site) -> None:
    half_done.again(INSERT, CHECK, 'op.execute("INSERT INTO t VALUES (3)")')
    with watched() as steps:
        half_done.upgrade()
    assert not any("CHECK" in step.sql for step in steps)
    assert half_done.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,)]
    assert half_done.note() is None


def test_what_is_done_is_edited(half_done: Site) -> None:
    half_done.again('op.execute("INSERT INTO t VALUES (5)")', CHECK)
    with pytest.raises(UserError) as error:
        half_done.upgrade()
    assert str(error.value) == (
        "Revision 002a was edited after its first 2 statements had run: undo that, or clean up "
        "by hand and run: COMMENT ON TABLE alembic_version IS NULL"
    )
    half_done.sql(
        "DELETE FROM t WHERE a = 2",
        "ALTER TABLE t DROP CONSTRAINT t_check",
        "COMMENT ON TABLE alembic_version IS NULL",
    )
    half_done.upgrade()
    assert half_done.rows("SELECT a FROM t ORDER BY a") == [(1,), (5,)]


@pytest.mark.parametrize(
    "line",
    [
        'op.alter_column("t", "never", nullable=False)',
        'op.create_index("t", "t", ["a"])',
        'op.execute("ALTER TABLE p ATTACH PARTITION t FOR VALUES IN (1)")',
    ],
)
def test_a_first_statement_that_fails_leaves_no_note(site: Site, line: str) -> None:
    site.sql(
        *TABLE,
        "CREATE TABLE p (a int) PARTITION BY LIST (a)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
    )
    site.revise(line)
    with pytest.raises(UserError, match=r"fails: .*; the database is as it was before it"):
        site.upgrade()
    assert site.note() is None


def test_another_revision_is_no_way_out(half_done: Site) -> None:
    with pytest.raises(UserError) as error:
        half_done.downgrade("base")
    assert str(error.value) == (
        "The upgrade of revision 002a is half done: finish it before the downgrade of 001a, by the "
        "command that began it; or clean up by hand, and run: "
        "COMMENT ON TABLE alembic_version IS NULL"
    )


def test_a_stamp_is_a_way_out(half_done: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing told of what stayed."""
    capsys.readouterr()
    command.stamp(half_done.config(), "001a")
    assert half_done.note() is None
    told = capsys.readouterr().err
    assert "upgrade of revision 002a was half done, and what it did stays: " in told
    command.stamp(half_done.config(), "001a")
    assert "half done" not in capsys.readouterr().err


def test_a_comment_of_the_users_stays(site: Site) -> None:
    site.sql(*TABLE, "COMMENT ON TABLE alembic_version IS 'mine'")
    site.revise(INSERT)
    site.upgrade()
    assert site.note() == "mine"


THEIRS = 'it\'s "mine": 50%'


@pytest.fixture
def commented(site: Site) -> Site:
    """A half-done revision, on a database whose owner gave Alembic's table a comment."""
    quoted = THEIRS.replace("'", "''")
    site.sql(*TABLE, f"COMMENT ON TABLE alembic_version IS '{quoted}'")
    site.revise(CHECK, FAIL)
    for _ in range(2):
        with pytest.raises(UserError, match="division by zero"):
            site.upgrade()
    assert '"half_done"' in str(site.note())
    return site


def test_a_comment_of_the_users_comes_back(commented: Site) -> None:
    commented.again(CHECK, INSERT)
    commented.upgrade()
    assert commented.note() == THEIRS


def test_a_comment_of_the_users_comes_back_by_a_downgrade(commented: Site) -> None:
    commented.downgrade("001a")
    assert commented.note() == THEIRS


def test_a_comment_of_the_users_comes_back_by_a_stamp(commented: Site) -> None:
    command.stamp(commented.config(), "001a")
    assert commented.note() == THEIRS


def test_a_comment_of_the_users_comes_back_after_a_refusal(site: Site) -> None:
    site.sql(*TABLE, "COMMENT ON TABLE alembic_version IS 'mine'")
    site.revise('op.create_check_constraint("never", "t", "a > 100")')
    with pytest.raises(UserError, match="violates the CHECK"):
        site.upgrade()
    assert site.note() == "mine"


def test_a_step_in_an_autocommit_block(site: Site) -> None:
    site.sql(*TABLE, "CREATE TYPE mood AS ENUM ('sad')")
    site.revise(
        "with op.get_context().autocommit_block():",
        """    op.execute("ALTER TYPE mood ADD VALUE 'glad'")""",
        f"    {CHECK}",
        FAIL,
    )
    for _ in range(2):
        with pytest.raises(UserError, match="division by zero"):
            site.upgrade()
    assert site.one("SELECT enum_range(NULL::mood)::text") == "{sad,glad}"


def test_what_is_done_is_not_refused(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.execute("ALTER TABLE t ADD COLUMN s serial")', FAIL)
    for _ in range(2):
        with pytest.raises(UserError, match="division by zero"):
            site.upgrade()


def test_a_refusal_after_an_autocommit_block(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(
        "with op.get_context().autocommit_block(): pass",
        'op.add_column("t", sa.Column("g", sa.Integer, sa.Computed("a * 2", persisted=True)))',
    )
    with pytest.raises(UserError, match="Adding the column g reads or writes all of t"):
        site.upgrade()
    assert site.note() is None
