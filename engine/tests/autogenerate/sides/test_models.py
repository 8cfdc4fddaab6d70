"""What the models declare: by the name of a package, or as objects."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.errors import UserError
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import registry
from sqlalchemy import Column, Integer, MetaData, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BASE = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n"

MODEL = """
from sqlalchemy.orm import Mapped, mapped_column
from {package}.db import Base
class Thing(Base):
    __tablename__ = "{name}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""

PLAIN = """
from sqlalchemy import Column, Integer, MetaData, Table
{variable} = MetaData()
{name} = Table("{name}", {variable}, Column("id", Integer))
"""


_NUMBERS = iter(range(1000))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function that writes a package of modules, and returns its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def written(**modules: str) -> str:
        package = f"declared_{next(_NUMBERS)}"
        for name, source in modules.items():
            file = tmp_path.joinpath(package, *name.split("__")).with_suffix(".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            for folder in file.relative_to(tmp_path).parents[:-1]:
                (tmp_path / folder / "__init__.py").touch()
            file.write_text(source.replace("{package}", package))
        (tmp_path / package / "__init__.py").touch()
        return package

    return written


@pytest.fixture(autouse=True)
def unregistered() -> Iterator[None]:
    """Let nothing be registered with alembic-utils, before and after."""
    kept = dict(registry._entities)  # noqa: SLF001  # it forgets nothing by itself
    registry._entities.clear()  # noqa: SLF001
    yield
    registry._entities.clear()  # noqa: SLF001
    registry._entities.update(kept)  # noqa: SLF001


def names(source: object) -> list[str]:
    """Return the names of the tables that are found."""
    return sorted(table.name for table in load_models(source).tables)  # type: ignore[arg-type]


def test_every_module_of_a_package_counts(write: Callable[..., str]) -> None:
    one, two = (MODEL.replace("{name}", name) for name in ("one", "two"))
    package = write(db=BASE, one=one, more__deep__two=two)
    assert names(package) == ["one", "two"]


def test_a_package_of_models_below_another_one(write: Callable[..., str]) -> None:
    package = write(db=BASE, models__one=MODEL.replace("{name}", "one"))
    assert names(f"{package}.models") == ["one"]


def test_alembics_own_folder_is_none_of_them(write: Callable[..., str], tmp_path: Path) -> None:
    package = write(db=BASE, migrations__env="raise SystemExit", migrations__versions__one="1 / 0")
    (tmp_path / package / "migrations" / "script.py.mako").touch()
    assert names(package) == []


def test_a_module(write: Callable[..., str]) -> None:
    package = write(all=PLAIN.format(variable="metadata", name="one"))
    assert names(f"{package}.all") == ["one"]


def test_every_metadata(write: Callable[..., str]) -> None:
    package = write(
        one=PLAIN.format(variable="metadata", name="one"),
        two=PLAIN.format(variable="others", name="two"),
    )
    assert names(package) == ["one", "two"]


def test_an_empty_schema(write: Callable[..., str]) -> None:
    assert names(write(db=BASE)) == []


def test_no_metadata(write: Callable[..., str]) -> None:
    with pytest.raises(UserError, match=r"No module of declared_.* holds a MetaData"):
        load_models(write(one=""))
    with pytest.raises(UserError, match=r"env\.py hands no models over"):
        load_models(None)


def test_what_cannot_be_imported(write: Callable[..., str]) -> None:
    package = write(broken="1 / 0")
    with pytest.raises(UserError, match=rf"{package}\.broken cannot be imported: division by zero"):
        load_models(package)
    with pytest.raises(UserError, match="No module named 'absent_models'"):
        load_models("absent_models")


def test_objects() -> None:
    first, second = MetaData(), MetaData()
    Table("one", first, Column("id", Integer))
    Table("two", second, Column("id", Integer))
    assert names(first) == ["one"]
    assert names([first, second]) == ["one", "two"]
    Table("one", second, Column("id", Integer))
    with pytest.raises(UserError, match="Two MetaData of the models declare the table one"):
        load_models([first, second])


def test_entities(write: Callable[..., str]) -> None:
    view = "from alembic_utils.pg_view import PGView\nview = PGView('public', 'v', 'SELECT 1')\n"
    package = write(db=BASE, views=view)
    other = PGView("public", "other", "SELECT 2")
    registry.register([other])
    assert [one.signature for one in load_models(package).entities] == ["v", "other"]
    assert load_models(MetaData()).entities == (other,)
    assert load_models(package, []).entities == ()
    assert load_models(MetaData(), [other]).entities == (other,)


SECOND = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Other(DeclarativeBase): pass
class Second(Other):
    __tablename__ = "second"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.mark.parametrize("beside", [SECOND, PLAIN.format(variable="other", name="second")])
def test_tables_beside_those_of_base_are_named(
    write: Callable[..., str], beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = write(db=BASE, one=MODEL.replace("{name}", "one"), two=beside)
    base = importlib.import_module(f"{package}.db").Base
    monkeypatch.setattr(importlib.import_module(package), "Base", base, raising=False)
    with pytest.raises(
        UserError, match=f"Modules of {package} declare second in a MetaData of its own, beside"
    ):
        load_models(package)
