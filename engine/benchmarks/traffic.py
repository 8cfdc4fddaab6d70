"""How long others wait while a revision runs: stock Alembic and this project, in one go.

    python -m benchmarks.traffic [--rows 1500000] [--distance MS]...  [--page FILE] [change]...

A table, on a server that keeps its promises to the disk, is written and read by several sessions
while `alembic upgrade head` changes it, from a client whose messages take so many milliseconds
there and back; at no distance once more beside a reader that keeps its transaction open for three
seconds. A change is named "usual: CHECK", say. With --page the table is written into a page of the
documentation, too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from alembic_pg.console import table
from alembic_pg.embedded import server
from alembic_pg.embedded.server_files import PORT
from benchmarks import traffic_page
from benchmarks.distance import HOST, at_a_distance
from benchmarks.load import SIZE, Load, reading
from benchmarks.shapes import SHAPES
from benchmarks.tree import tree
from benchmarks.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.embedded.server import Server
    from benchmarks.shapes import Change
    from benchmarks.tree import Tree

DISTANCES = (0, 10, 40)  # milliseconds there and back

REVISION = '''"""{name}"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "1"
down_revision = None


def upgrade() -> None:
    {line}


def downgrade() -> None:
    pass
'''


@dataclass(frozen=True)
class Measured:
    """What one upgrade did to others.

    Of a run: by (stock or here), distance (seconds there and back), beside (the long reader).
    writer, reader, lock: seconds of the longest statement of each, and of the longest strong lock.
    failed: how many statements of others failed.
    work: seconds of the command, without those that one with nothing to do takes.
    server: seconds of the server's processor.
    rows: how many were written. writing: in how many seconds.
    megabytes: the room that it took beside the table.
    """

    change: str
    by: str
    distance: float
    beside: bool
    writer: float
    reader: float
    lock: float
    failed: int
    work: float
    server: float
    rows: int
    writing: float
    megabytes: float


def main() -> None:
    """Measure the changes that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_500_000)
    parser.add_argument("--distance", type=int, action="append", metavar="MS")
    parser.add_argument("--page", type=Path, metavar="FILE")
    parser.add_argument("changes", nargs="*", metavar="change")
    typed = parser.parse_args()
    names = [f"{shape}: {name}" for shape, one in SHAPES.items() for name in one.changes]
    if unknown := set(typed.changes) - set(names):
        parser.error(f"no such change: {', '.join(unknown)}; there are {', '.join(names)}")
    distances = [distance / 1000 for distance in typed.distance or DISTANCES]
    # The server's keeper may still be at work in it.
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        running = server.start(Path(folder) / "server", durable=True)
        (Path(folder) / "tree").mkdir()
        with tree(Path(folder) / "tree", 0, 0) as made:
            bench = Bench(running, made, typed.rows, distances)
            found = list(bench.all(typed.changes or names))
            quiet = bench.quiet()
        running.release()
    rows = [traffic_page.cells(one, found) for one in found]
    sys.stdout.write(table.render(traffic_page.HEAD, rows) + "\n")
    sys.stdout.write(f"with nothing at work a writer waited {quiet * 1000:.0f} ms at most\n")
    if typed.page:
        typed.page.write_text(traffic_page.render(found, typed.rows, quiet), encoding="utf-8")


@dataclass(frozen=True)
class Bench:
    """A server, a working tree, and what is measured there. rows: of each usual table."""

    running: Server
    made: Tree
    rows: int
    distances: list[float]

    @property
    def host(self) -> str:
        """The folder of the server's socket."""
        return str(self.running.socket_directory)

    def all(self, names: list[str]) -> Iterator[Measured]:
        """Yield what each of some changes did."""
        shape = ""
        for full in names:
            shape_name, _, name = full.partition(": ")
            if shape_name != shape:
                shape = shape_name
                self._fill(shape)
            yield from self._compare(full, SHAPES[shape].changes[name])

    def quiet(self) -> float:
        """Return the longest wait of a writer while nothing is at work, for comparison."""
        self._copy()
        with Load(self.host, self._busy_rows()) as load:
            reading(self.host)
        return load.longest("writer")

    def _fill(self, name: str) -> None:
        shape = SHAPES[name]
        execute(self.host, "postgres", "DROP DATABASE IF EXISTS filled WITH (FORCE)")
        execute(self.host, "postgres", "CREATE DATABASE filled")
        statements = shape.statements(shape.rows or self.rows)
        execute(self.host, "filled", *filter(str.strip, statements))

    def _copy(self) -> None:
        execute(self.host, "postgres", "DROP DATABASE IF EXISTS busy WITH (FORCE)")
        # Dirty pages of it would be written while others are measured.
        execute(self.host, "postgres", "CHECKPOINT")
        execute(self.host, "postgres", "CREATE DATABASE busy TEMPLATE filled STRATEGY file_copy")

    def _busy_rows(self) -> int:
        found: int = execute(self.host, "busy", "SELECT max(id) FROM busy")[0][0]
        return found

    def _compare(self, name: str, change: Change) -> Iterator[Measured]:
        """Yield what is measured of one change, by both."""
        revision = REVISION.format(name=name, line=change.line)
        (self.made.versions / "1.py").write_text(revision)
        turns = [(distance, False) for distance in self.distances]
        for distance, beside in [*turns, *([(0.0, True)] if 0.0 in self.distances else [])]:
            for by in ("stock", "here"):
                sys.stderr.write(f"{name}, {distance * 1000:.0f} ms, {by} …\n")
                yield self._measure(name, change, by, distance, beside=beside)

    def _measure(
        self, name: str, change: Change, by: str, distance: float, *, beside: bool
    ) -> Measured:
        """Run one change on a fresh copy of the table, under load."""
        self._copy()
        rows = self._busy_rows()
        before = self._size()
        command = self.made.here if by == "here" else self.made.stock
        with ExitStack() as stack:
            url = self.running.url("busy")
            if distance:
                socket = f"{self.host}/.s.PGSQL.{PORT}"
                port = stack.enter_context(at_a_distance(socket, distance))
                url = url.difference_update_query(["host", "port"]).set(host=HOST, port=port)
            text = url.render_as_string(hide_password=False)
            self.made.environment.update(DATABASE_URL=text, STOCK_URL=text)
            load = stack.enter_context(Load(self.host, rows))
            watch = stack.enter_context(Watch(self.host))
            long = threading.Thread(target=reading, args=(self.host,))
            if beside:
                long.start()
            seconds = command("upgrade", "head")
            if beside:
                long.join()
            idle = command("upgrade", "head")
        return Measured(
            name,
            by,
            distance,
            beside,
            load.longest("writer"),
            load.longest("reader"),
            watch.longest_lock,
            load.failed,
            max(seconds - idle, 0.0),
            watch.processor,
            rows if change.fills else 0,
            watch.writing,
            max(load.largest - before, 0) / 1e6,
        )

    def _size(self) -> int:
        """Return the bytes of the busy database."""
        found: int = execute(self.host, "busy", SIZE)[0][0]
        return found


def execute(host: str, database: str, *statements: str) -> list[tuple[int, ...]]:
    """Execute statements, each by itself; return what the last one found."""
    connection = psycopg2.connect(host=host, user="postgres", dbname=database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else []
    connection.close()
    return found


if __name__ == "__main__":
    main()
