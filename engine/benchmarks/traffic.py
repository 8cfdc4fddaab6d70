"""How long others wait while a revision runs: stock Alembic and this project, in one go.

    python -m benchmarks.traffic [rows] [operation]...

A table of so many rows (1,500,000), on a server that keeps its promises to the disk, is written and
read by several sessions while `alembic upgrade head` runs one operation on it; once more beside a
reader that keeps its transaction open for three seconds. Printed are milliseconds.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from alembic_pg.console import table
from alembic_pg.embedded import server
from benchmarks.load import SIZE, Load, reading
from benchmarks.tree import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.embedded.server import Server
    from benchmarks.tree import Tree

ROWS = 1_500_000

FILL = """
CREATE TABLE busy (
  id int PRIMARY KEY, parent int NOT NULL, amount int, note text NOT NULL, code text NOT NULL
);
INSERT INTO busy SELECT n, n, n % 1000, 'note ' || n, 'code ' || n
FROM generate_series(1, {rows}) AS n;
CREATE TABLE parents (id int PRIMARY KEY);
INSERT INTO parents SELECT n FROM generate_series(1, {rows}) AS n;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
VACUUM ANALYZE busy, parents;
"""

OPERATIONS = {
    "add index": 'op.create_index("busy_note_idx", "busy", ["note"])',
    "add unique": 'op.create_unique_constraint("busy_code_key", "busy", ["code"])',
    "add CHECK": 'op.create_check_constraint("amount_check", "busy", "amount >= 0")',
    "add foreign key": 'op.create_foreign_key("busy_fk", "busy", "parents", ["parent"], ["id"])',
    "set NOT NULL": 'op.alter_column("busy", "amount", nullable=False)',
    "add column, volatile default": (
        'op.add_column("busy", sa.Column("token", sa.Uuid, nullable=False, '
        'server_default=sa.text("gen_random_uuid()")))'
    ),
    "int to bigint": 'op.alter_column("busy", "amount", type_=sa.BigInteger)',
    "int key to bigint": 'op.alter_column("busy", "id", type_=sa.BigInteger)',
}

REVISION = '''"""{name}"""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    {statement}


def downgrade() -> None:
    pass
'''

HEAD = ("operation", "reader", "by", "writer", "reader's", "failed", "upgrade", "extra MB")


def main(arguments: list[str]) -> None:
    """Measure the operations that are named, or all."""
    rows = int(arguments[0]) if arguments else ROWS
    names = arguments[1:] or list(OPERATIONS)
    # The server's keeper may still be at work in it.
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        running = server.start(Path(folder) / "server", durable=True)
        execute(running, "postgres", "CREATE DATABASE filled")
        execute(running, "filled", *FILL.format(rows=rows).strip().split(";\n"))
        (Path(folder) / "tree").mkdir()
        with tree(Path(folder) / "tree", 0, 0) as made:
            found = [cells for name in names for cells in compare(running, made, name, rows)]
        sys.stdout.write(table.render(HEAD, found) + "\n")
        sys.stdout.flush()
        running.release()


def compare(running: Server, made: Tree, name: str, rows: int) -> Iterator[tuple[str, ...]]:
    """Yield what is printed of one operation: without and with the long reader, by both."""
    revision = REVISION.format(name=name, statement=OPERATIONS[name])
    (made.versions / "1.py").write_text(revision)
    for beside in (False, True):
        for by in ("stock", "here"):
            sys.stderr.write(f"{name}, {by} …\n")
            cells = measure(running, made, rows, by=by, beside=beside)
            yield (name, "3 s" if beside else "", by, *cells)


def measure(running: Server, made: Tree, rows: int, *, by: str, beside: bool) -> tuple[str, ...]:
    """Run one operation on a fresh copy of the table, under load."""
    execute(running, "postgres", "DROP DATABASE IF EXISTS busy WITH (FORCE)")
    execute(running, "postgres", "CREATE DATABASE busy TEMPLATE filled STRATEGY file_copy")
    url = running.url("busy").render_as_string(hide_password=False)
    made.environment.update(DATABASE_URL=url, STOCK_URL=url)
    before = size(running)
    load = Load(str(running.socket_directory), rows)
    with load:
        long = threading.Thread(target=reading, args=(str(running.socket_directory),))
        if beside:
            long.start()
        command = made.here if by == "here" else made.stock
        seconds = command("upgrade", "head")
        if beside:
            long.join()
    extra = max(load.largest - before, 0) / 1e6
    return (
        f"{load.longest('writer') * 1000:.0f}",
        f"{load.longest('reader') * 1000:.0f}",
        str(load.failed),
        f"{seconds * 1000:.0f}",
        f"{extra:.0f}",
    )


def size(running: Server) -> int:
    """Return the bytes of the busy database."""
    found: int = execute(running, "busy", SIZE)[0][0]
    return found


def execute(running: Server, database: str, *statements: str) -> list[tuple[int, ...]]:
    """Execute statements, each by itself; return what the last one found."""
    connection = psycopg2.connect(
        host=str(running.socket_directory), user="postgres", dbname=database
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else []
    connection.close()
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
