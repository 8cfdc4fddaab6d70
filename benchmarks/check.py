"""How long comparing takes beside stock Alembic with alembic-utils, in one go.

    python -m benchmarks.check [tables entities]...

Each pair of numbers is a synthetic schema. Printed are medians of seconds, counts of statements
that reached the server, and ratios.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.tree import tree
from ddl.console import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.tree import Tree

RUNS = 3
COUNTED = 200  # objects; the server's log of more is cut

REVISION = ("revision", "--autogenerate", "-m")


@dataclass(frozen=True)
class Row:
    """One thing that was measured, by stock Alembic and here."""

    name: str
    stock: float
    here: float

    def cells(self, schema: str) -> tuple[str, ...]:
        """Return what is printed."""
        digits = 0 if self.name.startswith("statements") else 2
        ratio = f"{self.here / self.stock:.2f}" if self.stock else ""
        stock = f"{self.stock:.{digits}f}" if self.stock else ""
        return (schema, self.name, stock, f"{self.here:.{digits}f}", ratio)


def main(arguments: list[str]) -> None:
    """Measure the schemas that are named, or three by default."""
    numbers = [int(argument) for argument in arguments] or [1, 100, 100, 100, 1000, 0]
    rows = []
    for tables, entities in zip(numbers[::2], numbers[1::2], strict=True):
        schema = f"{tables} tables, {entities} entities"
        with (
            tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
            tree(Path(folder), tables, entities) as made,
        ):
            rows += [row.cells(schema) for row in measure(made, tables + entities)]
    head = ("schema", "command", "stock", "here", "ratio")
    sys.stdout.write(table.render(head, rows) + "\n")


def measure(made: Tree, objects: int) -> list[Row]:
    """Return what one schema shows."""
    rows = [*_revisions(made)]
    stocks, changed, again = [], [], []
    for _ in range(RUNS):  # in turns, since the machine's speed drifts
        stocks.append(made.stock("check", fails=True))
        made.forget()
        changed.append(made.here("check"))
        again.append(made.here("check"))
    usual = statistics.median(stocks)
    rows += [
        Row("check, models changed", usual, statistics.median(changed)),
        Row("check, nothing changed", usual, statistics.median(again)),
    ]
    if objects <= COUNTED:
        made.forget()
        here = made.statements(lambda: made.here("check"))
        theirs = made.statements(lambda: made.stock("check", fails=True))
        rows += [
            Row("statements of check", theirs, here),
            Row("statements an object", theirs / objects, here / objects),
        ]
    return rows


def _revisions(made: Tree) -> Iterator[Row]:
    """Write the revisions of a schema and run them: tables, then entities.

    Stock Alembic cannot make a view of a table that is made in the same revision.
    """
    file = made.root / "models" / "entities.py"
    entities = file.read_text()
    file.write_text("")
    yield Row("revision of all tables", 0, made.here(*REVISION, "tables"))
    made.here("upgrade", "head")
    file.write_text(entities)
    if "PGView(" in entities:
        known = set(made.versions.glob("*.py"))
        stock = made.stock(*REVISION, "entities")
        for written in set(made.versions.glob("*.py")) - known:
            written.unlink()
        yield Row("revision of all entities", stock, made.here(*REVISION, "entities"))
        made.here("upgrade", "head")


if __name__ == "__main__":
    main(sys.argv[1:])
