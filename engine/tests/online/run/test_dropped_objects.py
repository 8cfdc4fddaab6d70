"""What a revision drops and creates again is missing for a moment only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.killed import survives

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "INSERT INTO parent SELECT generate_series(1, 100)",
    (
        "CREATE TABLE t (a int, b int, c int REFERENCES parent, d int REFERENCES parent,"
        " e int, f int, g int CHECK (g > 0))"
    ),
    (
        "INSERT INTO t SELECT n, n, n % 100 + 1, n % 100 + 1, n, n, n"
        " FROM generate_series(1, 1000) AS n"
    ),
    "CREATE INDEX t_e_f_idx ON t (e, f)",
)
VIEW = "CREATE VIEW v AS SELECT a, b, c, d, e, f FROM t"
DROP, CREATE = 'op.execute("DROP VIEW IF EXISTS v")', f"op.execute({VIEW!r})"
MOMENT = 'op.add_column("t", sa.Column("z", sa.Integer))'


def widened(column: str) -> str:
    """Return the line that changes a column's type."""
    return f'op.alter_column("t", "{column}", type_=sa.BigInteger)'


@pytest.mark.parametrize("columns", ["ab", "ba", "abg", "ea"])
def test_several_types_under_a_view(site: Site, columns: str) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(DROP, *map(widened, columns), CREATE)
    with traffic(site, "SELECT count(*) FROM v") as seen:
        site.upgrade()
    assert seen
    types = [f"ALTER TABLE t ALTER {column} TYPE bigint" for column in columns]
    site.equals(*TABLES, *types, VIEW)


@pytest.mark.parametrize("after", [(), ('op.create_index("i", "t", ["b"])', MOMENT)])
def test_what_comes_before_and_after(site: Site, after: tuple[str, ...]) -> None:
    site.sql(*TABLES, VIEW)
    before = 'op.execute("ALTER TABLE t ADD COLUMN y int")'
    site.revise(before, DROP, widened("b"), widened("a"), CREATE, *after)
    with traffic(site, "SELECT count(*) FROM v") as seen:
        site.upgrade()
    assert seen
    assert site.version == ["002a"]
    assert "column t.a bigint f  " in site.catalog


@pytest.mark.online
def test_a_run_that_dies(site: Site) -> None:
    before = 'op.execute("ALTER TABLE t ADD COLUMN y int")'
    site.revise(before, DROP, widened("b"), widened("a"), CREATE)
    survives(site, *TABLES, VIEW, minimum=15)


BETWEEN = [
    (MOMENT, widened("a")),
    (widened("a"), MOMENT, widened("b")),
    (widened("e"), widened("f")),
    (widened("c"), widened("d")),
    (widened("a"), 'op.create_index("i", "t", ["b"])'),
    ('op.alter_column("t", "b", nullable=False)',),
    ('op.execute("UPDATE t SET b = 5 WHERE b <> 5", execution_options={"batches": True})',),
    (MOMENT, 'op.execute("ANALYZE t")'),
]


@pytest.mark.parametrize("lines", BETWEEN)
def test_what_takes_long_in_between_is_refused(site: Site, lines: tuple[str, ...]) -> None:
    site.sql(*TABLES, VIEW)
    before = site.catalog
    site.revise(DROP, *lines, CREATE)
    why = (
        r"stops: v, which is dropped and created again, would be missing while a step on t \(.* MB"
    )
    with traffic(site, "SELECT count(*) FROM v") as seen, pytest.raises(UserError, match=why):
        site.upgrade()
    assert seen
    assert site.catalog == before
    assert site.note() is None


@pytest.mark.parametrize("lines", BETWEEN)
def test_small_tables_are_no_matter(
    site: Site, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.sql(*TABLES, VIEW)
    site.revise(DROP, *lines, CREATE)
    site.upgrade()
    assert site.version == ["002a"]


@pytest.mark.parametrize(
    ("before", "drop", "create"),
    [
        (
            "SELECT 1",
            "DROP TRIGGER g ON t",
            (
                "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW"
                " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
            ),
        ),
        (
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "DROP POLICY p ON t",
            "CREATE POLICY p ON t USING (true)",
        ),
        ("SELECT 1", "DROP MATERIALIZED VIEW m", "CREATE MATERIALIZED VIEW m AS SELECT 1"),
        (
            "SELECT 1",
            "DROP FUNCTION f(int)",
            "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ),
    ],
)
def test_what_else_may_be_missing(site: Site, before: str, drop: str, create: str) -> None:
    site.sql(*TABLES, before, create)
    lines = [f"op.execute({sql!r})" for sql in (drop, "CREATE INDEX i ON t (b)", create)]
    site.revise(*lines)
    with pytest.raises(UserError, match="which is dropped and created again, would be missing"):
        site.upgrade()
    site.again(lines[0], lines[2], lines[1])
    site.upgrade()
    assert site.version == ["002a"]


def test_what_goes_for_good_is_not_missed(site: Site) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(DROP, 'op.create_index("i", "t", ["b"])', MOMENT)
    site.upgrade()
    assert site.version == ["002a"]


def test_an_index_goes_in_the_same_moment(site: Site) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(DROP, 'op.drop_index("t_e_f_idx", "t")', CREATE)
    with traffic(site, "SELECT count(*) FROM v") as seen:
        site.upgrade()
    assert seen


def test_a_revision_that_asks_is_taken_at_its_word(site: Site) -> None:
    site.sql(*TABLES, VIEW)
    ask = 'op.get_bind().exec_driver_sql("SELECT 1").scalar()'
    site.revise(ask, DROP, 'op.create_index("i", "t", ["b"])', CREATE)
    site.upgrade()
    assert site.version == ["002a"]


def test_the_plan_says_so(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(DROP, widened("a"), 'op.create_index("i", "t", ["b"])', CREATE)
    site.upgrade(plan="")
    assert "Refused: v, which is dropped and created again, would be" in capfd.readouterr().out
    site.again(DROP, widened("a"), CREATE, 'op.create_index("i", "t", ["b"])')
    site.upgrade(plan="")
    assert "Refused" not in capfd.readouterr().out
