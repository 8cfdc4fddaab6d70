"""Run insert, select, update and delete of each table of a project's models on databases.

It is a program: ``python -m alembic_pg.proofs.used_statements REQUEST`` in the folder of the
project, a release's own or today's, whose models are imported there. The request is a file of
JSON: the project's folder of today, the release's configuration, the URLs of two databases (of the
one in which a statement is known to work, and of the one in which it has to), and the file into
which what failed is written, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.commands.own_command import OwnCommand, load_environment
from alembic_pg.database.connect import connect
from alembic_pg.database.errors import describe_error
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Executable, Table
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand

# Rows of each table that are changed, deleted and inserted again.
_ROWS = 30


@dataclass(frozen=True)
class Break:
    """Hold a statement that worked before and fails now.

    kind: insert, select, update or delete. failing, tried: on so many rows.
    """

    table: str
    kind: str
    statement: str
    reason: str
    failing: int
    tried: int


def find_breaks(tables: Sequence[Table], works: Connection, now: Connection) -> Iterator[Break]:
    """Yield the statements that work in one database, on some row, and fail in the other.

    Both databases hold the same rows, which stay as they are.
    """
    for table in tables:
        failed: dict[str, list[tuple[Executable, str]]] = {}
        tried: dict[str, int] = {}
        for kind, statements in _statements(table, works):
            if _failure(works, statements):
                continue
            tried[kind] = tried.get(kind, 0) + 1
            if why := _failure(now, statements):
                failed.setdefault(kind, []).append((statements[-1], why))
        for kind, found in failed.items():
            statement, why = found[0]
            yield Break(table.fullname, kind, _text(statement), why, len(found), tried[kind])


def _statements(table: Table, works: Connection) -> Iterator[tuple[str, list[Executable]]]:
    """Yield statements by their kind, each after what has to be done before it."""
    select = sa.select(table)
    yield "select", [select]
    rows: Sequence[Any] = ()
    try:
        with works.begin_nested():
            rows = works.execute(select.limit(_ROWS)).mappings().all()
    except SQLAlchemyError:
        return
    given = [column for column in table.columns if column.computed is None]
    for row in rows:
        same = _same_row(table, row)
        always = [
            column for column in given if column.identity is None or not column.identity.always
        ]
        values = {column.name: row[column.name] for column in always}
        changed = {column.name: row[column.name] for column in always if not column.primary_key}
        delete = table.delete().where(same)
        if changed:
            yield "update", [table.update().where(same).values(changed)]
        yield "delete", [delete]
        yield "insert", [delete, table.insert().values(values)]


def _same_row(table: Table, row: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401  # a mapping
    """Return the condition that a row is that row: by the key, else by all that compares."""
    columns = list(table.primary_key.columns) or list(table.columns)
    return sa.and_(*(column.is_not_distinct_from(row[column.name]) for column in columns))


def _failure(connection: Connection, statements: Sequence[Executable]) -> str:
    """Execute statements and take all back; return why that failed, "" where it did not."""
    nested = connection.begin_nested()
    try:
        for statement in statements:
            connection.execute(statement)
        # What is checked only at the end of a transaction is checked now.
        connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    except SQLAlchemyError as error:
        return describe_error(error)
    finally:
        nested.rollback()
    return ""


def _text(statement: Executable) -> str:
    """Return a statement in one line, without its values."""
    return " ".join(str(statement.compile(dialect=sa.dialects.postgresql.dialect())).split())  # type: ignore[attr-defined]  # of each statement


def _models_tables(config: Config) -> list[Table]:
    """Return the tables that env.py's models map, as it leads to them."""
    found: list[Table] = []

    def look(task: AlembicCommand, connection: object) -> None:
        del connection
        found.extend(load_models(task.metadata, task.entities).tables)

    load_environment(config, OwnCommand("proofs", look, on_target=False))
    return found


def _look_in_release(here: Path, there: Path) -> None:
    """Let modules be imported from a release's tree where they would be from today's.

    What is installed to be edited leads to folders of today's tree.
    """
    own = [there, there / "src"]
    for entry in sys.path:
        folder = Path(entry).resolve()
        if folder.is_relative_to(here) and (there / folder.relative_to(here)).is_dir():
            own.append(there / folder.relative_to(here))
    sys.path[:0] = [str(folder) for folder in dict.fromkeys(own) if folder.is_dir()]


def main(request: Path) -> int:
    """Do what a request asks for; print why nothing could be tried, and return an exit code."""
    given = json.loads(request.read_text(encoding="utf-8"))
    _look_in_release(Path(given["here"]), Path.cwd())
    try:
        tables = _models_tables(Config(given["config"], ini_section=given["section"]))
        with (
            connect(make_url(given["works"]), source=SCRATCH_SOURCE) as works,
            connect(make_url(given["now"]), source=SCRATCH_SOURCE) as now,
        ):
            found = list(find_breaks(tables, works, now))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    answer = {"tables": len(tables), "breaks": [asdict(one) for one in found]}
    Path(given["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


if __name__ == "__main__":
    # Everything is said in the answer, so that what models print does not matter.
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
