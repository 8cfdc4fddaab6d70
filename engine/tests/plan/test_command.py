"""alembic -x plan upgrade: what the run will do, by its own decision; and nothing is done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.console.screen import PLAIN_WIDTH
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from tests.commands.run import run
from tests.online.watching import strength, watched

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (id int PRIMARY KEY, a int, b text, c varchar(9) CHECK (c <> ''))",
    "CREATE TABLE u (id int PRIMARY KEY, t int)",
    "CREATE TABLE p (id int, a int) PARTITION BY RANGE (id)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000)",
    "CREATE TYPE mood AS ENUM ('good', 'bad')",
    "CREATE INDEX t_a_idx ON t (a)",
    "CREATE VIEW v AS SELECT id FROM t",
    "INSERT INTO t SELECT n, n, 'x', 'y' FROM generate_series(1, 100) AS n",
    "INSERT INTO u SELECT n, n FROM generate_series(1, 100) AS n",
    "INSERT INTO p SELECT n, n FROM generate_series(1, 100) AS n",
    "ANALYZE",
)

# The lines of a revision; what the plan says of the last; what then is executed.
FORMS = [
    (['op.create_index("i", "t", ["a"])'], "built CONCURRENTLY", "CREATE INDEX CONCURRENTLY i "),
    (
        ['op.drop_index("t_a_idx", "t")'],
        "dropped CONCURRENTLY",
        "DROP INDEX CONCURRENTLY",
    ),
    (
        ['op.create_index("i", "p", ["a"])'],
        "CONCURRENTLY on each partition, then attached",
        "ATTACH PARTITION",
    ),
    (
        ['op.create_foreign_key("k", "u", "t", ["t"], ["id"])'],
        "added NOT VALID, then validated",
        "NOT VALID",
    ),
    (['op.create_check_constraint("k", "t", "a > 0")'], "added NOT VALID", "VALIDATE CONSTRAINT k"),
    (['op.create_unique_constraint("k", "t", ["a"])'], "unique index CONCURRENTLY", "USING INDEX"),
    (['op.alter_column("t", "a", nullable=False)'], "added NOT VALID, then validated", "VALIDATE"),
    (
        ['op.add_column("t", sa.Column("z", sa.Uuid, server_default=sa.func.gen_random_uuid()))'],
        "added empty, filled in batches",
        'SET "?z"? = ',
    ),
    (['op.add_column("t", sa.Column("z", sa.Text, server_default="x"))'], "", "ADD COLUMN z"),
    (
        ['op.alter_column("t", "a", type_=sa.BigInteger())'],
        "second column, filled in batches",
        "a_ddl_new",
    ),
    (
        [
            'op.execute("DROP VIEW v")',
            'op.alter_column("t", "id", type_=sa.BigInteger())',
        ],
        "second column, filled in batches",
        "id_ddl_new",
    ),
    (
        ['op.alter_column("t", "c", type_=sa.String(20))'],
        "changed at once, its CHECKs",
        "VALIDATE CONSTRAINT t_c_check",
    ),
    (['op.alter_column("t", "b", server_default="x")'], "", "SET DEFAULT"),
    (
        [
            'op.add_column("t", sa.Column("z", sa.Integer))',
            'op.execute("UPDATE t SET z = a WHERE z IS NULL")',
        ],
        "in batches",
        "UPDATE ONLY .*ctid",
    ),
    (
        ["op.execute(\"ALTER TYPE mood ADD VALUE 'new'\")"],
        "committed at once",
        "ALTER TYPE mood ADD VALUE",
    ),
    (
        ['op.create_table("n", sa.Column("x", sa.Integer))', 'op.create_index("i", "n", ["x"])'],
        "",
        "CREATE INDEX i ON n",
    ),
    (
        ['op.rename_table("t", "s")', 'op.create_index("i", "s", ["a"])'],
        "built CONCURRENTLY",
        "CREATE INDEX CONCURRENTLY i ON public.s",
    ),
]


@pytest.mark.parametrize(("lines", "how", "executed"), FORMS)
def test_is_what_the_run_does(  # a row of the table
    site: Site, capfd: pytest.CaptureFixture[str], lines: list[str], how: str, executed: str
) -> None:
    site.sql(*TABLES)
    site.revise(*lines)
    before = site.catalog
    with watched() as asked:
        site.upgrade(plan="")
    said = capfd.readouterr().out
    assert site.catalog == before
    assert site.version == ["001a"]
    there = {row[0] for row in site.rows("SELECT relname::text FROM pg_class")}
    strongest = [lock for step in asked for name, lock in step.locks.items() if name in there]
    assert {strength(lock) for lock in strongest} <= {strength("AccessShareLock")}, asked
    assert all(word in said for word in how.split()), said
    assert ("in steps, which commit" in said) == bool(how)
    with watched() as steps:
        site.upgrade()
    assert any(re.search(executed, step.sql) for step in steps)
    assert bool(how) == any(
        step.sql.startswith("COMMENT ON TABLE public.alembic") for step in steps
    )


def test_shows_rows_bytes_losses_and_what_breaks(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.sql(*TABLES)
    site.revise(
        'op.drop_column("t", "b")',
        'op.drop_table("u")',
        'op.create_index("i", "t", ["a"], unique=True)',
    )
    site.upgrade(plan="")
    said = capfd.readouterr().out
    assert re.search(
        r"^drop column +t\.b +ACCESS EXCLUSIVE: a moment +100 +\d+ kB$", said, re.MULTILINE
    )
    assert "\nDestroys: column t.b, table u.\n" in said
    assert 'lint fails: destroys = ["column t.b", "table u"]\n' in said
    assert "breaks on: t.b is gone; u is gone; new rows of t must fit i.\n" in said
    assert said.endswith("Nothing was done: this was the plan.\n")
    assert max(map(len, said.splitlines())) <= PLAIN_WIDTH


def test_says_what_is_refused_and_what_all_wait_for(
    site: Site, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.sql(*TABLES)
    add = 'op.execute("ALTER TABLE t ADD s int GENERATED ALWAYS AS (a * 2) STORED")'
    site.revise(add)
    site.upgrade(plan="")
    said = capfd.readouterr().out
    assert re.search(r"refused unless the\s", said)
    assert "Refused: Adding the column s reads or writes all of t " in said
    site.revise(add.replace("ADD s", "ADD s2"), top='blocking = ["t"]')
    site.upgrade(plan="")
    said = capfd.readouterr().out.partition("Revision 003a")[2]
    assert "ACCESS EXCLUSIVE: rewrite, all wait" in " ".join(said.split())
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "1000000")
    site.upgrade(plan="")
    said = " ".join(capfd.readouterr().out.split())
    assert said.count("ACCESS EXCLUSIVE: rewrite of a") == 2


def test_of_a_run_that_died_says_what_is_done(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.sql(*TABLES)
    site.revise('op.create_index("i", "t", ["a"])', 'op.create_index("j", "t", ["absent"])')
    with pytest.raises(Exception, match="absent"):
        site.upgrade()
    capfd.readouterr()
    site.upgrade(plan="")
    said = capfd.readouterr().out
    assert re.search(r"^create index +i +done by an earlier run", said, re.MULTILINE)
    assert re.search(r"^create index +j +built CONCURRENTLY", said, re.MULTILINE)
    site.downgrade("001a", plan="")
    said = capfd.readouterr().out
    assert said.startswith("The upgrade of revision 002a is half done, and would be taken back.\n")
    for settings in ({"plan": ""}, {}):
        with pytest.raises(UserError, match="002a is half done: finish it before the downgrade of"):
            site.downgrade("base", **settings)
    site.downgrade("001a")
    site.downgrade("001a", plan="")
    assert capfd.readouterr().out == "Nothing to do: the database is there already.\n"


def test_of_a_revision_that_asks_the_database(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.revise("op.get_bind().execute(sa.text('DROP TABLE alembic_version'))")
    site.upgrade(plan="")
    assert "Revision 002a (step 002a) asks the database while it runs" in capfd.readouterr().out
    assert site.version == ["001a"]


def test_is_a_command_that_does_nothing(project: Tree) -> None:
    said = run(project, "-x", "plan", "upgrade", "head")
    assert said.startswith("Revision ")
    assert run(project, "current") == ""
    run(project, "upgrade", "head")
    assert run(project, "-x", "plan", "upgrade", "head") == (
        "Nothing to do: the database is there already.\n"
    )
    offline = project.alembic("-x", "plan", "upgrade", "head", "--sql")
    assert offline.code
    assert offline.err == "FAILED: The plan asks the target: leave --sql or -x plan out.\n"


def test_says_who_is_in_its_way(site: Site) -> None:
    site.sql(*TABLES)
    site.revise('op.execute("ALTER TABLE t ADD s int, ADD r int DEFAULT 1")')
    with connect(site.url, source="the tests") as other, other.begin():
        other.exec_driver_sql("LOCK TABLE t")
        with pytest.raises(UserError, match="The plan cannot look at a table, which is locked: "):
            site.upgrade(plan="", lock_timeout="50ms")
    site.upgrade(plan="")
