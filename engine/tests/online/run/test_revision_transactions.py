"""Revisions that end their transaction by themselves: nothing is lost or doubled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online import faults
from tests.online.beside import read_until_it_gave_way
from tests.online.scripted import anew
from tests.online.watching import watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.online.site import Site

TABLES = (
    "CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY, what text)",
    "CREATE TABLE t (a int)",
    "INSERT INTO t SELECT generate_series(1, 300)",
    (
        "CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what)"
        " VALUES ('p'); COMMIT; INSERT INTO audit (what) VALUES ('q'); END $$"
    ),
)


def wrote(what: str) -> str:
    """Return a line that writes by an operation."""
    return f"op.execute(\"INSERT INTO audit (what) VALUES ('{what}')\")"  # noqa: S608


def sent(what: str) -> str:
    """Return a line that writes past the operations."""
    line = f"INSERT INTO audit (what) VALUES ('{what}')"  # noqa: S608
    return f'op.get_bind().exec_driver_sql("{line}")'


@dataclass(frozen=True)
class Way:
    """A way to commit: its lines. begin: what comes after, where that leaves no transaction."""

    lines: tuple[str, ...]
    begin: tuple[str, ...] = ()


COMMITS = {
    "connection": Way(("op.get_bind().commit()",)),
    "context": Way(("op.get_context().connection.commit()",)),
    "transaction": Way(("op.get_bind().get_transaction().commit()",)),
    "operation": Way(('op.execute("COMMIT")',), ('op.execute("BEGIN")',)),
    "operation, a word more": Way(('op.execute("end transaction;")',), ('op.execute("BEGIN")',)),
    "and chain": Way(('op.execute("COMMIT AND CHAIN")',)),
    "text": Way(('op.get_bind().execute(sa.text("COMMIT"))',), ('op.execute("BEGIN")',)),
    "text, begun as text": Way(
        ('op.get_bind().execute(sa.text("COMMIT"))',), ('op.get_bind().execute(sa.text("BEGIN"))',)
    ),
    "cursor": Way(('op.get_bind().connection.cursor().execute("COMMIT")',)),
    "driver": Way(("op.get_bind().connection.commit()",)),
    "session": Way(
        (
            "op.get_bind().commit()",
            "s = sa.orm.Session(op.get_bind())",
            "s.execute(sa.text('SELECT 1'))",
            "s.commit()",
        ),
    ),
    "block": Way(("with op.get_context().autocommit_block(): pass",)),
    "level": Way(
        ("op.get_bind().commit()", 'op.get_bind().execution_options(isolation_level="AUTOCOMMIT")')
    ),
}

TOP = "import sqlalchemy.orm"

# Each way, and each with a transaction begun after it; the settings of a run. Those that every run
# of the tests has are a few.
ALL = [
    (name, begins)
    for name, way in COMMITS.items()
    for begins in (("", "begun") if way.begin else ("",))
]
SETTINGS: dict[str, dict[str, str]] = {"online": {}, "off": {"online": "off"}}
SAMPLE = {("connection", ""), ("operation", "begun"), ("text", ""), ("driver", "")}


def ways(*, sample: bool = True) -> pytest.MarkDecorator:
    """Return the parameters of a test: ways, whether a transaction begins after it, settings."""
    return pytest.mark.parametrize(
        ("name", "begins", "mode"),
        [
            pytest.param(
                name,
                begins,
                mode,
                marks=[]
                if sample and (name, begins) in SAMPLE and mode == "online"
                else pytest.mark.online,
                id=f"{name}-{begins or 'left'}-{mode}",
            )
            for name, begins in ALL
            for mode in SETTINGS
        ],
    )


def lines_of(name: str, *, begins: str) -> tuple[str, ...]:
    """Return the lines that commit."""
    way = COMMITS[name]
    return (*way.lines, *(way.begin if begins else ()))


def rows(site: Site) -> list[str]:
    """Return what was written, in its order."""
    return [row[0] for row in site.rows("SELECT what FROM audit ORDER BY id")]


@ways()
@pytest.mark.parametrize("write", [wrote, sent])
def test_all_of_it_is_done_and_stamped(
    site: Site,
    name: str,
    begins: str,
    mode: str,
    write: Callable[[str], str],
) -> None:
    site.sql(*TABLES)
    site.revise(
        write("a"),
        *lines_of(name, begins=begins),
        write("b"),
        'op.add_column("t", sa.Column("x", sa.Text))',
        top=TOP,
    )
    site.revise(wrote("c"))
    site.upgrade(**SETTINGS[mode])
    assert (rows(site), site.version, site.note()) == (["a", "b", "c"], ["003a"], None)
    assert site.one("SELECT count(x) FROM t") == 0


@ways()
def test_what_fails_after_it_is_finished_by_the_next_run(
    site: Site,
    name: str,
    begins: str,
    mode: str,
) -> None:
    site.sql(*TABLES)
    line = 'op.execute("SELECT 1 / (SELECT count(*) FROM t WHERE a = 1000)")'
    site.revise(
        wrote("a"),
        *lines_of(name, begins=begins),
        wrote("b"),
        'op.create_index("i", "t", ["a"])',
        line,
        wrote("c"),
        top=TOP,
    )
    for _ in range(2):
        with pytest.raises(UserError, match="what it did before stays, and the next run goes on"):
            site.upgrade(**SETTINGS[mode])
    site.sql("INSERT INTO t VALUES (1000)")
    site.upgrade(**SETTINGS[mode])
    assert (rows(site), site.version, site.note()) == (["a", "b", "c"], ["002a"], None)


@ways(sample=False)
def test_a_run_that_dies_is_finished_by_the_next_one(
    site: Site,
    name: str,
    begins: str,
    mode: str,
) -> None:
    site.revise(
        wrote("a"),
        *lines_of(name, begins=begins),
        wrote("b"),
        'op.create_check_constraint("c", "t", "a > 0")',
        wrote("c"),
        top=TOP,
    )
    points, ended = [], (["a", "b", "c"], ["002a"], None)
    for reached in faults.each_point(site, partial(anew, site, *TABLES), **SETTINGS[mode]):
        points.append(reached)
        site.upgrade(**SETTINGS[mode])
        assert (rows(site), site.version, site.note()) == ended, reached
    assert (rows(site), site.version, site.note()) == ended, "without a kill"
    assert len(points) > 4


@ways()
def test_what_nobody_has_noted_is_not_done_twice(
    site: Site,
    name: str,
    begins: str,
    mode: str,
) -> None:
    site.sql(*TABLES)
    site.revise(sent("a"), *lines_of(name, begins=begins), 'op.execute("SELECT 1 / 0")', top=TOP)
    with pytest.raises(UserError, match="sent past the operations and committed by itself stays"):
        site.upgrade(**SETTINGS[mode])
    with pytest.raises(UserError) as error:
        site.upgrade(**SETTINGS[mode])
    assert str(error.value) == (
        "The upgrade of revision 002a is half done, and has committed by itself what it sent past "
        "the operations (INSERT INTO audit (what) VALUES ('…')): run again, it might do that "
        "twice.\nIf its file finds what is done by itself, or you have undone by hand all it did: "
        "alembic stamp 001a, then the same command. If you have done the rest by hand: "
        "alembic stamp 002a"
    )
    with pytest.raises(UserError, match=r"Nothing undoes what it has committed by itself \(INSERT"):
        site.downgrade("001a")
    assert rows(site) == ["a"]


def test_what_is_rolled_back_is_not_done(site: Site) -> None:
    for line in (
        "op.get_bind().rollback()",
        'op.execute("ROLLBACK")',
        'op.get_bind().exec_driver_sql("ROLLBACK")',
        "op.get_bind().connection.rollback()",
        "op.get_bind().connection.set_isolation_level(0)",
    ):
        site.clean()
        site.sql("DROP TABLE IF EXISTS audit", *TABLES)
        site.made[1:] = []
        site.revise(
            wrote("a"),
            line,
            wrote("b"),
            'op.execute("SELECT 1 / (SELECT count(*) FROM t WHERE a = 1000)")',
        )
        with pytest.raises(UserError):
            site.upgrade()
        site.sql("INSERT INTO t VALUES (1000)")
        site.upgrade()
        assert (rows(site), site.version) == (["b"], ["002a"]), line


def test_several_statements_of_one_text(site: Site) -> None:
    site.sql(*TABLES)
    insert = "INSERT INTO audit (what) VALUES"
    text = f"BEGIN; {insert} ('a:b'); COMMIT; {insert} ('c')"
    site.revise(
        f"op.execute({text!r})", 'op.execute("SELECT 1 / (SELECT count(*) FROM t WHERE a = 1000)")'
    )
    with pytest.raises(UserError):
        site.upgrade()
    site.sql("INSERT INTO t VALUES (1000)")
    site.upgrade()
    assert rows(site) == ["a:b", "c"]


def test_the_first_revision_of_all_rolls_back(site: Site) -> None:
    site.sql("DROP TABLE alembic_version")
    site.made.clear()
    site.revise(
        'op.execute("CREATE TABLE u (a int)")',
        "op.get_bind().rollback()",
        'op.execute("CREATE TABLE v (a int)")',
    )
    site.upgrade()
    assert site.version == ["001a"]
    assert site.one("SELECT to_regclass('u') IS NULL AND to_regclass('v') IS NOT NULL")


@pytest.mark.parametrize("mode", SETTINGS)
def test_an_autocommit_block_notes_each_statement_with_itself(site: Site, mode: str) -> None:
    site.sql(*TABLES)
    site.revise(
        "with op.get_context().autocommit_block():",
        "    " + wrote("a"),
        "    op.execute('VACUUM t')",
    )
    with watched() as steps:
        site.upgrade(**SETTINGS[mode])
    said = [step.sql.split()[0] for step in steps]
    at = said.index("INSERT")
    assert said[at - 1 : at + 3] == ["BEGIN", "INSERT", "COMMENT", "COMMIT"]


def test_a_procedure_that_commits_is_not_called_twice(site: Site) -> None:
    site.revise(
        "with op.get_context().autocommit_block():",
        "    op.execute('CALL work()')",
        "    " + wrote("z"),
    )
    seen = set()
    for reached in faults.each_point(site, partial(anew, site, *TABLES)):
        why = ""
        try:
            site.upgrade()
        except UserError as error:
            why = str(error)
        if why:
            assert "CALL work()" in why
            seen.add("said")
        assert len(rows(site)) == len(set(rows(site))), reached
    assert rows(site) == ["p", "q", "z"]
    assert seen == {"said"}


@pytest.mark.parametrize("write", [wrote, sent])
@pytest.mark.parametrize("name", ["connection", "operation", "driver", "text"])
def test_a_note_that_waits_for_its_lock(site: Site, name: str, write: Callable[[str], str]) -> None:
    """The revision commits by itself while somebody has locked the table of the note."""
    site.sql(*TABLES)
    site.revise(write("a"), *lines_of(name, begins="begun"), write("b"), top=TOP)
    lock = "LOCK TABLE alembic_version IN SHARE UPDATE EXCLUSIVE MODE"
    with read_until_it_gave_way(site, "alembic_version", lock):
        site.upgrade(lock_timeout="50ms", lock_aside="0")
    assert (rows(site), site.version, site.note()) == (["a", "b"], ["002a"], None)
