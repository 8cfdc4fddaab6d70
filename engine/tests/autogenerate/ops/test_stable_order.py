"""A revision's text is the same in every run, whatever the order of Python's sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.autogenerate.ops.stable_order import in_stable_order
from sqlalchemy import Column, Integer
from tests.commands.run import run as succeed

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree

# Each of them belongs to the one before; the names run the other way, and back again.
NAMES = ("m", "k", "x", "a", "z", "c")

HEAD = """
from sqlalchemy import Column, ForeignKey, Integer, Table, UniqueConstraint
from models.base import Base
m = Base.metadata
Table("first", m, Column("id", Integer, primary_key=True){})
"""
LINK = (
    'Table("{name}", m, Column("id", Integer, primary_key=True), '
    'Column("above", ForeignKey("{above}.id"), index=True), Column("b", Integer, index=True))\n'
)
CHANGING = """
Table("changing", m, Column("id", Integer, primary_key=True){columns})
"""
BEFORE = HEAD.format("".join(f', Column("c{n}", Integer, unique=True)' for n in range(5)))
BEFORE += "".join(
    LINK.format(name=f"{name}_link", above=above)
    for above, name in zip(("first", *(f"{one}_link" for one in NAMES)), NAMES, strict=False)
)
BEFORE += CHANGING.format(
    columns="".join(f', Column("d{n}", ForeignKey("first.c{n}"))' for n in range(5))
)
AFTER = HEAD.format("".join(f', Column("c{n}", Integer, unique=True)' for n in range(5)))
AFTER += CHANGING.format(
    columns="".join(f', Column("e{n}", ForeignKey("first.c{n}"))' for n in range(5))
)


def test_two_runs_write_the_same(tree: Tree) -> None:
    module = tree.root / "models" / "links.py"
    module.write_text(BEFORE)
    succeed(tree, "revision", "--autogenerate", "-m", "before")
    module.write_text(AFTER)
    first, second = (written(tree, seed) for seed in ("1", "2"))
    assert first == second
    assert 'op.drop_table("c_link")' in first[-1]
    assert "DROP TABLE" not in first[-1]


def written(tree: Tree, seed: str) -> list[str]:
    """Return the texts of the revisions that the models ask for, which are taken away again."""
    known = set(tree.versions.glob("*.py"))
    done = tree.alembic(
        *("revision", "--autogenerate", "-m", "after"), prefix=("env",), PYTHONHASHSEED=seed
    )
    assert done.code == 0, done.err
    made = set(tree.versions.glob("*.py")) - known
    texts = [file.read_text() for file in sorted(made, key=order_of(made).__getitem__)]
    for file in made:
        file.unlink()
    return [re.sub(r"(?m)^.*(revision|Revis|Create Date).*$", "", text) for text in texts]


def order_of(files: set[Path]) -> dict[Path, int]:
    """Return the places of revisions: an online one, the rest, and what goes."""
    return {
        file: 0 if file.stem.endswith("online") else 2 if file.stem.endswith("contract") else 1
        for file in files
    }


def test_circles_have_an_order_too() -> None:
    dump = {
        entry.key: entry
        for entry in (
            Entry("TABLE", "public", "a", "", ""),
            Entry("TABLE", "public", "b", "", ""),
            Entry("FK CONSTRAINT", "public", "a fk", "", "", ("TABLE public.a", "TABLE public.b")),
            Entry("FK CONSTRAINT", "public", "b fk", "", "", ("TABLE public.a", "TABLE public.b")),
        )
    }
    drops = [ops.DropTableOp("a"), ops.DropTableOp("b")]
    assert in_stable_order(drops, dump) == in_stable_order(drops[::-1], dump)


def test_what_stands_elsewhere_stays_there() -> None:
    columns = [ops.DropColumnOp("t", name) for name in ("b", "a")]
    other = ops.AddColumnOp("t", Column("c", Integer))
    assert in_stable_order([*columns, other, columns[0]], {}) == [
        *columns[::-1],
        other,
        columns[0],
    ]
