"""The release before runs on the schema of the new revisions, up to "(contract)"."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from alembic_pg.proofs import prove_release
from tests.proofs.shop import Shop, make_shop

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer


@pytest.fixture
def shop(tmp_path: Path, databases: ScratchServer) -> Shop:
    made = make_shop(tmp_path / "shop", databases)
    made.release()
    return made


def breaks(shop: Shop, tests: str | None = None) -> list[str]:
    """Return what of the release breaks."""
    between = prove_release.find_between(shop.project.script, "v1")
    return list(prove_release.release_breaks(shop.project, between, tests=tests))


def todays_breaks(shop: Shop) -> list[str]:
    """Return what of today's models breaks before "(contract)"."""
    between = prove_release.find_between(shop.project.script, "v1")
    return list(prove_release.todays_breaks(shop.project, between))


def test_a_column_that_may_be_null_breaks_nothing(shop: Shop) -> None:
    shop.revise('op.add_column("orders", sa.Column("note", sa.Text))')
    assert breaks(shop) == []


def test_a_column_that_goes(shop: Shop) -> None:
    shop.revise('op.drop_column("orders", "title")')
    found = breaks(shop)
    kinds = [one.partition(": ")[2].split(" of ")[0] for one in found]
    assert kinds == ["select", "update", "insert"]
    assert found[0].startswith("The release before (v1) breaks at 0002 (change): select of orders")
    assert "column orders.title does not exist" in found[0]
    assert "SELECT orders.id" in found[0]


def test_a_column_that_goes_by_contract(shop: Shop) -> None:
    shop.revise("pass")
    shop.revise(
        'op.drop_column("orders", "title")', revision="0003", below="0002", doc="x (contract)"
    )
    shop.edit("    title: Mapped[str]\n", "")
    assert breaks(shop) == []
    (found,) = todays_breaks(shop)
    assert found.startswith("Today's models break at 0002 (change): insert of orders")
    assert 'null value in column "title"' in found


def test_today_s_models_run_where_the_expand_half_has_a_default(shop: Shop) -> None:
    shop.revise('op.alter_column("orders", "title", server_default="")')
    shop.revise(
        'op.drop_column("orders", "title")', revision="0003", below="0002", doc="x (contract)"
    )
    shop.edit("    title: Mapped[str]\n", "")
    assert todays_breaks(shop) == []


def test_a_rename_breaks_the_release(shop: Shop) -> None:
    shop.revise('op.alter_column("orders", "title", new_column_name="subject")')
    assert any("title does not exist" in one for one in breaks(shop))


def test_a_column_that_must_be_given(shop: Shop) -> None:
    shop.revise(
        """op.add_column("orders", sa.Column("n", sa.Integer, nullable=False, server_default="1"))
    op.alter_column("orders", "n", server_default=None)"""
    )
    (found,) = breaks(shop)
    assert ": insert of orders fails, on " in found


def test_the_release_s_own_tests(shop: Shop) -> None:
    shop.revise("pass")
    assert breaks(shop, tests=f"{sys.executable} -c 'import shop.models'") == []
    (found,) = breaks(shop, tests=f"{sys.executable} -c 'print(41 + 1); raise SystemExit(1)'")
    assert found.startswith("The tests of the release before (v1) fail at 0002 (change): ")
    assert "\n42\n" in found


def test_a_release_that_nobody_knows(shop: Shop) -> None:
    with pytest.raises(UserError, match="git knows no commit v9"):
        prove_release.find_between(shop.project.script, "v9")


def test_a_release_whose_models_are_below_src(shop: Shop) -> None:
    """There, they are found by an installation, which leads to today's tree."""
    source = shop.folder / "src"
    source.mkdir()
    (shop.folder / "shop").rename(source / "shop")
    ini = shop.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("prepend_sys_path = %(here)s\n", ""))
    shop.git("add", "-A")
    shop.git("commit", "-q", "-m", "src")
    shop.git("tag", "-f", "v1")
    models = source / "shop" / "models.py"
    models.write_text(models.read_text().replace("    title: Mapped[str]\n", ""))
    shop.revise('op.drop_column("orders", "title")')
    assert any("select of orders fails" in one for one in breaks(shop))
