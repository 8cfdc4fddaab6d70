"""Tell which revision a database equals that has tables but lost its alembic_version."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, text

from alembic_pg.database.scratch import has_scratch_server, scratch_server
from alembic_pg.embedded import programs
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from alembic.script.base import Script
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer

# Tables that are neither PostgreSQL's nor an extension's nor Alembic's own.
_HAS_TABLES = text("""
    SELECT EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p')
          AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          AND c.relname <> :version_table
          AND c.relpersistence <> 't'
          AND NOT EXISTS (
              SELECT FROM pg_depend AS d
              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          )
    )
""")

_HINT = (
    "If it lost only its alembic_version: with the development dependencies, "
    "upgrade tells which revision it equals."
)

# So many differing objects are named.
_MAX_NAMED = 3


def check_lost_version(task: AlembicCommand, connection: Connection) -> str:
    """Do nothing for an empty database, or one whose tables are none of the revisions'.

    connection: to a database without a revision in its alembic_version.
    Returns what to say when an object turns out to be there already: "" unless nothing could be
    compared here.
    Raises UserError naming the revision that the database equals, and the stamp that repairs it.
    """
    name = task.environment.context_opts.get("version_table", "alembic_version")
    if not connection.scalar(_HAS_TABLES, {"version_table": name}):
        return ""
    if not _can_compare():
        return _HINT
    try:
        nearest = _nearest_revision(task, connection)
    except UserError:  # revisions that build nothing by themselves: this is not the time to judge
        return ""
    if nearest is None:
        return ""
    differing, revision = nearest
    stamp = f"alembic stamp {revision.revision}"
    if not differing:
        raise UserError(
            f"The database lost its {name}: it equals revision {revision.revision} "
            f"({revision.doc}). Repair it with: {stamp}; then upgrade."
        )
    more = len(differing) - _MAX_NAMED
    names = ", ".join(differing[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
    raise UserError(
        f"The database has tables and no {name}, and equals no revision; the nearest is "
        f"{revision.revision} ({revision.doc}), where {names} differ.\n"
        f"Make them equal, then run: {stamp}; then upgrade."
    )


def _can_compare() -> bool:
    """Return whether there are a scratch server and pg_dump."""
    return has_scratch_server() and bool(programs.find("pg_dump") or shutil.which("pg_dump"))


def _nearest_revision(
    task: AlembicCommand, connection: Connection
) -> tuple[list[str], Script] | None:
    """Return the revision that differs least from the database, and the names of what differs.

    None when no revision has a table in common with it. The heads are looked at first.
    """
    # Here because hardly a command needs them.
    from alembic_pg.autogenerate.dump import pg_dump  # noqa: PLC0415
    from alembic_pg.autogenerate.dump.compare import differing_keys  # noqa: PLC0415
    from alembic_pg.autogenerate.scope import filters  # noqa: PLC0415
    from alembic_pg.autogenerate.scope.models import Models  # noqa: PLC0415
    from alembic_pg.revisions import history_database  # noqa: PLC0415

    version_table = history_database.version_table_name(task.environment)
    found = pg_dump.dump_database(connection.engine.url, version_table=version_table)
    # Who may use public is the administrator's to say, not a revision's.
    found.pop("ACL .SCHEMA public", None)
    best: tuple[list[str], Script] | None = None

    def compare(revision: Script, databases: ScratchServer, name: str) -> bool:
        """Note how far the revision is; return whether it is none."""
        nonlocal best
        built = pg_dump.dump_database(databases.database_url(name), version_table=version_table)
        # What env.py leaves out may be there, and is no revision's; here it is a stand-in.
        scope = filters.comparison_scope(found, built, Models(MetaData(), ()), task.configure)
        theirs, ours = scope.filter_dump(found), scope.filter_dump(built)
        keys = differing_keys(theirs, ours)
        if any(key.startswith("TABLE ") and key in ours for key in theirs) and (
            best is None or len(keys) < len(best[0])
        ):
            best = [_object_label(key, found, built) for key in keys], revision
        return best is not None and not best[0]

    heads = [revision for revision in task.environment.script.walk_revisions() if revision.is_head]
    with scratch_server(task.root) as databases:
        newest = databases.create(history_database.ensure_template(databases, task.environment))
        if not heads or compare(heads[0], databases, newest):
            return best
        stepwise = databases.create()
        history_database.upgrade_database(
            task.environment,
            databases.database_url(stepwise),
            "heads",
            lambda revision: compare(revision, databases, stepwise),
        )
    return best


def _object_label(key: str, found: Dump, built: Dump) -> str:
    """Return what a person calls the object."""
    return (found.get(key) or built[key]).label
