"""List the refusals of a whole run: the server, the session or the role cannot take it."""

from __future__ import annotations

from functools import partial

from alembic_pg.refusals.refusal import Basis, RefusalKind

_kind = partial(RefusalKind, basis=Basis.TARGET)

REPLICA = _kind(
    "replica",
    "a run on a replica",
    "The server is a replica, or recovers from a backup: it takes no changes.",
    "Name the primary in DATABASE_URL.",
)
READ_ONLY = _kind(
    "read-only",
    "a run whose transactions are read-only",
    (
        "Transactions of {role} in {object} are read-only (default_transaction_read_only): "
        "turn that off for this connection."
    ),
    "",
)
NO_SCHEMA = _kind(
    "no-schema",
    "a first run without a schema to put tables into",
    "No schema of the search_path ({object}) is there: create one, or let {role} use it.",
    "",
)
MAY_NOT_CREATE_OWN_SCHEMA = _kind(
    "own-schema",
    "a first run that may not create the schema of alembic_version",
    (
        "The role {role} may not create the schema {object} of Alembic's own table: create it, "
        "or GRANT CREATE ON DATABASE {database} TO {role}."
    ),
    "",
)
MAY_NOT_CREATE = _kind(
    "create-in-schema",
    "a run that creates something in a schema where the role may not",
    "The role {role} may not create anything in the schema {object}:",
    "GRANT CREATE ON SCHEMA {object} TO {role}, or use another role.",
)
HIDDEN_SCHEMA = _kind(
    "hidden-schema",
    "a run whose role may not use the schema of alembic_version",
    "The role {role} may not use the schema {object}, where {table} is:",
    "GRANT USAGE ON SCHEMA {object} TO {role}, or use another role.",
)
POOLER = _kind(
    "pooler",
    "a run through a pooler that keeps no session",
    (
        "A pooler (PgBouncer in transaction mode, say) is between here and the server, and keeps "
        "no session:"
    ),
    "name the server itself, or a pool in session mode.",
)
DRIFT = _kind(
    "drift",
    "an upgrade that changes what somebody changed by hand in the target",
    "Revision {revision} changes what somebody changed by hand: {object}.",
    "alembic-pg drift tells more; -x drift=off lets the run try.",
)

ALL = tuple(value for value in vars().values() if isinstance(value, RefusalKind))
