"""How near alembic-pg preflight comes to what a run then takes.

    python -m benchmarks.preflight [rows] [operation]...

A table of so many rows (1,000,000), on a server that keeps its promises to the disk: what preflight
says of one operation, and how long `alembic upgrade head` takes with it. Printed are seconds,
without those in which the commands start, and how many times too long the estimate is where one
of them is at least a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.console import table
from alembic_pg.embedded import server
from benchmarks.traffic import execute
from benchmarks.tree import tree

if TYPE_CHECKING:
    from alembic_pg.embedded.server import Server
    from benchmarks.tree import Tree

ROWS = 1_000_000

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
    "backfill": (
        'op.execute("UPDATE busy SET amount = amount + 1000 WHERE amount < 500", '
        'execution_options={"batches": True})'
    ),
}

REVISIONS = '''"""{name}"""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before!r}


def upgrade() -> None:
    {statement}


def downgrade() -> None:
    pass
'''

HEAD = ("operation", "estimate", "run", "times", "space", "grown")


def main(arguments: list[str]) -> None:
    """Measure the operations that are named, or all."""
    rows = int(arguments[0]) if arguments else ROWS
    names = arguments[1:] or list(OPERATIONS)
    filled = FILL.format(rows=rows).strip().split(";\n")
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        running = server.start(Path(folder) / "server", durable=True)
        host = str(running.socket_directory)
        execute(host, "postgres", "CREATE DATABASE filled")
        execute(host, "filled", *filled, "INSERT INTO alembic_version VALUES ('0')")
        (Path(folder) / "tree").mkdir()
        with tree(Path(folder) / "tree", 0, 0) as made:
            create = [one for one in filled if one.startswith("CREATE TABLE")][:2]
            first = f"op.execute({'; '.join(create)!r})"
            write(made, "0", None, first)
            found = [measure(running, made, name, OPERATIONS[name]) for name in names]
        sys.stdout.write(table.render(HEAD, found) + "\n")
        sys.stdout.flush()
        running.release()


def write(made: Tree, number: str, before: str | None, statement: str) -> None:
    """Write a revision."""
    text = REVISIONS.format(name=number, number=number, before=before, statement=statement)
    (made.versions / f"{number}.py").write_text(text)


def measure(running: Server, made: Tree, name: str, statement: str) -> tuple[str, ...]:
    """Return what is printed of one operation."""
    host = str(running.socket_directory)
    execute(host, "postgres", "DROP DATABASE IF EXISTS busy WITH (FORCE)")
    execute(host, "postgres", "CREATE DATABASE busy TEMPLATE filled STRATEGY file_copy")
    url = running.url("busy").render_as_string(hide_password=False)
    made.environment.update(DATABASE_URL=url, STOCK_URL=url)
    write(made, "1", "0", statement)
    sys.stderr.write(f"{name} …\n")
    asked = subprocess.run(
        [sys.executable, "-m", "alembic_pg", "preflight", "--json"],
        cwd=made.root,
        env=made.environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    (revision,) = json.loads(asked.stdout)["revisions"]
    seconds = sum(one["seconds"] or 0 for one in revision["statements"])
    space = sum(one["space"] for one in revision["statements"])
    size = "SELECT pg_database_size(current_database())"
    before = execute(host, "busy", size)[0][0]
    start = made.here("current")
    run = max(made.here("upgrade", "head") - start, 0.001)
    grown = execute(host, "busy", size)[0][0] - before
    (made.versions / "1.py").unlink()
    factor = f"{seconds / run:.1f}" if seconds and max(seconds, run) >= 1 else ""
    return (
        name,
        f"{seconds:.1f}",
        f"{run:.1f}",
        factor,
        f"{space / 1e6:.0f}",
        f"{grown / 1e6:.0f}",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
