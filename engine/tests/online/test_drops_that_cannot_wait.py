"""What is dropped and cannot stay until the new one is built: refused, or told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.test_postponed_drops import TABLES, UPSERT, by_postgresql, lines
from tests.plan.observed import differences, plan_of

if TYPE_CHECKING:
    from tests.online.site import Site

ASK = 'sa.inspect(op.get_bind()).get_indexes("t")'
X = "CREATE UNIQUE INDEX x ON t (a)"
NOW_TEXT = "ALTER TABLE t ALTER COLUMN a TYPE text USING a::text"
REFUSED = r"x of t \(\d MB\) would be missing while its index is built"
TOLD = "i of t is missing until it is built anew"

ASKS = {
    "before": (ASK, *lines("DROP INDEX x", X)),
    "operations": (
        ASK,
        'op.drop_index("x", "t")',
        'op.create_index("x", "t", ["a", "b"], unique=True)',
    ),
    "a constraint": (ASK, *lines("DROP INDEX x", "ALTER TABLE t ADD CONSTRAINT x UNIQUE (a)")),
    "an index for a constraint": (
        ASK,
        *lines("ALTER TABLE t DROP CONSTRAINT u"),
        *lines("CREATE UNIQUE INDEX u ON t (a)"),
    ),
    "several": (ASK, *lines("DROP INDEX i, x", X)),
    "asked in between": (*lines("DROP INDEX x"), ASK, *lines(X)),
}


@pytest.mark.parametrize("name", ASKS)
def test_a_unique_one_in_a_revision_that_asks_is_refused(site: Site, name: str) -> None:
    site.sql(*(one for one in TABLES if "u UNIQUE" not in one or "constraint" in name), X)
    before = site.catalog
    top = "import sqlalchemy as sa"
    site.revise(*ASKS[name], top=top)
    with pytest.raises(UserError, match=r"\w of t \(\d MB\) would be missing while") as error:
        site.upgrade()
    assert "in a revision that does not ask the database (op.get_bind())" in str(error.value)
    assert site.version == ["001a"]
    assert [one for one in before if " x " in one or " u " in one] == [
        one for one in site.catalog if " x " in one or " u " in one
    ]
    site.again(*ASKS[name], top=f'{top}\nblocking = ["t"]')
    with traffic(site, UPSERT if name != "operations" else "SELECT 1 FROM t WHERE a = 1"):
        site.upgrade()
    assert site.version == ["002a"]


@pytest.mark.parametrize(
    "statements",
    [
        (ASK, *lines("DROP INDEX i", "CREATE INDEX i ON t (a, b)")),
        (ASK, 'op.drop_index("i", "t")', 'op.create_index("i", "t", ["b"])'),
        (ASK, *lines("DROP INDEX i, v", "CREATE INDEX i ON t (a, b)")),
    ],
)
def test_another_one_in_a_revision_that_asks_is_told(
    site: Site, capsys: pytest.CaptureFixture[str], statements: tuple[str, ...]
) -> None:
    site.sql(*TABLES)
    site.revise(*statements, top="import sqlalchemy as sa")
    assert any(TOLD in one for plan in plan_of(site) for one in plan.warnings)
    capsys.readouterr()
    site.upgrade()
    assert TOLD in "".join(capsys.readouterr())


def test_a_table_renamed_in_between_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    statements = ("DROP INDEX i", "ALTER TABLE t RENAME COLUMN c TO d", "CREATE INDEX i ON t (d)")
    site.sql(*TABLES)
    site.revise(*lines(*statements))
    assert any(TOLD in one for plan in plan_of(site) for one in plan.warnings)
    capsys.readouterr()
    site.upgrade()
    assert TOLD in "".join(capsys.readouterr())
    assert site.catalog == by_postgresql(site, *statements)


CANNOT = {
    "over others": ("DROP INDEX x", NOW_TEXT, "CREATE UNIQUE INDEX x ON t (a, b)"),
    "of an expression": ("DROP INDEX x", NOW_TEXT, "CREATE UNIQUE INDEX x ON t ((a || 'x'))"),
    "renamed in between": ("DROP INDEX x", "ALTER TABLE t RENAME COLUMN c TO d", X),
    "a constraint": (
        "DROP INDEX x",
        NOW_TEXT,
        "ALTER TABLE t ADD CONSTRAINT x UNIQUE (a, b)",
    ),
    "a key that may be NULL": (
        "DROP INDEX x",
        "ALTER TABLE t ADD CONSTRAINT x PRIMARY KEY (a)",
    ),
}


@pytest.mark.parametrize("name", CANNOT)
def test_a_unique_one_that_cannot_stay_is_refused(site: Site, name: str) -> None:
    site.sql(*TABLES, X, "ALTER TABLE t DROP CONSTRAINT t_pkey")
    before = site.catalog
    site.revise(*lines(*CANNOT[name]))
    assert differences(site) == []
    assert (site.catalog, site.version) == (before, ["001a"])
    with pytest.raises(UserError, match=REFUSED):
        site.upgrade()


def test_a_constraint_that_cannot_stay_at_a_change_of_type_is_refused(site: Site) -> None:
    site.sql(*TABLES)
    before = site.catalog
    wider = "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)"
    site.revise(*lines("ALTER TABLE t DROP CONSTRAINT u", NOW_TEXT, wider))
    assert differences(site) == []
    assert (site.catalog, site.version) == (before, ["001a"])


def test_the_way_out_for_a_key_over_a_new_column(site: Site) -> None:
    site.sql(*TABLES)
    statements = (
        "ALTER TABLE t ADD COLUMN d int DEFAULT 1",
        "ALTER TABLE t ALTER COLUMN d SET NOT NULL",
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id, d)",
    )
    site.revise(*lines(*statements))
    assert differences(site) == []
    assert site.version == ["002a"]
    assert site.catalog == by_postgresql(site, *statements)
