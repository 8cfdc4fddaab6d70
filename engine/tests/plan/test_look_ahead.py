"""What is certain to be refused stops the run before its first step, and the plan says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.upgrading_role import upgrading_role
from tests.online.watching import watched_messages
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n",
    "CREATE TABLE p (id int) PARTITION BY RANGE (id)",
)

FILLS = 'op.add_column("t", sa.Column("z", sa.Uuid, server_default=sa.func.gen_random_uuid()))'
EXCLUDES = 'op.execute("ALTER TABLE t ADD CONSTRAINT k EXCLUDE USING btree (a WITH =)")'
BATCHES = 'op.execute("UPDATE t SET a = 1", execution_options={"batches": True})'
CHECK = "DO $check$ BEGIN IF EXISTS (SELECT FROM t WHERE {}) THEN RAISE 'x'; END IF; END $check$"
LATER = (
    EXCLUDES,
    BATCHES,
    'op.execute("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (id) STORED")',
    'op.execute("CREATE INDEX ON t (a)")',
)


def expect_refused_first(site: Site, *lines: str, match: str) -> None:
    """Expect that a revision of some lines is refused, and that nothing of it is done."""
    before = site.catalog
    site.revise(*lines)
    with pytest.raises(UserError, match=match):
        site.upgrade()
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("apart", [False, True])
def test_nothing_is_filled_before(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    later: str,
    *,
    apart: bool,
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    before = site.catalog
    if apart:
        site.revise(FILLS)
        site.revise(later)
    else:
        site.revise(FILLS, later)
    site.upgrade(plan="")
    planned = " ".join(capsys.readouterr().out.split())
    with pytest.raises(UserError) as error:
        site.upgrade()
    reason = str(error.value).partition("stops: ")[2].splitlines()[0]
    assert reason in planned
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)


@pytest.mark.parametrize(
    "between",
    [
        "DROP INDEX i",
        "DROP VIEW v",
        "ALTER INDEX i RENAME TO j",
        "ALTER VIEW v RENAME COLUMN a TO b",
        "ALTER TABLE t DROP CONSTRAINT c",
        "ALTER TABLE t DROP COLUMN d",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE t RENAME COLUMN d TO e",
        "ALTER TABLE t ALTER COLUMN d TYPE bigint",
        "CREATE OR REPLACE VIEW v AS SELECT a, id FROM t",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "REVOKE SELECT ON t FROM PUBLIC",
        CHECK.format("a > 500"),
    ],
)
def test_nothing_is_filled_before_where_something_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    """The look ended at the first statement that drops anything: what came before it was done."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(
        "CREATE TABLE t (id int PRIMARY KEY, a int, d int, CONSTRAINT c CHECK (a > 0))",
        "INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n",
        "CREATE INDEX i ON t (a)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    )
    expect_refused_first(
        site, FILLS, f"op.execute({between!r})", EXCLUDES, match="Adding the constraint k reads"
    )


@pytest.mark.parametrize(
    "makes_small",
    [
        "TRUNCATE p",
        "ALTER TABLE p DETACH PARTITION low",
        "DO 'BEGIN TRUNCATE p; END'",
        "DO $check$ BEGIN TRUNCATE p; END $check$",
        "DROP TABLE low",
    ],
)
def test_what_makes_a_table_small_lifts(
    site: Site, monkeypatch: pytest.MonkeyPatch, makes_small: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "1000")
    site.sql(
        "CREATE TABLE p (id int, a int, d int) PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (1000)",
        "INSERT INTO p SELECT n, n FROM generate_series(1, 100) AS n",
    )
    site.revise(
        'op.execute("ALTER TABLE p DROP COLUMN d")',
        f"op.execute({makes_small!r})",
        'op.create_unique_constraint("k", "p", ["id"])',
    )
    site.upgrade()
    assert site.version == ["002a"]


def test_a_type_that_cannot_change_beside_others_is_told_before_its_new_one_is_made(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new enum stayed: the block that looks for its lost values ended the look."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(
        "CREATE TYPE mood AS ENUM ('x', 'y')",
        "CREATE TABLE t (m mood DEFAULT 'x')",
        "CREATE TABLE child () INHERITS (t)",
        "INSERT INTO child VALUES ('x')",
    )
    statements = (
        CHECK.format("m = 'y'"),
        "CREATE TYPE mood_new AS ENUM ('x')",
        "ALTER TABLE t ALTER m DROP DEFAULT",
        "ALTER TABLE t ALTER m TYPE mood_new USING m::text::mood_new",
        "DROP TYPE mood",
        "ALTER TYPE mood_new RENAME TO mood",
    )
    expect_refused_first(
        site,
        *(f'op.execute("""{one}""")'.replace(":", "\\\\:") for one in statements),
        match="it is part of others",
    )


ANY_KIND = (
    "UPDATE t SET a = 2",
    "DELETE FROM t",
    "DO 'BEGIN UPDATE t SET a = 2; END'",
    "ALTER DOMAIN d SET NOT NULL",
    "ALTER TABLE t SET UNLOGGED",
    "ALTER TABLE t ADD COLUMN x int, ADD COLUMN y uuid DEFAULT gen_random_uuid()",
)


@pytest.mark.parametrize("later", ANY_KIND)
def test_what_is_about_something_else_lifts_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(
        "CREATE DOMAIN d AS int",
        "CREATE TABLE t (id int PRIMARY KEY, a int, b d)",
        "CREATE TABLE s (id int)",
        "INSERT INTO t SELECT n, n FROM generate_series(1, 20000) AS n",
        "INSERT INTO s VALUES (1)",
        "ANALYZE",
    )
    first = FILLS.replace('"t"', '"s"')
    expect_refused_first(
        site, first, 'op.create_index("i", "t", ["a"])', f"op.execute({later!r})", match="stops: "
    )


def test_what_a_statement_before_lifts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    site.revise('op.execute("DROP TABLE t")', 'op.execute("CREATE TABLE t (a int)")', EXCLUDES)
    site.upgrade()
    assert site.version == ["002a"]


def test_a_trigger_that_goes_from_a_part(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run fills the whole tree; what has gone before from one table of it hinders nothing."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(
        "CREATE TABLE p (id int, a int) PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (1000)",
        "INSERT INTO p SELECT n, n FROM generate_series(1, 100) AS n",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER g BEFORE UPDATE ON low FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE low ENABLE ALWAYS TRIGGER g",
    )
    line = FILLS.replace('"t"', '"p"')
    site.revise('op.execute("DROP TRIGGER g ON low")', line)
    site.upgrade()
    assert site.version == ["002a"]


HIDDEN_ROWS = pytest.mark.parametrize(
    "line",
    [
        FILLS,
        'op.alter_column("t", "a", type_=sa.BigInteger())',
        BATCHES.replace("SET a = 1", "SET a = 1 WHERE a <> 1")[:-2] + "})",
    ],
    ids=["fill", "type", "batches"],
)


def force_row_security(site: Site) -> None:
    """Let row security hold for the owner of the table, too."""
    site.sql("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "ALTER TABLE t FORCE ROW LEVEL SECURITY")


@HIDDEN_ROWS
def test_row_security_is_asked_first(
    site: Site, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    force_row_security(site)
    with upgrading_role(site, "t"):
        before = site.catalog
        site.revise('op.create_index("i", "t", ["a"])', line)
        with pytest.raises(UserError, match="row security of t may hide rows from") as error:
            site.upgrade()
        assert "BYPASSRLS" in str(error.value)
        assert "ALTER TABLE t NO FORCE ROW LEVEL SECURITY" in str(error.value)
        assert (site.catalog, site.note()) == (before, None)
        site.sql("ALTER TABLE t NO FORCE ROW LEVEL SECURITY")
        site.upgrade()
        assert site.version == ["002a"]


ON = (
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE ONLY public.t FORCE ROW LEVEL SECURITY",
)
ON_IN_ONE = ("ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",)


@pytest.mark.parametrize("switches", [ON, ON_IN_ONE], ids=["two", "one"])
def test_row_security_that_the_revision_switches_on(
    site: Site, monkeypatch: pytest.MonkeyPatch, switches: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    with upgrading_role(site, "t"):
        before = site.catalog
        site.revise(*(f"op.execute({one!r})" for one in switches), FILLS)
        assert differences(site) == []
        assert (site.catalog, site.note(), site.version) == (before, None, ["001a"])


def test_row_security_that_the_revision_lifts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    force_row_security(site)
    with upgrading_role(site, "t"):
        site.revise(
            'op.execute("ALTER TABLE t NO FORCE ROW LEVEL SECURITY")',
            FILLS,
            'op.execute("ALTER TABLE t FORCE ROW LEVEL SECURITY")',
        )
        assert differences(site) == []
        assert site.version == ["002a"]


@pytest.mark.parametrize("switched_on", [True, False])
def test_row_security_of_what_inherits(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    switched_on: bool,
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE, "CREATE TABLE c () INHERITS (t)")
    on = [one.replace(" t ", " c ").replace("public.t", "c") for one in ON]
    if not switched_on:
        site.sql(*on)
    with upgrading_role(site, "t", "c"):
        off = "ALTER TABLE c NO FORCE ROW LEVEL SECURITY"
        before = site.catalog
        site.revise(*(f"op.execute({one!r})" for one in (on if switched_on else [off])), FILLS)
        site.upgrade(plan="")
        assert ("row security of c may hide rows" in capsys.readouterr().out) is switched_on
        assert differences(site) == []
        if switched_on:
            assert (site.catalog, site.note(), site.version) == (before, None, ["001a"])
        else:
            assert site.version == ["002a"]


@HIDDEN_ROWS
def test_row_security_is_asked_before_a_downgrade(
    site: Site, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    with upgrading_role(site, "t"):
        before = site.catalog
        site.revise(
            'op.create_index("i", "t", ["a"])', downgrade=f'op.drop_index("i", "t"); {line}'
        )
        site.upgrade()
        after = site.catalog
        force_row_security(site)
        with pytest.raises(UserError, match="row security of t may hide rows from") as error:
            site.downgrade("001a")
        assert "ALTER TABLE t NO FORCE ROW LEVEL SECURITY" in str(error.value)
        assert (site.catalog, site.note(), site.version) == (after, None, ["002a"])
        site.sql("ALTER TABLE t NO FORCE ROW LEVEL SECURITY")
        site.downgrade("001a")
        assert site.version == ["001a"]
        assert not any("index" in line for line in set(site.catalog) - set(before))


@pytest.mark.parametrize(
    ("definition", "most"),
    [('sa.Integer, server_default="1"', 3), ("sa.Date, server_default=sa.func.now()", 16)],
    ids=["plain", "default"],
)
def test_each_column_more_is_asked_for_in_as_few_messages(
    site: Site, monkeypatch: pytest.MonkeyPatch, definition: str, most: int
) -> None:
    """A message is a way to the server and back."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE)
    counts = []
    for number in (1, 5, 9):
        site.revise(
            f"for n in range({number}):",
            f'    op.add_column("t", sa.Column(f"c{{n}}_{number}", {definition}, nullable=False))',
        )
        with watched_messages() as messages:
            site.upgrade()
        counts.append(len(messages))
    first, second = counts[1] - counts[0], counts[2] - counts[1]
    assert second <= first + 1
    assert second / 4 <= most
