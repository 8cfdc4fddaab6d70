"""What a script asks of a scratch database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import scratch
from alembic_pg.online.run import large_tables
from tests.online.scripted import begun, psql, run_with_psql, written

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = ("CREATE TABLE t (a int, b text)", "INSERT INTO t SELECT n, n FROM generate_series(1, 9) n")

WIDER = 'op.execute("ALTER TABLE t ALTER a TYPE bigint")'

NOT_NULL = 'op.execute("ALTER TABLE t ALTER a SET NOT NULL")'


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be no scratch server."""
    monkeypatch.setattr(scratch, "has_scratch_server", lambda: False)
    monkeypatch.delenv(scratch.SCRATCH_VARIABLE)


@pytest.mark.usefixtures("nobody")
def test_without_a_server_it_stands_as_it_is(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(site, *TABLE)
    site.revise(WIDER, 'op.execute("ALTER TABLE t ADD COLUMN c float DEFAULT random()")')
    site.revise('op.execute("ALTER TABLE t ALTER b TYPE varchar(9)")')
    sql = written(site)
    said = capsys.readouterr().err
    assert said == (
        "Revision 002a (step 002a): what may write a table anew stands in the script as it is: "
        "there is no server for scratch databases: set SHADOW_DATABASE_URL, or install "
        "alembic-pg[embedded].\n"
    )
    assert sql.count("-- PostgreSQL may write all of t anew for this") == 3
    assert "_ddl_new" not in sql
    assert "WHILE" not in sql.partition("Running upgrade")[2]
    run_with_psql(site, sql)
    assert site.version == ["003a"]


@pytest.mark.usefixtures("nobody")
def test_without_a_server_what_goes_goes_first(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(site, *TABLE, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)")
    site.revise(
        'op.drop_constraint("k", "t")', 'op.create_check_constraint("k", "t", "a > -1")', WIDER
    )
    sql = written(site)
    assert capsys.readouterr().err == (
        "Revision 002a (step 002a): what takes the place of another stands in the script as it is: "
        "there is no server for scratch databases: set SHADOW_DATABASE_URL, or install "
        "alembic-pg[embedded].\n"
    )
    assert sql.index("DROP CONSTRAINT k") < sql.index("ADD CONSTRAINT k")
    run_with_psql(site, sql)
    assert site.version == ["002a"]


@pytest.mark.parametrize(
    "lines",
    [
        ('op.execute("CREATE TEMP TABLE m (a int)")', "DROP", "ADD"),
        ('op.execute("DROP VIEW v")', "DROP", "ADD", 'op.execute("CREATE VIEW v AS SELECT 1")'),
        ("with op.get_context().autocommit_block():", "    DROP", "    ADD"),
        ("DROP", "ADD", 'op.create_index("i", "t", ["a"])', "DROP", "OTHER"),
        ("DROP", 'op.execute("SELECT 1")', "ADD"),
        ("DROP", "with op.get_context().autocommit_block():", "    ADD"),
    ],
    ids=["session", "view", "autocommit", "twice", "between", "before a block"],
)
def test_one_takes_the_place_of_another(site: Site, lines: tuple[str, ...]) -> None:
    begun(site, *TABLE, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)", "CREATE VIEW v AS SELECT 1")
    words = {
        "DROP": 'op.drop_constraint("k", "t")',
        "ADD": 'op.create_check_constraint("k", "t", "a > -1")',
        "OTHER": 'op.create_check_constraint("k", "t", "a > -2")',
    }
    for short, line in words.items():
        lines = tuple(one.replace(short, line) if one.strip() == short else one for one in lines)
    site.revise(*lines)
    run_with_psql(site, written(site))
    wanted = "-2" if words["OTHER"] in lines else "-1"
    definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'"
    assert site.one(definition) == f"CHECK ((a > '{wanted}'::integer))"
    assert (site.version, site.note()) == (["002a"], None)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        ([WIDER], {"online": "off"}),
        (['op.execute("CREATE TABLE t2 (a int)")', WIDER.replace("t ", "t2 ", 1)], {}),
        (['op.execute("CREATE TEMP TABLE m (a int)")', WIDER], {}),
        (['op.create_index("i", "t", ["a"])', 'op.alter_column("t", "a", nullable=False)'], {}),
    ],
)
def test_what_asks_nobody(
    site: Site, lines: list[str], settings: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    begun(site, *TABLE)
    site.revise(*lines)
    sql = written(site, **settings)
    assert capsys.readouterr().err == ""
    run_with_psql(site, sql)
    assert site.version == ["002a"]


def test_statements_before_are_known(site: Site) -> None:
    begun(site, *TABLE)
    site.revise('op.execute("ALTER TABLE t RENAME COLUMN b TO word")')
    site.revise(
        'op.execute("ALTER TABLE t RENAME TO u")',
        'op.execute("CREATE INDEX u_a_idx ON u (a)")',
        'op.execute("ALTER TABLE u ALTER a TYPE bigint")',
        """op.execute("ALTER TABLE u ADD COLUMN d text DEFAULT md5(random()::text) NOT NULL")""",
        'op.execute("ALTER TABLE u ALTER d TYPE varchar(40)")',
    )
    site.revise('op.execute("ALTER TABLE u ALTER word TYPE int USING word::int")')
    sql = written(site)
    assert sql.count("LOCK TABLE public.u IN ACCESS EXCLUSIVE MODE") == 3
    run_with_psql(site, sql)
    assert site.one("SELECT sum(word) = sum(a) AND count(DISTINCT d) = 9 FROM u")
    assert "index CREATE INDEX u_a_idx ON public.u USING btree (a) t" in site.catalog


def test_a_moment_is_no_step(site: Site) -> None:
    begun(site, *TABLE)
    site.revise(
        'op.execute("ALTER TABLE t ALTER b TYPE varchar")',
        'op.execute("ALTER TABLE t ADD COLUMN c timestamptz DEFAULT now()")',
    )
    sql = written(site)
    assert "_ddl_new" not in sql
    assert "-- PostgreSQL may" not in sql
    assert sql.count("BEGIN;") == 1


def test_what_a_run_would_refuse(site: Site) -> None:
    begun(site, *TABLE)
    site.revise('op.execute("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (a * 2) STORED")')
    sql = written(site)
    assert "-- PostgreSQL may write all of t anew for this" in sql
    assert "In no steps: Adding the column g reads or writes all" in sql.replace("\n-- ", " ")
    run_with_psql(site, sql)
    assert site.version == ["002a"]


def test_a_revision_that_lets_it(site: Site) -> None:
    begun(site, *TABLE)
    site.revise(WIDER, top=f'{large_tables.BLOCKING_VARIABLE} = ["t"]')
    assert "_ddl_new" not in written(site)


def test_a_revision_that_fails_there(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    begun(site, *TABLE)
    site.revise('op.execute("DROP TABLE only_in_production")', WIDER)
    sql = written(site)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert 'as it is: table "only_in_production" does not exist.' in said
    site.sql("CREATE TABLE only_in_production ()")
    run_with_psql(site, sql)
    assert site.version == ["002a"]


def test_a_value_that_somebody_else_has_written(site: Site) -> None:
    function = "CREATE FUNCTION twice(n int) RETURNS text LANGUAGE sql {} AS 'SELECT n || n::text'"
    begun(site, *TABLE, "ALTER TABLE t ADD c text", function.format("IMMUTABLE"))
    site.revise('op.execute("UPDATE t SET c = twice(a) WHERE c IS NULL")')
    sql = written(site)
    assert "UPDATE ONLY @leaf@ AS t SET c = twice(a)" in sql
    run_with_psql(site, sql)
    assert site.one("SELECT count(*) FROM t WHERE c = a || a::text") == 9


@pytest.mark.parametrize("value", ["now()::text", "upper(current_user)", "random()::text || now()"])
def test_a_value_of_the_time_is_none_of_now(site: Site, value: str) -> None:
    begun(site, *TABLE, "ALTER TABLE t ADD c text")
    site.revise(f'op.execute("UPDATE t SET c = {value} WHERE c IS NULL")')  # noqa: S608  # a case
    sql = written(site)
    assert "waits until its end.\nDO $ddl$\n" in sql
    assert f" SET c = {value} WHERE c IS NULL;\n      EXIT;\n" in sql


@pytest.mark.parametrize("small", ["0", "8MB"])
def test_semicolons_and_comments_at_the_end(
    site: Site, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", small)
    begun(site, *TABLE)
    site.revise(
        'op.execute("ALTER TABLE t ALTER a TYPE bigint; -- wider;")',
        'op.execute("ALTER TABLE t ADD COLUMN c float DEFAULT random() -- \\n;")',
        'op.execute("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (1) STORED; -- 1")',
    )
    run_with_psql(site, written(site))
    assert site.version == ["002a"]


@pytest.mark.parametrize("step", ['op.create_index("i", "t", ["b"])', NOT_NULL])
def test_what_goes_with_another_would_be_missing(site: Site, step: str) -> None:
    """A view of the view that it drops is given back after what then stands as it is."""
    view = "CREATE VIEW w AS SELECT a FROM v"
    begun(site, *TABLE, "CREATE VIEW v AS SELECT a FROM t", view)
    back = 'op.execute("CREATE VIEW w AS SELECT a FROM t")'
    site.revise(
        WIDER.replace("a TYPE bigint", "b TYPE varchar(9)"),
        'op.execute("DROP VIEW v CASCADE")',
        step,
        back,
    )
    sql = written(site)
    assert "-- As it stands: w goes and comes back, and would be missing meanwhile." in sql
    assert psql(site, sql).returncode == 0
    assert site.version == ["002a"]
