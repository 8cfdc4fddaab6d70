"""Tell which revision a database equals that has tables but lost its alembic_version."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

from alembic_pg import history_start
from alembic_pg.database.scratch import has_scratch_server, scratch_server
from alembic_pg.embedded import programs
from alembic_pg.errors import UserError
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from alembic.script.base import Script
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer

_HINT = (
    "If it lost only its alembic_version: with alembic-pg[embedded], "
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
    if not history_start.has_tables(connection, name):
        return ""
    if not _can_compare():
        return _HINT
    try:
        nearest = _nearest_revision(task, connection)
    except Exception:  # noqa: BLE001  # revisions that build nothing by themselves, whatever they say: this is not the time to judge
        return ""
    if nearest is None or nearest == ([], None):
        return ""
    differing, revision = nearest
    more = len(differing) - _MAX_NAMED
    names = ", ".join(differing[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
    if more > 0 and revision is not None:
        names += f" (alembic-pg drift --at {revision.revision})"
    head = f"The database has tables and no {name}, and equals no revision; the nearest is"
    if revision is None:
        raise UserError(
            f"{head} what the history begins with, where {names} differ.\n"
            "Make them equal, then upgrade."
        )
    stamp = f"alembic stamp {revision.revision}"
    if not differing:
        raise UserError(
            f"The database lost its {name}: it equals revision "
            f"{revision_label(revision)}. Repair it with: {stamp}; then upgrade."
        )
    raise UserError(
        f"{head} {revision_label(revision)}, where {names} differ.\n"
        f"Make them equal, then run: {stamp}; then upgrade."
    )


def _can_compare() -> bool:
    """Return whether there are a scratch server and pg_dump."""
    return has_scratch_server() and bool(programs.find("pg_dump") or shutil.which("pg_dump"))


def _nearest_revision(
    task: AlembicCommand, connection: Connection
) -> tuple[list[str], Script | None] | None:
    """Return the revision that differs least from the database, and the names of what differs.

    None when no revision has a table in common with it; no revision where the database equals what
    the history begins with. The heads are looked at first.
    """
    # Here because hardly a command needs them.
    from alembic_pg.autogenerate.dump import compare, pg_dump  # noqa: PLC0415
    from alembic_pg.autogenerate.scope import filters  # noqa: PLC0415
    from alembic_pg.autogenerate.scope.models import Models  # noqa: PLC0415
    from alembic_pg.revisions import history_database  # noqa: PLC0415

    version_table = history_database.version_table_name(task.environment)
    found = pg_dump.dump_database(connection.engine.url, version_table=version_table)
    found = {key: entry for key, entry in found.items() if key not in compare.ADMINISTRATORS_KEYS}
    best: tuple[list[str], Script | None] | None = None

    def measure(revision: Script | None, databases: ScratchServer, name: str) -> bool:
        """Note how far the revision is; return whether it is none."""
        nonlocal best
        built = pg_dump.dump_database(databases.database_url(name), version_table=version_table)
        # What env.py leaves out may be there, and is no revision's; here it is a stand-in.
        scope = filters.comparison_scope(found, built, Models(MetaData(), ()), task.configure)
        theirs, ours = scope.filter_dump(found), scope.filter_dump(built)
        keys = compare.differing_keys(theirs, ours)
        if any(key.startswith("TABLE ") and key in ours for key in theirs) and (
            best is None or len(keys) < len(best[0])
        ):
            best = [_object_label(key, found, built) for key in keys], revision
        return best is not None and not best[0]

    heads = [revision for revision in task.environment.script.walk_revisions() if revision.is_head]
    with scratch_server(task.root) as databases:
        newest = databases.create(history_database.ensure_template(databases, task.environment))
        if not heads or measure(heads[0], databases, newest):
            return best
        stepwise = history_database.create_at_start(databases, task.environment)
        if history_start.start_files(task.environment.config, task.environment.script) and measure(
            None, databases, stepwise
        ):
            return best
        history_database.upgrade_database(
            task.environment,
            databases.database_url(stepwise),
            "heads",
            lambda revision: measure(revision, databases, stepwise),
        )
    return best


def _object_label(key: str, found: Dump, built: Dump) -> str:
    """Return what a person calls the object."""
    return (found.get(key) or built[key]).label
