"""List the refusals of statements that would stop the work on a large table."""

from __future__ import annotations

from alembic_pg.refusals.refusal import Basis, RefusalKind

_BLOCKS = "reads or writes all of {object}, and nobody can use it meanwhile."
_BLOCKS_WRITERS = "reads all of {object}, and nobody can write it meanwhile."
_MANY_ROWS = "changes many rows of {object} at once, and who writes them waits until its end."

EVENT_TRIGGER_REFUSED = (
    "The event trigger {trigger} refused it: whoever owns it may let the run pass "
    "(ALTER EVENT TRIGGER {trigger} DISABLE), and enable it after"
)
_OWN_STATEMENTS = "Add it with its type, default and NOT NULL; all else by statements of their own."

SINGLE_TRANSACTION = RefusalKind(
    "single-transaction",
    "a statement that needs steps, after one that cannot be noted (op.get_bind(), SET LOCAL …)",
    f"A statement of a revision that {{why}} {_BLOCKS}",
    "Let a revision of its own come before or after.",
    Basis.CATALOG,
)
NO_JOURNAL = RefusalKind(
    "no-journal",
    "a statement that needs steps, for a role that does not own alembic_version",
    f"A statement of a revision that {{why}} {_BLOCKS}",
    "Let the table's owner run it, or a role of theirs.",
    Basis.CATALOG,
)
ALTER_ONLY = RefusalKind(
    "alter-only",
    "ALTER TABLE ONLY of a table that others inherit from: a column, a type, NOT NULL",
    f"ALTER TABLE ONLY {_BLOCKS}",
    "Leave ONLY out.",
    Basis.CATALOG,
)
UNNAMED_CONSTRAINT = RefusalKind(
    "unnamed-constraint",
    "UNIQUE or PRIMARY KEY without a name, where PostgreSQL's choice is not certain",
    f"Adding a constraint without a name {_BLOCKS}",
    "Give it one.",
    Basis.CATALOG,
)
REPLACED_CONSTRAINT = RefusalKind(
    "replaced-constraint",
    "UNIQUE, be it an index, or PRIMARY KEY anew, dropped by a revision that asks the database",
    "{name} of {object} would be missing while its index is built.",
    (
        "Drop and add it in a revision that does not ask the database (op.get_bind()): the new one "
        "is then built beside the old one."
    ),
    Basis.ASKED,
)
DROPPED_CONSTRAINT = RefusalKind(
    "dropped-constraint",
    "UNIQUE, be it an index, or PRIMARY KEY anew, not right after a drop of it alone",
    "{name} of {object} would be missing while its index is built.",
    (
        "Drop it in a statement of its own, right before the one that adds it, and make the "
        "columns of a PRIMARY KEY NOT NULL first: the new one is then built beside the old one."
    ),
    Basis.CATALOG,
)
OTHER_CONSTRAINT = RefusalKind(
    "constraint",
    "EXCLUDE, and a unique constraint of a partitioned table",
    f"Adding the constraint {{name}} {_BLOCKS}",
    "A unique index, created by itself, costs nothing.",
)
PARTITIONED_FOREIGN_KEY = RefusalKind(
    "partitioned-foreign-key",
    "FOREIGN KEY of a partitioned table, before PostgreSQL 18",
    f"Adding the foreign key {{name}} {_BLOCKS}",
    "Add it to each partition first.",
)
TYPE_WITHOUT_SWAP = RefusalKind(
    "type-without-swap",
    "a type for which all rows are written, where no second column can take the column's place",
    f"Changing the type of {{column}} (by no second column: {{why}}) {_BLOCKS}",
    "A new column beside it, filled in batches, costs nothing.",
    Basis.CATALOG,
)
TYPE_RENAMED = RefusalKind(
    "type-renamed",
    "a type for which all rows are written, whose name a new type has got before",
    "While {object} changes, {name} is another type than its columns have, and nobody can cast to "
    "it.",
    (
        "Create the new type as {name}_new, change the columns to it, drop the old one, and rename "
        "the new one then, as autogenerate writes it."
    ),
    Basis.CATALOG,
)
TYPE_WITH_CHECKS = RefusalKind(
    "type-with-checks",
    "a type that is changed in a moment, on part of a tree or with a CHECK that is NOT ENFORCED",
    f"Changing the type of {{column}} {_BLOCKS}",
    "Drop its CHECKs before, and add them after.",
    Basis.CATALOG,
)
TYPE_UNKNOWN = RefusalKind(
    "type-unknown",
    "a type of which an empty copy of the table cannot tell",
    f"Changing the type of {{column}} ({{error}} on an empty copy) {_BLOCKS}",
    "Name columns without their table.",
    Basis.CATALOG,
)
COPY_FORBIDDEN = RefusalKind(
    "copy-forbidden",
    "a statement that is tried on an empty copy of the table, which an event trigger forbids",
    "What this does to {object} cannot be tried on an empty copy ({error}).",
    f"{EVENT_TRIGGER_REFUSED}; a superuser's run on PostgreSQL 17 or later passes by itself.",
    Basis.CATALOG,
)
COLUMN_DEFINITION = RefusalKind(
    "column-definition",
    "a column that each row gets a value of, with more than its type, default and NOT NULL",
    f"Adding the column {{column}} {_BLOCKS}",
    _OWN_STATEMENTS,
    Basis.CATALOG,
)
COLUMN_UNKNOWN = RefusalKind(
    "column-unknown",
    "a column of which an empty copy of the table cannot tell",
    f"Adding the column {{column}} ({{error}} on an empty copy) {_BLOCKS}",
    _OWN_STATEMENTS,
    Basis.CATALOG,
)
COLUMN_GENERATED = RefusalKind(
    "column-generated",
    "a stored generated column",
    f"Adding the column {{column}} {_BLOCKS}",
    "A VIRTUAL generated column (PostgreSQL 18) or one that a trigger sets costs nothing.",
)
COLUMN_WITHOUT_BATCHES = RefusalKind(
    "column-without-batches",
    "a column with a value for each row, where a rule, trigger or publication forbids batches",
    f"Adding the column {{column}} (not in batches: {{why}}) {_BLOCKS}",
    "Take that away for a while.",
    Basis.CATALOG,
)
VALIDATE_BESIDE = RefusalKind(
    "validate-beside",
    "VALIDATE CONSTRAINT beside other actions of one ALTER TABLE",
    f"VALIDATE CONSTRAINT beside other actions {_BLOCKS}",
    "Give it a statement of its own.",
)
KEY_FROM_INDEX = RefusalKind(
    "key-from-index",
    "PRIMARY KEY USING INDEX over columns that may be NULL",
    f"ALTER TABLE … {{action}} {_BLOCKS}",
    "Make its columns NOT NULL before.",
    Basis.CATALOG,
)
NAMED_NOT_NULL = RefusalKind(
    "named-not-null",
    "ADD CONSTRAINT … NOT NULL, which SET NOT NULL would give another name",
    f"ALTER TABLE … {{action}} {_BLOCKS}",
    "Add it NOT VALID, and VALIDATE CONSTRAINT it by a statement of its own.",
    Basis.CATALOG,
)
OTHER_ALTER = RefusalKind(
    "alter-table",
    "any other ALTER TABLE that reads or writes all rows, or of which an empty copy cannot tell",
    f"ALTER TABLE … {{action}} {_BLOCKS}",
    "One action a statement may have an online form.",
    Basis.CATALOG,
)
MISSING_OBJECT = RefusalKind(
    "missing-object",
    "a long step between DROP and CREATE of a view, a function, a default or the like",
    (
        "{name}, which goes and comes back, would be missing while a step on {object} takes its "
        "time."
    ),
    (
        "Let DROP and CREATE stand around one change of a type and nothing else, and give the "
        "rest a revision of its own."
    ),
    Basis.CATALOG,
)
NESTED = RefusalKind(
    "among-others",
    "a statement that needs steps, among others in one text or DO block",
    f"{{said}} …, among other statements, {_BLOCKS}",
    "Give it an op.execute() of its own.",
    Basis.CATALOG,
)
REFRESH = RefusalKind(
    "refresh",
    "REFRESH MATERIALIZED VIEW without CONCURRENTLY",
    f"{{command}} {_BLOCKS}",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY, with a unique index, lets others read.",
)
REINDEX = RefusalKind(
    "reindex",
    "REINDEX without CONCURRENTLY",
    f"{{command}} {_BLOCKS}",
    "REINDEX … CONCURRENTLY, in an autocommit_block(), lets others write.",
)
REWRITE = RefusalKind(
    "rewrite",
    "CLUSTER, VACUUM FULL",
    f"{{command}} {_BLOCKS}",
    "It is no part of a revision.",
)
INDEX_ON_ONLY = RefusalKind(
    "index-on-only",
    "CREATE INDEX … ON ONLY",
    f"CREATE INDEX … ON ONLY {_BLOCKS_WRITERS}",
    "Leave ONLY out.",
)
UNNAMED_INDEX = RefusalKind(
    "unnamed-index",
    "CREATE INDEX without a name",
    f"CREATE INDEX without a name {_BLOCKS_WRITERS}",
    "Give it a name.",
)
FOREIGN_PARTITION = RefusalKind(
    "foreign-partition",
    "an index on a partitioned table with a partition on another server",
    f"Creating the index {{name}} (its partition {{partition}} is on another server) {_BLOCKS}",
    "Create it on each partition first, by revisions before this one: it then is short.",
    Basis.CATALOG,
)
ALTER_DOMAIN = RefusalKind(
    "alter-domain",
    "a constraint or NOT NULL of a domain, where a table has a column of it",
    f"ALTER DOMAIN {{domain}} {{action}} {_BLOCKS_WRITERS}",
    "A CHECK or NOT NULL of the table's own column does not.",
    Basis.CATALOG,
)
MANY_ROWS = RefusalKind(
    "many-rows",
    "MERGE, ON CONFLICT DO UPDATE, a write in a WITH or of a view, that changes many rows",
    f"{{verb}} {_MANY_ROWS}",
    (
        "Let an UPDATE or DELETE of this table alone run in batches: "
        'execution_options={{"batches": True}}.'
    ),
    Basis.CATALOG,
)
NOT_IN_BATCHES = RefusalKind(
    "not-in-batches",
    "UPDATE and DELETE that change more than 10,000 rows, as PostgreSQL's planner expects",
    f"{{verb}}, not in batches, {_MANY_ROWS}",
    (
        'Let it run in batches: execution_options={{"batches": True}}, '
        "and a WHERE that leaves out the rows that are done."
    ),
    Basis.CATALOG,
)
ATTACH_WITHOUT_PARTS = RefusalKind(
    "attach-without-parts",
    "ATTACH PARTITION of a table that lacks an index or foreign key of its parent",
    f"Attaching {{name}} without the {{part}} {_BLOCKS}",
    "Give it one of its own before.",
    Basis.CATALOG,
)
UNPROVED_PARTITION = RefusalKind(
    "unproved-partition",
    "a partition whose bound PostgreSQL believes no CHECK of",
    f"Adding the partition {{partition}} {_BLOCKS}",
    "A CHECK that implies it costs nothing.",
    Basis.CATALOG,
)

ALL = tuple(value for value in vars().values() if isinstance(value, RefusalKind))
