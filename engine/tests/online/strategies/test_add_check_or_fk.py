"""FOREIGN KEY and CHECK beside writers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives
from tests.online.upgrading_role import upgrading_role
from tests.online.watching import blocking_scans, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "INSERT INTO parent SELECT generate_series(1, 100)",
    "CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent_id int, b text)",
    "INSERT INTO child (parent_id, b) SELECT n % 100 + 1, n FROM generate_series(1, 500) AS n",
)

ADD = (
    (
        'op.create_foreign_key("child_fk", "child", "parent", ["parent_id"], ["id"],'
        ' ondelete="CASCADE", deferrable=True)'
    ),
    'op.create_check_constraint("child_b_check", "child", "b <> \'x:\' AND b NOT LIKE \'%!\'")',
)

WRITES = ("INSERT INTO child (parent_id, b) VALUES (1, 'x')", "UPDATE parent SET id = id")


def test_validated_beside_writers(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(*ADD)
    with watched() as steps, traffic(site, *WRITES) as written:
        site.upgrade()
    assert written
    assert not blocking_scans(steps, "child")
    assert not blocking_scans(steps, "parent")
    scanned = [step.locks["child"] for step in steps if step.scans.get("child")]
    assert set(scanned) == {"ShareUpdateExclusiveLock"}
    assert [line for line in site.catalog if "child_fk" in line or "b_check" in line] == [
        "constraint child child_b_check CHECK (((b <> 'x:'::text) AND (b !~~ '%!'::text))) t",
        (
            "constraint child child_fk FOREIGN KEY (parent_id) REFERENCES parent(id) "
            "ON DELETE CASCADE DEFERRABLE t"
        ),
    ]


def test_a_check_that_fails_for_a_row(site: Site) -> None:
    """It stayed NOT VALID, and failed for everybody who wrote such a row."""
    site.sql(
        *TABLES, "INSERT INTO child (parent_id) VALUES (0)", "DELETE FROM child WHERE id < 501"
    )
    before = site.catalog
    site.revise('op.create_check_constraint("c", "child", "100 / parent_id > 2")')
    with pytest.raises(UserError, match='"c" of child cannot be checked: division by zero'):
        site.upgrade()
    assert site.catalog == before


def test_a_check_that_fails_where_its_violations_are_counted(site: Site) -> None:
    site.sql(*TABLES, "INSERT INTO child (parent_id) VALUES (0)")
    before = site.catalog
    site.revise('op.create_check_constraint("c", "child", "100 / parent_id > 2")')
    with pytest.raises(UserError, match='rows of child did not fit "c" when it was checked'):
        site.upgrade()
    assert site.catalog == before


def test_a_key_to_a_table_that_the_role_may_not_read(site: Site) -> None:
    site.sql(*TABLES, "DELETE FROM parent WHERE id = 7")
    before = site.catalog
    site.revise(*ADD[:1])
    with (
        upgrading_role(site, "child", rights=("GRANT REFERENCES ON parent TO {role}",)),
        pytest.raises(UserError, match='rows of child did not fit "child_fk"'),
    ):
        site.upgrade()
    assert site.catalog == before


def test_an_example_of_a_row_whose_key_has_a_sign(site: Site) -> None:
    """The sign stood for a value: it ended with ValueError, the CHECK NOT VALID."""
    site.sql(*TABLES, 'ALTER TABLE child RENAME id TO "100% \\:a"', "UPDATE child SET b = 'a!'")
    site.revise(*ADD[1:])
    with pytest.raises(UserError, match=r'for example "100% :a" = \d+\. Mend them first'):
        site.upgrade()


def test_rows_that_violate_a_check(site: Site) -> None:
    site.sql(*TABLES, "UPDATE child SET b = 'a!' WHERE id IN (7, 8)")
    before = site.catalog
    site.revise(*ADD[1:])
    with pytest.raises(UserError) as error:
        site.upgrade()
    told = (
        'Revision 002a (step 002a) stops: 2 rows of child violate the CHECK "child_b_check", '
        "for example id = "
    )
    assert str(error.value) in {f"{told}{number}. Mend them first." for number in (7, 8)}
    assert site.catalog == before
    site.sql("UPDATE child SET b = 'a'")
    site.upgrade()


def test_rows_that_violate_a_foreign_key(site: Site) -> None:
    site.sql(*TABLES, "UPDATE child SET parent_id = 1000 WHERE id = 7")
    before = site.catalog
    site.revise(*ADD)
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert str(error.value) == (
        "Revision 002a (step 002a) stops: 1 row of child points to no row of parent, as the "
        'FOREIGN KEY "child_fk" wants, for example id = 7. Mend it first.'
    )
    assert site.catalog == before


def test_one_that_is_there(site: Site) -> None:
    site.sql(*TABLES, "ALTER TABLE child ADD CONSTRAINT child_b_check CHECK (b > '')")
    site.revise(*ADD[1:])
    with pytest.raises(UserError, match='"child_b_check" for relation "child" already exists'):
        site.upgrade()


@pytest.mark.online
def test_names_that_postgresql_chooses(site: Site) -> None:
    line = 'op.add_column("child", sa.Column("x", sa.Integer, sa.ForeignKey("parent.id")))'
    check = 'op.execute("ALTER TABLE child ADD CHECK (parent_id > 0)")'
    unique = 'op.execute("ALTER TABLE child ADD UNIQUE (b, id)")'
    site.revise(line, check, unique)
    survives(site, *TABLES)
    site.equals(
        *TABLES,
        "ALTER TABLE child ADD COLUMN x int REFERENCES parent",
        "ALTER TABLE child ADD CHECK (parent_id > 0)",
        "ALTER TABLE child ADD UNIQUE (b, id)",
    )


@pytest.mark.online
def test_a_run_that_dies(site: Site) -> None:
    site.revise(*ADD)
    survives(site, *TABLES)


def test_a_second_try_takes_no_other_for_its_own(site: Site) -> None:
    site.sql("CREATE TABLE u (a int CONSTRAINT u_check CHECK (a > 0))", "INSERT INTO u VALUES (1)")
    site.revise('op.create_check_constraint("u_check", "u", "a > 5")')
    for _ in range(2):
        with pytest.raises(UserError, match='"u_check" for relation "u" already exists'):
            site.upgrade()


@pytest.mark.parametrize("end", ["; /* done */", " -- done"])
def test_a_comment_at_the_end(site: Site, end: str) -> None:
    site.sql("CREATE TABLE u (a int)", "INSERT INTO u VALUES (1)")
    site.revise(f'op.execute("ALTER TABLE u ADD CONSTRAINT u_check CHECK (a > 0){end}")')
    with watched() as steps:
        site.upgrade()
    assert not blocking_scans(steps, "u")
    assert "constraint u u_check CHECK ((a > 0)) t" in site.catalog


LATE = (
    "ALTER TABLE child ADD CONSTRAINT late CHECK (id < 501) NOT VALID",
    "ALTER TABLE child VALIDATE CONSTRAINT late",
)


def test_added_and_validated_by_hand(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(*(f"op.execute({sql!r})" for sql in LATE))
    with watched() as steps, traffic(site, "UPDATE child SET b = b WHERE id = 7") as written:
        site.upgrade()
    assert written
    assert not blocking_scans(steps, "child")
    site.equals(*TABLES, *LATE)


def test_rows_that_violate_what_stays(site: Site) -> None:
    site.sql(*TABLES, "INSERT INTO child (b) VALUES ('x')", LATE[0])
    before = site.catalog
    site.revise(f"op.execute({LATE[1]!r})")
    why = 'stops: 1 row of child violates the CHECK "late", for example id = 501. Mend it first.'
    with pytest.raises(UserError, match=why):
        site.upgrade()
    assert site.catalog == before
    site.sql("DELETE FROM child WHERE id = 501")
    site.upgrade()
    assert site.version == ["002a"]


def test_a_not_null_that_is_there(site: Site) -> None:
    site.needs(18)
    site.sql(*TABLES, "INSERT INTO child (b) VALUES (NULL)")
    site.sql("ALTER TABLE child ADD CONSTRAINT late NOT NULL b NOT VALID")
    site.revise(f"op.execute({LATE[1]!r})")
    with pytest.raises(UserError, match="1 row of child has no b, which becomes NOT NULL, for"):
        site.upgrade()


def test_validating_killed_at_each_step(site: Site) -> None:
    site.revise(*(f"op.execute({sql!r})" for sql in LATE))
    survives(site, *TABLES)


def test_a_key_of_which_all_or_nothing_is_filled(site: Site) -> None:
    site.sql(
        "CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b))",
        "INSERT INTO parent VALUES (1, 1)",
        "CREATE TABLE child (id int PRIMARY KEY, a int, b int)",
        "INSERT INTO child VALUES (1, 1, 1), (2, NULL, NULL)",
        "INSERT INTO child VALUES (3, 1, NULL), (4, NULL, 1), (5, 2, 2)",
    )
    site.revise(
        'op.create_foreign_key("fk", "child", "parent", ["a", "b"], ["a", "b"], match="FULL")'
    )
    with pytest.raises(UserError, match="3 rows of child point to no row of parent"):
        site.upgrade()
    site.sql("DELETE FROM child WHERE id > 2")
    site.upgrade()
