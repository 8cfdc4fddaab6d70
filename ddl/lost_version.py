"""A database that has the tables but lost its alembic_version, and which revision it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ddl.compare import dump, history, residue
from ddl.database.scratch import available, scratch
from ddl.errors import UserError

if TYPE_CHECKING:
    from alembic.script.base import Script
    from sqlalchemy.engine import Connection

    from ddl.compare.dump import Dump
    from ddl.database.scratch import Scratch
    from ddl.environment import Run

# Tables that are neither PostgreSQL's nor an extension's nor Alembic's own.
_TABLES = text("""
    SELECT c.oid::regclass::text
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p')
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND c.relname <> :version_table
      AND c.relpersistence <> 't'
      AND NOT EXISTS (
          SELECT FROM pg_depend AS d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      )
    ORDER BY 1
    LIMIT 1
""")


def look(task: Run, connection: Connection) -> None:
    """Do nothing for an empty database, or one whose tables are none of the revisions'.

    connection: to a database without a revision in its alembic_version.
    Raises UserError naming the revision that the database equals, and the stamp that repairs it.
    """
    name = history.version_table_name(task.environment)
    parameters = {"version_table": name.rpartition(".")[2]}
    if connection.scalar(_TABLES, parameters) is None or not available():
        return
    found = dump.of(connection.engine.url, version_table=name)
    with scratch(task.root) as databases:
        nearest = _nearest(task, databases, found, name)
    if nearest is None:
        return
    distance, revision = nearest
    stamp = f"alembic stamp {revision.revision}"
    if not distance:
        raise UserError(
            f"The database has no {name} but equals revision {revision.revision} "
            f"({revision.doc}): run {stamp}, then upgrade."
        )
    raise UserError(
        f"The database has no {name}, and its tables are no revision's; nearest is "
        f"{revision.revision} ({revision.doc}) with {distance} objects different. "
        f"Make them equal, then {stamp}."
    )


def _nearest(
    task: Run, databases: Scratch, found: Dump, version_table: str
) -> tuple[int, Script] | None:
    """Return the revision that differs least from the database, and in how many objects.

    None when no revision has a table in common with it. The head is looked at first.
    """
    tables = {key for key in found if key.startswith("TABLE ")}
    best: tuple[int, Script] | None = None

    def compare(revision: Script, name: str) -> bool:
        nonlocal best
        built = dump.of(databases.database(name), version_table=version_table)
        distance = len(residue.differing(found, built))
        if tables.intersection(built) and (best is None or distance < best[0]):
            best = distance, revision
        return best is not None and not best[0]

    heads = [revision for revision in task.environment.script.walk_revisions() if revision.is_head]
    newest = databases.create(history.template(databases, task.environment))
    if not heads or compare(heads[0], newest):
        return best
    stepwise = databases.create()
    history.upgrade(
        task.environment,
        databases.database(stepwise),
        "heads",
        lambda revision: compare(revision, stepwise),
    )
    return best
