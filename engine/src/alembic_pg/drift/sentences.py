"""Say in a sentence each what a database without a known revision is, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database import server_features
from alembic_pg.errors import UserError
from alembic_pg.ledger.ledger import FORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.ledger.stamp import Stamp

PENDING = "What the pending revisions would do: alembic-pg plan"

EMPTY = "The database is empty: alembic upgrade head builds it."

NOTHING_IN_COMMON = (
    "The database has no revision in its alembic_version, and no table that the revisions build: "
    "name the right database in DATABASE_URL."
)

CHANGED_SINCE = (
    "Somebody has changed the database since a run led to {revision}, which this tree does not "
    "have. What was changed, alembic-pg drift tells in the tree of the release or branch that has "
    "this revision."
)

COMPARED_WITH_STAMP = (
    "This tree does not have revision {revision}; the database is as the run left it that led "
    "there. Before an upgrade from here, git merge or check out what has this revision."
)

EDITED_SINCE = (
    "Revision {revision}, or one before it, was edited since it ran here, and nobody changed this "
    "database by hand: alembic-pg ledger --verify BASE tells which; take the edit back."
)

_UNKNOWN = "The database is at revision {revision}, which this tree does not have{why}: {then}"

_OTHER_TREE = "run alembic-pg drift in the tree of the release or branch that has it."


def lost(revision: str, *, equal: bool) -> str:
    """Return what to do with a database that has no revision, after what is nearest to it.

    revision: its id, "" for what the history begins with. equal: whether nothing differs.
    """
    head = "The database has no revision in its alembic_version"
    then = f"alembic stamp {revision}" if revision else "alembic upgrade head"
    if equal:
        where = f"revision {revision}" if revision else "what the history begins with"
        return f"{head}, and equals {where}: {then}"
    return f"{head}. Make it equal to the nearest one (alembic-pg drift --back), then: {then}"


def require_stamp(unknown: str, heads: Sequence[str], stamp: Stamp | None, version: int) -> None:
    """Raise UserError where nothing says what a revision builds that this tree does not have.

    unknown: the revision. heads: all of the database. stamp: what the last run has left.
    version: the server's, as server_version_num has it.
    """
    if stamp is None or (stamp.revision,) != tuple(heads):
        why = ", and no run has left there what it built"
    elif stamp.form != FORM:
        why = ", and another version of alembic-pg noted there what it built"
    elif stamp.major != server_features.major_of(version):
        major = server_features.major_of(version)
        why = f", and what the run built is noted for PostgreSQL {stamp.major}, not {major}"
    else:
        return
    raise UserError(_UNKNOWN.format(revision=unknown, why=why, then=_OTHER_TREE))
