"""What comparing costs beside stock Alembic with alembic-utils, in one go.

    python -m benchmarks.check [tables entities]...

Each pair of numbers is a synthetic schema. Stock Alembic compares the same models with a database
at head, all of whose entities are registered. Both sides run in turns, on one server, with their
bytecode written. Printed are medians: seconds of processors, of the command's processes and of the
server's (other work on the machine does not count), seconds by the clock, memory, and the ratios
of the processors' time and of memory; and counts: of statements that reached the server, and of
bystanders, which a revision drops and makes again as they were, to change a column of a table on
which entities are: all of them, and those for which PostgreSQL gives no reason. A second table has
what the parts of each first revision took: how often, and seconds of processors.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic_pg.console import table
from alembic_pg.revisions.statements import function_statements
from benchmarks.tree import Cost, folder, tree
from tests.matrix.bystanders import find_bystanders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.tree import Tree
    from tests.matrix.bystanders import Bystander

RUNS = 5
COUNTED = 200  # objects; the server's log of more is cut

REVISION = ("revision", "--autogenerate", "-m")

HEAD = (
    *("schema", "command", "stock: client + server s", "here: client + server s", "ratio"),
    *("stock clock s", "here clock s", "stock MB", "here MB", "ratio"),
)

PARTS_HEAD = ("schema", "part of the first revision", "times", "seconds")

# One column more in one table, each time another one.
COLUMN = """
from sqlalchemy import Column, Text
from models import tables_0

tables_0.m.tables["table_0"].append_column(Column("extra_{n}", Text))
"""


# Another type of a column of a table that views, triggers and policies name.
OTHER_TYPE = """
from sqlalchemy import BigInteger
from models import tables_0

tables_0.m.tables["table_0"].c.amount.type = BigInteger()
"""


@dataclass(frozen=True)
class Row:
    """One thing that was measured or counted here, and by stock Alembic where it was."""

    name: str
    here: Cost | float
    stock: Cost | float | None = None

    def cells(self, schema: str) -> tuple[str, ...]:
        """Return what is printed."""
        if not isinstance(self.here, Cost):
            counts = [f"{one:.1f}".removesuffix(".0") for one in (self.stock or 0, self.here)]
            return (schema, self.name, *counts, _ratio(self.here, self.stock)) + ("",) * 5
        here, stock = self.here, self.stock if isinstance(self.stock, Cost) else None
        return (
            schema,
            self.name,
            _parts(stock),
            _parts(here),
            _ratio(here.cpu, stock and stock.cpu),
            f"{stock.wall:.1f}" if stock else "",
            f"{here.wall:.1f}",
            f"{stock.memory:.0f}" if stock else "",
            f"{here.memory:.0f}",
            _ratio(here.memory, stock and stock.memory),
        )


def _parts(cost: Cost | None) -> str:
    return f"{cost.client:.2f} + {cost.server:.2f}" if cost else ""


def _ratio(here: float, stock: object) -> str:
    return f"{here / stock:.2f}" if isinstance(stock, (int, float)) and stock else ""


def main(arguments: list[str]) -> None:
    """Measure the schemas that are named, or three by default."""
    numbers = [int(argument) for argument in arguments] or [1, 100, 100, 100, 1000, 0]
    rows = []
    parts: list[tuple[str, ...]] = []
    for tables, entities in zip(numbers[::2], numbers[1::2], strict=True):
        schema = f"{tables} tables, {entities} entities"
        with folder() as root, tree(root, tables, entities) as made:
            parts += [(schema, *cells) for cells in _parts_of_revision(made)]
            rows += [row.cells(schema) for row in measure(made, tables + entities)]
    sys.stdout.write(table.render(HEAD, rows) + "\n")
    sys.stdout.write(table.render(PARTS_HEAD, parts) + "\n")


def measure(made: Tree, objects: int) -> Iterator[Row]:
    """Yield what one schema shows."""
    yield from _revisions(made)
    _warm(made)
    stock: list[Cost] = []
    changed: list[Cost] = []
    again: list[Cost] = []
    drift: list[Cost] = []
    for number in range(RUNS):  # in turns, since the machine's speed drifts
        stock.append(made.cost("-c", "stock.ini", "check", fails=True))
        made.forget()
        changed.append(made.cost("check"))
        again.append(made.cost("check"))
        drift.append(_drift(made, number))
    usual = _median(stock)
    yield Row("check, models changed, no drift", _median(changed), usual)
    yield Row("check, one column more", _median(drift), usual)
    yield Row("check, nothing changed", _median(again), usual)
    if objects <= COUNTED:
        yield from _statements(made, objects)


def _warm(made: Tree) -> None:
    """Let each side run once before it is measured."""
    made.stock("check", fails=True)
    made.forget()
    made.here("check")


def _median(costs: list[Cost]) -> Cost:
    values = ([getattr(cost, field.name) for cost in costs] for field in fields(Cost))
    return Cost(*map(statistics.median, values))


def _drift(made: Tree, number: int) -> Cost:
    file = made.root / "models" / "zz.py"
    file.write_text(COLUMN.format(n=number))
    cost = made.cost("check", fails=True)
    file.unlink()
    return cost


def _statements(made: Tree, objects: int) -> Iterator[Row]:
    made.forget()
    here = made.statements(lambda: made.here("check"))
    theirs = made.statements(lambda: made.stock("check", fails=True))
    yield Row("statements of check", here, theirs)
    yield Row("statements an object", here / objects, theirs / objects)


def _revisions(made: Tree) -> Iterator[Row]:
    """Write the revisions of a schema and run them: tables, then entities.

    Stock Alembic cannot make a view of a table that is made in the same revision.
    """
    file = made.root / "models" / "entities.py"
    entities = file.read_text()
    file.write_text("")
    stock = _stock_revision(made, "tables")
    yield Row("revision of all tables", made.cost(*REVISION, "tables"), stock)
    made.here("upgrade", "head")
    file.write_text(entities)
    if "entity_" in entities:
        stock = _stock_revision(made, "entities")
        yield Row("revision of all entities", made.cost(*REVISION, "entities"), stock)
        made.here("upgrade", "head")
        bystanders = _bystanders(made)
        yield Row("bystanders of another type of a column", len(bystanders))
        yield Row("bystanders without a reason", sum(not one.reason for one in bystanders))


def _parts_of_revision(made: Tree) -> Iterator[tuple[str, ...]]:
    """Yield what the parts of the revision of all tables and entities take, which is not kept."""
    known = set(made.versions.glob("*.py"))
    found = made.parts(*REVISION, "parts")
    for written in set(made.versions.glob("*.py")) - known:
        written.unlink()
    for name, part in found.items():
        yield name, f"{part['count']:.0f}", f"{part['seconds']:.2f}"


def _stock_revision(made: Tree, name: str) -> Cost:
    """Return what stock Alembic's revision costs, which is taken away again."""
    known = set(made.versions.glob("*.py"))
    cost = made.cost("-c", "stock.ini", *REVISION, name)
    for written in set(made.versions.glob("*.py")) - known:
        written.unlink()
    return cost


def _bystanders(made: Tree) -> list[Bystander]:
    """Return the bystanders of a revision that changes a column which no entity names.

    The target is at the revision before it.
    """
    known = set(made.versions.glob("*.py"))
    file = made.root / "models" / "zz.py"
    file.write_text(OTHER_TYPE)
    made.here(*REVISION, "other type")
    file.unlink()
    script = ScriptDirectory.from_config(Config(made.root / "alembic.ini"))
    written = set(made.versions.glob("*.py")) - known
    statements = [
        statement.sql
        for revision in reversed([*script.walk_revisions()])
        if made.versions / revision.path in written
        for statement in function_statements(revision.module.upgrade)
    ]
    for one in written:
        one.unlink()
    return find_bystanders(made.databases, made.target, statements)


if __name__ == "__main__":
    main(sys.argv[1:])
