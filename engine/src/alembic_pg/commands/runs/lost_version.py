"""Tell which revision a database equals that has tables but lost its alembic_version."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from alembic_pg import history_start
from alembic_pg.database.scratch import has_scratch_server
from alembic_pg.embedded import programs
from alembic_pg.errors import UserError
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand

_HINT = (
    "If it lost only its alembic_version: with alembic-pg[embedded], "
    "upgrade tells which revision it equals."
)

# So many differing objects are named.
_MAX_NAMED = 3


def check_lost_version(task: AlembicCommand, connection: Connection) -> str:
    """Do nothing for an empty database, or one whose tables are none of the revisions'.

    connection: to a database without a revision in its alembic_version; without a transaction
    afterwards.
    Returns what to say when an object turns out to be there already: "" unless nothing could be
    compared here.
    Raises UserError naming the revision that the database equals, and the stamp that repairs it.
    """
    name = task.environment.context_opts.get("version_table", "alembic_version")
    has_tables = history_start.has_tables(connection, name)
    # To compare takes its time, and the server may end who has a transaction and says nothing.
    connection.rollback()
    if not has_tables:
        return ""
    if not _can_compare():
        return _HINT
    from alembic_pg.drift.nearest import find_nearest  # noqa: PLC0415  # hardly a command needs it

    try:
        nearest = find_nearest(task, connection)
    except Exception:  # noqa: BLE001  # revisions that build nothing by themselves, whatever they say: this is not the time to judge
        return ""
    if nearest is None:
        return ""
    differing, revision = nearest.labels, nearest.revision
    if revision is None and not differing:
        return ""
    more = len(differing) - _MAX_NAMED
    names = ", ".join(differing[:_MAX_NAMED])
    if more > 0:
        names += f" and {more} more (alembic-pg drift shows them)"
    names += " differs" if len(differing) == 1 else " differ"
    head = f"The database has tables and no {name}, and equals no revision; the nearest is"
    if revision is None:
        raise UserError(
            f"{head} what the history begins with, where {names}.\nMake them equal, then upgrade."
        )
    stamp = f"alembic stamp {revision.revision}"
    if not differing:
        raise UserError(
            f"The database lost its {name}: it equals revision "
            f"{revision_label(revision)}. Repair it with: {stamp}; then upgrade."
        )
    raise UserError(
        f"{head} {revision_label(revision)}, where {names}.\n"
        f"Make them equal, then run: {stamp}; then upgrade."
    )


def _can_compare() -> bool:
    """Return whether there are a scratch server and pg_dump."""
    return has_scratch_server() and bool(programs.find("pg_dump") or shutil.which("pg_dump"))
