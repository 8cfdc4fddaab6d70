"""Columns of one enum that a table has several of."""

from tests.matrix.case import Case

BOTH = (
    'table(Column("a", Enum({labels}, name="mood"), server_default="x"),'
    ' Column("b", Enum({labels}, name="mood"), server_default="x"){more})'
)

COMPARED = (
    ', CheckConstraint("a = b", name="same"), UniqueConstraint("a", name="u"),'
    ' ForeignKeyConstraint(["b"], ["t.a"], name="fk"), Index("i", text("(a = b)"))'
)

INHERITED = (
    '\nafter("CREATE TABLE child (z int) INHERITS (t)")'
    "\nafter(\"ALTER TABLE child ALTER a SET DEFAULT 'x', ALTER b DROP DEFAULT\")"
)

SIBLINGS = (
    'table(Column("e", Enum({labels}, name="mood")))'
    "\nafter(\"CREATE TABLE c1 (m mood DEFAULT 'x') INHERITS (t)\")"
    "\nafter(\"CREATE TABLE c2 (m mood DEFAULT 'x') INHERITS (t)\")"
)

# One ALTER TABLE for both could not be run beside the traffic of a large table.
APART = ("ALTER TABLE public.t ALTER COLUMN a TYPE", "ALTER TABLE public.t ALTER COLUMN b TYPE")


def _case(name: str, more: str, after: str, rows: str) -> Case:
    before, changed = (
        BOTH.format(labels=labels, more=more) + after for labels in ('"x", "y"', '"x"')
    )
    return Case("several columns", name, before, changed, rows=rows, says=APART)


CASES = [
    _case(
        "in a UNIQUE",
        ', UniqueConstraint("a", "b", name="u")',
        "",
        "INSERT INTO t VALUES (1, 'x', 'x')",
    ),
    _case(
        "compared by a CHECK, a key and an index",
        COMPARED,
        "",
        "INSERT INTO t VALUES (1, 'x', 'x')",
    ),
    _case(
        "inherited, with other defaults",
        "",
        INHERITED,
        "INSERT INTO child VALUES (1, 'x', 'x', 2)",
    ),
    Case(
        "several columns",
        "of one name in tables that inherit from one",
        SIBLINGS.format(labels='"x", "y"'),
        SIBLINGS.format(labels='"x"'),
        rows="INSERT INTO c1 VALUES (1, 'x', 'x'); INSERT INTO c2 VALUES (2, 'x', 'x')",
    ),
]
