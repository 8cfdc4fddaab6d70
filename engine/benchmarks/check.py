"""What comparing costs beside stock Alembic with alembic-utils, in one go.

    python -m benchmarks.check [tables entities]...

Each pair of numbers is a synthetic schema. Stock Alembic compares the same models with a database
at head, all of whose entities are registered. Both sides run in turns, on one server, with their
bytecode written. Printed are medians: seconds by the clock, seconds of processors (the command's
processes and the server's; other work on the machine does not count), and ratios; and counts of
statements that reached the server.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from alembic_pg.console import table
from benchmarks.tree import folder, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.tree import Cost, Tree

RUNS = 5
COUNTED = 200  # objects; the server's log of more is cut

REVISION = ("revision", "--autogenerate", "-m")

HEAD = ("schema", "command", "stock s", "here s", "ratio", "stock CPU s", "here CPU s", "ratio")

# One column more in one table, each time another one.
COLUMN = """
from sqlalchemy import Column, Text
from models import tables_0

tables_0.m.tables["table_0"].append_column(Column("extra_{n}", Text))
"""


@dataclass(frozen=True)
class Row:
    """One thing that was measured here, and by stock Alembic where it was.

    A number is a count; two are seconds by the clock and of processors.
    """

    name: str
    here: tuple[float, ...]
    stock: tuple[float, ...] = ()
    digits: int = 2

    def cells(self, schema: str) -> tuple[str, ...]:
        """Return what is printed."""
        pairs = zip_longest(self.stock, self.here)
        cells = (schema, self.name, *(cell for pair in pairs for cell in self._cells(*pair)))
        return cells + ("",) * (len(HEAD) - len(cells))

    def _cells(self, stock: float | None, here: float) -> tuple[str, str, str]:
        if stock is None:
            return "", f"{here:.{self.digits}f}", ""
        return f"{stock:.{self.digits}f}", f"{here:.{self.digits}f}", f"{here / stock:.2f}"


def main(arguments: list[str]) -> None:
    """Measure the schemas that are named, or three by default."""
    numbers = [int(argument) for argument in arguments] or [1, 100, 100, 100, 1000, 0]
    rows = []
    for tables, entities in zip(numbers[::2], numbers[1::2], strict=True):
        schema = f"{tables} tables, {entities} entities"
        with folder() as root, tree(root, tables, entities) as made:
            rows += [row.cells(schema) for row in measure(made, tables + entities)]
    sys.stdout.write(table.render(HEAD, rows) + "\n")


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


def _median(costs: list[Cost]) -> tuple[float, float]:
    return (
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


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
    yield Row("statements of check", (here,), (theirs,), digits=0)
    yield Row("statements an object", (here / objects,), (theirs / objects,), digits=1)


def _revisions(made: Tree) -> Iterator[Row]:
    """Write the revisions of a schema and run them: tables, then entities.

    Stock Alembic cannot make a view of a table that is made in the same revision.
    """
    file = made.root / "models" / "entities.py"
    entities = file.read_text()
    file.write_text("")
    yield Row("revision of all tables", _median([made.cost(*REVISION, "tables")]))
    made.here("upgrade", "head")
    file.write_text(entities)
    if "entity_" in entities:
        known = set(made.versions.glob("*.py"))
        stock = made.cost("-c", "stock.ini", *REVISION, "entities")
        for written in set(made.versions.glob("*.py")) - known:
            written.unlink()
        here = made.cost(*REVISION, "entities")
        yield Row("revision of all entities", _median([here]), _median([stock]))
        made.here("upgrade", "head")


if __name__ == "__main__":
    main(sys.argv[1:])
