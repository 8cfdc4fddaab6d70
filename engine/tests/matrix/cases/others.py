"""The matrix of others."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "statistics",
        "added",
        'table(Column("a", Integer), Column("b", Integer))',
        'table(Column("a", Integer), Column("b", Integer))\nafter("CREATE STATISTICS st ON a, b FROM t")',
    ),
    Case(
        "statistics",
        "target",
        'table(Column("a", Integer), Column("b", Integer))\nafter("CREATE STATISTICS st ON a, b FROM t")',
        'table(Column("a", Integer), Column("b", Integer))\nafter("CREATE STATISTICS st ON a, b FROM t")\nafter("ALTER STATISTICS st SET STATISTICS 50")',
    ),
    Case(
        "publication",
        "added",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("CREATE PUBLICATION pub FOR TABLE t")',
    ),
    Case(
        "text search configuration",
        "added",
        "",
        'after("CREATE TEXT SEARCH CONFIGURATION tsc (COPY = english)")',
    ),
    Case(
        "extension",
        "added",
        "",
        'e = PGExtension("public", "citext")',
    ),
    Case(
        "extension",
        "used by a column",
        "",
        'e = PGExtension("public", "citext")\ntable(Column("a", CITEXT))',
    ),
    Case(
        "foreign server",
        "added",
        "",
        'e = PGExtension("public", "postgres_fdw")\nafter("CREATE SERVER srv FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host \'x\')")',
    ),
    Case(
        "foreign table",
        "added",
        "",
        'e = PGExtension("public", "postgres_fdw")\nafter("CREATE SERVER srv FOREIGN DATA WRAPPER postgres_fdw")\nafter("CREATE FOREIGN TABLE ft (a int) SERVER srv")',
    ),
    Case(
        "sequence",
        "added",
        "",
        'Sequence("s", metadata=m)',
    ),
    Case(
        "sequence",
        "options",
        'Sequence("s", metadata=m)',
        'Sequence("s", metadata=m, increment=5, minvalue=1, maxvalue=500, cycle=True)',
    ),
    Case(
        "operator",
        "added",
        "",
        'after("CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)")',
    ),
]
