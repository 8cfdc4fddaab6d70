"""What a revision has under one condition with a statement that is done is not lost unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.run.test_half_done import TOP, dies

if TYPE_CHECKING:
    from tests.online.site import Site

UNDER = 'op.add_column("t", sa.Column("c", sa.Uuid, server_default=sa.func.gen_random_uuid()))'
NEXT = ('op.create_index("j", "t", ["b"])', 'op.execute("UPDATE t SET b = 7 WHERE a < 10")')
ALL = (UNDER, *NEXT)
CONDITIONS = {
    "if": ('if "c" not in columns():', *(f"    {one}" for one in ALL)),
    "return": ('if "c" in columns():', "    return", *ALL),
    "else": ('if "c" in columns():', "    pass", "else:", *(f"    {one}" for one in ALL)),
    "inner": (
        "if labels():",
        '    if "c" not in columns():',
        *(f"        {one}" for one in ALL),
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("way", ["edit", "back"])
def test_what_stands_under_the_same_condition_is_not_lost(site: Site, name: str, way: str) -> None:
    """The run reached head without the index and the UPDATE."""
    dies(site, CONDITIONS[name])
    for _ in range(2):
        with pytest.raises(UserError, match=r"passes over .* CREATE INDEX j .*; UPDATE t") as error:
            site.upgrade()
        assert site.version == ["001a"]
    if way == "edit":
        site.again(*ALL, top=TOP)
    else:
        assert "or take back what is done: alembic downgrade 001a" in str(error.value)
        site.downgrade("001a")
    site.upgrade()
    assert site.version == ["002a"]
    assert "j" in str(site.catalog)
    assert site.one("SELECT count(*) FROM t WHERE b = 7 AND a < 10") == 9
    assert site.one("SELECT count(*) FROM t WHERE c IS NULL") == 0


@pytest.mark.parametrize(
    "lines",
    [
        ('if "c" not in columns():', f"    {UNDER}"),
        ('if "c" not in columns():', f"    {UNDER}", '    op.execute("SELECT 1")'),
        ('if "c" not in columns():', f"    {UNDER}", NEXT[0]),
        (
            'if "c" not in columns():',
            f"    {UNDER}",
            "    if not labels():",
            f"        {NEXT[0]}",
        ),
    ],
    ids=["alone", "what only reads", "something else after it", "another condition"],
)
def test_a_condition_of_its_own_loses_nothing(
    site: Site, capsys: pytest.CaptureFixture[str], lines: tuple[str, ...]
) -> None:
    dies(site, lines)
    capsys.readouterr()
    site.upgrade()
    assert site.version == ["002a"]
    assert site.one("SELECT count(*) FROM t WHERE c IS NULL") == 0
    assert "passed over" not in capsys.readouterr().err


def test_what_nobody_knows_under_the_same_condition_is_told(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    dies(
        site,
        ('if "c" not in columns():', f"    {UNDER}", '    op.execute(f"SELECT {len(columns())}")'),
    )
    capsys.readouterr()
    site.upgrade()
    assert "What else stands under the same condition" in capsys.readouterr().err


A = 'sa.table("t", sa.column("a"))'
OTHERS = {
    "bulk_insert": f'op.bulk_insert({A}, [{{"a": 1001}}])',
    "insert": f"op.execute(sa.insert({A}).values(a=1001))",
    "parameters": 'op.execute(sa.text("INSERT INTO t (a) VALUES (:a)").bindparams(a=1001))',
    "create_table": (
        'op.create_table("n", sa.Column("a", sa.Integer, index=True), '
        'sa.Column("m", sa.Enum("o", name="nn")))'
    ),
    "comment": 'op.create_table_comment("t", "it\'s")',
    "index that may be there": 'op.create_index("j", "t", ["b"], if_not_exists=True)',
    "several in one": (
        'op.alter_column("t", "b", type_=sa.BigInteger, nullable=False, server_default="3")'
    ),
    "two statements": 'op.execute("INSERT INTO t (a) VALUES (1001); UPDATE t SET b = 8")',
    "drop": 'op.drop_index("i", "t")',
    "batches": (
        'op.execute("UPDATE t SET b = 7 WHERE b <> 7", execution_options={"batches": True})'
    ),
    "constraint without a name": 'op.execute("ALTER TABLE t ADD CHECK (a > 0)")',
    "own connection": 'op.get_bind().execute(sa.text("INSERT INTO t (a) VALUES (1001)"))',
}
GUARD = 'if "c" not in columns():'


@pytest.mark.parametrize("name", OTHERS)
def test_each_is_told_where_it_would_be_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    dies(site, (GUARD, f"    {UNDER}", f"    {OTHERS[name]}"))
    capsys.readouterr()
    told = ""
    try:
        site.upgrade()
    except UserError as error:
        told = str(error)
    told += capsys.readouterr().err
    assert "passes over what it has under" in told or "What else stands under" in told


@pytest.mark.parametrize("name", sorted({*OTHERS} - {"own connection"}))
def test_each_that_is_done_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    late = 'op.create_index("late", "t", ["a", "b"])'
    lines = (GUARD, f"    {UNDER}", f"    {OTHERS[name]}", late)
    dies(site, lines, "CREATE INDEX CONCURRENTLY late")
    capsys.readouterr()
    site.upgrade()
    assert site.version == ["002a"]
    assert "under the same condition" not in capsys.readouterr().err


def test_a_setting_is_not_lost(site: Site) -> None:
    dies(site, (GUARD, f"    {UNDER}", '    op.execute("SET LOCAL lock_timeout = 900")'))
    site.upgrade()
    assert site.version == ["002a"]
