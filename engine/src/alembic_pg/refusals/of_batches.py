"""List the refusals of statements in batches, and of rows that do not fit: tables of any size."""

from __future__ import annotations

from alembic_pg.refusals.refusal import Basis, RefusalKind

BATCHES_OF_OTHER = RefusalKind(
    "batches-of-other",
    "batches of anything but one UPDATE or DELETE",
    "in batches goes one UPDATE or DELETE, without WITH or RETURNING.",
    "",
)
BATCHES_WITHOUT_WHERE = RefusalKind(
    "batches-without-where",
    "batches of an UPDATE or DELETE without a WHERE",
    ("in batches, the {verb} of {object} needs a WHERE that leaves out the rows that are done."),
    "",
)
BATCHES_OF_PARTITION_KEY = RefusalKind(
    "batches-of-partition-key",
    "batches of an UPDATE that moves rows to other partitions",
    (
        "in batches, the {verb} of {object} cannot set {column}, which decides about the "
        "partition: execute it for each partition, or without batches."
    ),
    "",
    Basis.CATALOG,
)
FINDS_AGAIN = RefusalKind(
    "finds-again",
    "batches of an UPDATE whose WHERE does not leave out what is done",
    "the UPDATE of {object} would find {again} of {done} rows again that it has changed:",
    "its WHERE must leave them out.",
    Basis.ROWS,
)
FIRES_TRIGGER = RefusalKind(
    "fires-trigger",
    "filling a table with UPDATE triggers, for a role that cannot keep them quiet",
    "filling {object} would fire its trigger {trigger} on every row:",
    "let a superuser GRANT SET ON PARAMETER session_replication_role to this role.",
    Basis.CATALOG,
)
ROW_SECURITY = RefusalKind(
    "row-security",
    "filling or comparing rows of a table whose row security hides some of them from the role",
    "row security of {object} may hide rows from {role}, so not every row would be met.",
    (
        "Let a superuser ALTER ROLE {role} BYPASSRLS; or ALTER TABLE {object} {off} ROW LEVEL "
        "SECURITY in a revision before, and back in one after."
    ),
    Basis.CATALOG,
)
WRONG_ROWS = RefusalKind(
    "wrong-rows",
    "rows that violate a CHECK, FOREIGN KEY, NOT NULL or partition's bound",
    "{said}",
    "",
    Basis.ROWS,
)
CONSTRAINT_FAILS = RefusalKind(
    "constraint-fails",
    "a CHECK or FOREIGN KEY that fails for a row, or that may not read what it has to",
    '"{name}" of {object} cannot be checked: {error}.',
    "",
    Basis.ROWS,
)
DEFAULT_FAILS = RefusalKind(
    "default-fails",
    "a default that fails for a row that is there",
    "not every row of {object} can have a value of {column}: {error}.",
    "",
    Basis.ROWS,
)
DUPLICATES = RefusalKind(
    "duplicates",
    "rows that are not unique",
    "{said}",
    "",
    Basis.ROWS,
)
VALUES_WITHOUT_TYPE = RefusalKind(
    "values-without-type",
    "values that the new type of a column cannot have",
    "not every {column} of {object} can become {type}: {error}.",
    "",
    Basis.ROWS,
)
NO_SECOND_COLUMN = RefusalKind(
    "second-column-fails",
    "a type for which the second column, or what hangs on it, cannot be made",
    "{column} of {object} cannot become {type}: {error}.",
    "",
    Basis.ROWS,
)
CHANGED_MEANWHILE = RefusalKind(
    "changed-meanwhile",
    "a second column that something else has changed",
    "something else has changed {new} of {object}, which takes the place of {column}.",
    "",
    Basis.MEANWHILE,
)
NAME_IS_TAKEN = RefusalKind(
    "name-is-taken",
    "an index of ours for a while, whose name somebody else has given to something",
    "{name} is there already, and is no index of {object}.",
    "",
    Basis.MEANWHILE,
)
STAYS_INVALID = RefusalKind(
    "stays-invalid",
    "an index of a partitioned table, while somebody drops a partition",
    "the index {name} stays INVALID, since a partition was dropped meanwhile:",
    "run the same command again.",
    Basis.MEANWHILE,
)
DROPPED_MEANWHILE = RefusalKind(
    "dropped-meanwhile",
    "an index that somebody drops while it is built",
    "the index of {object} is gone: somebody dropped it.",
    "",
    Basis.MEANWHILE,
)
SERVER_REFUSES = RefusalKind(
    "server-refuses",
    "DETACH PARTITION CONCURRENTLY that PostgreSQL refuses",
    "{error}.",
    "",
    Basis.MEANWHILE,
)

ALL = tuple(value for value in vars().values() if isinstance(value, RefusalKind))
