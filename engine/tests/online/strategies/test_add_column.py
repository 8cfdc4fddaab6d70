"""ADD COLUMN with a value for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives
from tests.online.watching import before_each, blocking_scans, filenode, watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int, touched int DEFAULT 0)",
    "INSERT INTO t SELECT n FROM generate_series(1, 500) AS n",
    (
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END'"
    ),
    "CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()",
)

RANDOM = (
    'op.add_column("t", sa.Column("u", sa.Uuid, server_default=sa.text("gen_random_uuid()"),'
    " nullable=False))"
)
SERIAL = 'op.execute("ALTER TABLE t ADD COLUMN s bigserial")'
IDENTITY = (
    'op.add_column("t", sa.Column("id", sa.BigInteger,'
    " sa.Identity(always=True, start=10, increment=5), nullable=False))"
)

WRITE = "INSERT INTO t (a) VALUES (7)"


@pytest.mark.parametrize(
    ("line", "column", "plain"),
    [
        (RANDOM, "u", "u uuid NOT NULL DEFAULT gen_random_uuid()"),
        (SERIAL, "s", "s bigserial"),
        (IDENTITY, "id", "id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5)"),
    ],
)
def test_filled_beside_writers(site: Site, line: str, column: str, plain: str) -> None:
    site.sql(*TABLE)
    site.revise(line)
    file = filenode(site, "t")
    with watched() as steps, traffic(site, WRITE) as written:
        site.upgrade()
    assert written
    assert filenode(site, "t") == file
    assert not blocking_scans(steps, "t")
    site.sql(WRITE)
    assert site.rows(f"SELECT count(*) - count(DISTINCT {column}) FROM t") == [(0,)]  # noqa: S608  # of this test
    assert site.rows("SELECT max(touched) FROM t") == [(0,)], "no trigger of the users' saw it"
    site.equals(*TABLE, f"ALTER TABLE t ADD COLUMN {plain}")


def test_one_that_costs_nothing_stays_as_it_is(site: Site) -> None:
    site.sql(*TABLE)
    site.revise('op.add_column("t", sa.Column("c", sa.Integer, server_default="5"))')
    with watched() as steps:
        site.upgrade()
    assert not any("UPDATE t" in step.sql for step in steps)


def test_a_small_table_is_written_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "1000000")
    site.sql(*TABLE)
    site.revise(RANDOM)
    with watched() as steps:
        site.upgrade()
    assert not any("UPDATE t" in step.sql or "COMMENT ON" in step.sql for step in steps)


def test_one_that_is_there(site: Site) -> None:
    site.sql(*TABLE, "ALTER TABLE t ADD COLUMN u uuid")
    site.revise(RANDOM)
    with pytest.raises(UserError, match='column "u" of relation "t" already exists'):
        site.upgrade()


def test_one_that_postgresql_computes(site: Site) -> None:
    line = 'op.add_column("t", sa.Column("g", sa.Integer, sa.Computed("a * 2", persisted=True)))'
    site.sql(*TABLE)
    before = site.catalog
    site.revise(line)
    with pytest.raises(UserError) as error:
        site.upgrade()
    lines = str(error.value).splitlines()
    assert lines[0].startswith(
        "Revision 002a (step 002a) stops: Adding the column g reads or writes all of t (0 MB), "
    )
    assert lines[1] == 'Or let it: blocking = ["t"] in the revision.'
    assert site.catalog == before
    site.again(line, top='blocking = ["t"]')
    site.upgrade()
    assert site.one("SELECT sum(g - 2 * a) FROM t") == 0


@pytest.mark.online
@pytest.mark.parametrize("line", [RANDOM, SERIAL, IDENTITY])
def test_a_run_that_dies(site: Site, line: str) -> None:
    site.revise(line)
    survives(site, *TABLE)


@pytest.mark.parametrize(
    "definition",
    [
        "u uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT t_u_key UNIQUE",
        "r int DEFAULT (random() * 10)::int CHECK (r >= 0)",
        "r int DEFAULT 5 CHECK (r >= 0)",
        "id bigserial PRIMARY KEY",
        "o int DEFAULT 1 REFERENCES other",
        "x text STORAGE EXTERNAL DEFAULT random()::text",
        "n int DEFAULT (random() * 10)::int CONSTRAINT named NOT NULL",
        "i int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME own)",
        "taken serial",
    ],
)
def test_a_definition_that_says_more(site: Site, definition: str) -> None:
    """It is refused, or executed as it stands, never without a part."""
    if "STORAGE" in definition:
        site.needs(16)
    tables = (
        *TABLE,
        "CREATE TABLE other (id int PRIMARY KEY)",
        "INSERT INTO other VALUES (1)",
        "CREATE SEQUENCE t_taken_seq",
    )
    site.sql(*tables)
    before = site.catalog
    line = f'op.execute("ALTER TABLE t ADD COLUMN {definition}")'
    site.revise(line)
    with pytest.raises(UserError, match=r"reads or writes all of t .*, and nobody can use it"):
        site.upgrade()
    assert site.catalog == before
    site.again(line, top='blocking = ["t"]')
    site.upgrade()
    site.equals(*tables, f"ALTER TABLE t ADD COLUMN {definition}")


def test_a_default_that_is_null_at_times(site: Site) -> None:
    site.sql(
        *TABLE,
        "CREATE FUNCTION maybe() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT NULL::int'",
    )
    site.revise('op.execute("ALTER TABLE t ADD COLUMN m int DEFAULT maybe()")')
    site.upgrade()
    assert site.rows("SELECT count(*), count(m) FROM t") == [(500, 0)]


def test_what_inherits_cannot_have_an_identity_of_it(site: Site) -> None:
    site.sql(
        "CREATE TABLE t (id int)", "CREATE TABLE heir () INHERITS (t)", "INSERT INTO t VALUES (1)"
    )
    site.revise('op.execute("ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS IDENTITY")')
    before = site.catalog
    with pytest.raises(UserError, match="cannot recursively add identity column"):
        site.upgrade()
    assert site.catalog == before


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            'op.execute("ALTER TABLE t ADD COLUMN s smallserial")',
            'of s: nextval: reached maximum value of sequence "t_s_seq"',
        ),
        (
            'op.execute("ALTER TABLE t ADD COLUMN s int DEFAULT 1 / (random() * 9)::int")',
            "of s: division by zero",
        ),
    ],
)
def test_a_default_that_fails_takes_its_column_with_it(site: Site, line: str, why: str) -> None:
    """It stayed: everybody who wrote a new row met the same failure."""
    site.sql(*TABLE, "INSERT INTO t SELECT n FROM generate_series(1, 33000) AS n")
    before = site.catalog
    site.revise(line)
    with pytest.raises(UserError, match=why):
        site.upgrade()
    assert site.catalog == before
    site.sql(WRITE)


@pytest.mark.parametrize(("line", "column"), [(SERIAL, "s"), (IDENTITY, "id")])
def test_numbers_of_a_table_that_another_role_owns(site: Site, line: str, column: str) -> None:
    """It failed: "sequence must have same owner as table it is linked to"; for superusers, too."""
    owner = f"owns_{site.url.database}"
    site.sql(*TABLE, f"CREATE ROLE {owner}", f"GRANT ALL ON SCHEMA public TO {owner}")
    site.sql(f"ALTER TABLE t OWNER TO {owner}")
    site.revise(line)
    try:
        site.upgrade()
        sequence = site.one(f"SELECT pg_get_serial_sequence('t', '{column}')::regclass::oid")
        found = site.one(f"SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = {sequence}")  # noqa: S608
        assert (found, site.one(f"SELECT count(DISTINCT {column}) FROM t")) == (owner, 500)  # noqa: S608
    finally:
        site.sql(f"DROP OWNED BY {owner}", f"DROP ROLE {owner}")


def test_a_newer_release_writes_no_value(site: Site) -> None:
    """It knows the column before the run is done, and PostgreSQL refuses it from NOT NULL on."""
    site.sql(*TABLE)
    site.revise(RANDOM)
    written: list[str] = []

    def write(statement: str) -> None:
        if statement.startswith("ALTER TABLE") and "NOT VALID" in statement and not written:
            written.append(statement)
            site.sql("INSERT INTO t (a, u) VALUES (0, NULL)")

    with before_each(write):
        site.upgrade()
    assert written
    assert site.rows("SELECT count(*), count(DISTINCT u) FROM t") == [(501, 501)]


@pytest.fixture
def left(site: Site) -> Site:
    """A database at which a column stays, some of whose values are NULL."""
    site.sql(*TABLE)
    site.revise(
        'op.execute("ALTER TABLE t ADD COLUMN v int DEFAULT nullif(random()::int * 0, 0) NOT NULL")'
    )
    with pytest.raises(UserError) as error:
        site.upgrade()
    lines = str(error.value).splitlines()
    assert "500 rows of t have no v, which becomes NOT NULL" in lines[0]
    assert lines[1].startswith("What it did before stays: the next run goes on from there, or ")
    return site


def test_rows_without_a_value_are_mended(left: Site) -> None:
    left.sql("UPDATE t SET v = 1")
    left.upgrade()
    assert left.version == ["002a"]
    assert left.note() is None
    assert "column t.v integer t  NULLIF" in " ".join(left.catalog)


def test_rows_without_a_value_are_taken_back(left: Site) -> None:
    left.downgrade("001a")
    assert left.note() is None
    left.equals(*TABLE)
