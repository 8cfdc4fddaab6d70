"""A copy without tables and revisions is an empty schema, and a schema begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database.url import parse

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

# The name of its CHECK is longer than PostgreSQL's 63 bytes.
THINGS = '''"""Things of all kinds."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, DefaultTrue, Id


class Thing(Base):
    """Something."""

    __tablename__ = "things"
    __table_args__ = (
        CheckConstraint("label <> ''", name="label_of_a_thing_says_something_about_that_very_one"),
    )

    id: Mapped[Id]
    label: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str | None] = mapped_column(index=True)
    parent: Mapped[int | None]
    active: Mapped[DefaultTrue]
    created_at: Mapped[CreatedAt]
'''


@pytest.fixture
def bare(tree: Tree) -> Tree:
    """A tree with models/__init__.py, models/base.py and no revision."""
    for folder, kept in (
        (tree.root / "models", {"__init__.py", "base.py"}),
        (tree.versions, set[str]()),
    ):
        for file in folder.glob("*.py"):
            if file.name not in kept:
                file.unlink()
    return tree


def test_an_empty_schema_knows_every_command_and_takes_its_first_table(bare: Tree) -> None:
    database = parse(bare.environment["DATABASE_URL"], source="the test")
    for command in ("upgrade head", "downgrade base"):
        told = done(bare, command)
        assert told.startswith(f"Nothing to do: database {database.database} on ")
        assert told.endswith(" is at base\n")
    for command in ("current", "history", "heads"):
        assert done(bare, command) == ""
    assert done(bare, "check") == "No new upgrade operations detected.\n"
    nothing = "Nothing to do: the revisions build what the models say.\n"
    assert done(bare, "revision --autogenerate -m nothing") == nothing
    assert list(bare.versions.iterdir()) == []
    assert pg_dump.dump_database(database) == {}

    (bare.root / "models" / "things.py").write_text(THINGS)
    done(bare, "revision --autogenerate -m things")
    (file,) = bare.versions.glob("*.py")
    assert file.name.endswith("_things.py")
    done(bare, "upgrade head")
    assert "TABLE public.things" in pg_dump.dump_database(database)
    assert done(bare, "check") == "No new upgrade operations detected.\n"
    done(bare, "downgrade base")
    assert pg_dump.dump_database(database) == {}


def done(tree: Tree, command: str) -> str:
    """Return all that a command prints, which must succeed."""
    result = tree.alembic(*command.split())
    assert result.code == 0, result.err
    return result.out + result.err
