"""What env.py may say to environment.run()."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg import comparator_names, environment
from alembic_pg.errors import UserError
from alembic_pg.testing import state
from alembic_pg.testing.tree import scratch_variables
from sqlalchemy import MetaData
from tests.adoption.stock import HEAD, url_for, write_stock

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL
    from tests.adoption.stock import Stock

TWO = """from alembic_pg import environment
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table
from shop.db import Base
import shop.models.customers, shop.models.orders

other = MetaData()
customer = ForeignKey(Base.metadata.tables["customers"].c.id, name="notes_customer_fkey")
Table("notes", other, Column("id", Integer, primary_key=True), Column("customer", customer))
environment.run(metadata=[Base.metadata, other])
"""

NAMED = 'from alembic_pg import environment\nenvironment.run("shop", {more})\n'


@pytest.fixture
def project(databases: ScratchServer, empty: URL, tmp_path: Path) -> Stock:
    """A stock project, before its env.py is written anew."""
    variables = scratch_variables(databases) | {"DATABASE_URL": ""}
    return write_stock(tmp_path / "project", "generic", url_for(empty), environment=variables)


def test_several_metadata(project: Stock, empty: URL) -> None:
    project.env.write_text(TWO)
    project.expect("upgrade", "head")
    project.expect("revision", "--autogenerate", "-m", "notes", "--rev-id", "aaaaaaaaaaaa")
    text = next((project.scripts / "versions").glob("aaaaaaaaaaaa*")).read_text()
    assert "op.create_table('notes'" in text.replace('"', "'").replace("(\n        ", "(")
    assert "notes_customer_fkey" in text
    project.expect("upgrade", "head")
    project.expect("check")
    assert not (project.root / ".postgres" / "clean.json").exists(), "objects are compared anew"
    assert state.versions(empty) == ["aaaaaaaaaaaa"]


def test_a_revision_by_hand_that_asks_env_py(project: Stock) -> None:
    project.env.write_text(NAMED.format(more='user_module_prefix="own."'))
    project.edit("alembic.ini", "[alembic]\n", "[alembic]\nrevision_environment = true\n")
    project.edit("alembic.ini", "sqlalchemy.url = ", "unused = ")
    said = project.expect(
        "revision", "-m", "by hand", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"
    )
    assert "Nothing to do" not in said
    assert len(list((project.scripts / "versions").glob("*_by_hand.py"))) == 1


def test_a_clean_check_is_of_its_own_arguments(project: Stock) -> None:
    asks = """include_name=lambda name, kind, _: (
        kind != "column" or name != "status" or "all" in context.get_x_argument()
    ), options=["all"]"""
    project.env.write_text("from alembic import context\n" + NAMED.format(more=asks))
    project.expect("check")
    assert (project.root / ".postgres" / "clean.json").exists()
    project.expect("check")
    assert project.alembic("-x", "all", "check").code == 255


def test_a_run_needs_no_models(project: Stock, empty: URL) -> None:
    project.env.write_text("from alembic_pg import environment\nenvironment.run()\n")
    project.expect("upgrade", "head")
    assert state.versions(empty) == [HEAD]
    done = project.alembic("check")
    assert done.code == 1
    assert done.err.startswith("FAILED: env.py hands no models over")


def test_what_it_refuses() -> None:
    with pytest.raises(UserError, match="hands the models over twice"):
        environment.run("models", target_metadata=MetaData())
    with pytest.raises(UserError, match=r"call environment\.configure\(connection=…\)"):
        environment.run("models", connection=None)


def test_the_plugins_are_those_of_a_run() -> None:
    assert environment.AUTOGENERATE_PLUGINS[-1] == comparator_names.NAME
