"""The matrix of rights."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "policy",
        "added",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\np = PGPolicy("public", "p", "using (a > 0)", on_entity="t")\nafter("ALTER TABLE t ENABLE ROW LEVEL SECURITY")',
    ),
    Case(
        "policy",
        "expression",
        'table(Column("a", Integer))\nafter("CREATE POLICY p ON t USING (a > 0)")',
        'table(Column("a", Integer))\nafter("CREATE POLICY p ON t USING (a > 1)")',
    ),
    Case(
        "policy",
        "on a retyped column",
        'table(Column("a", Integer))\nafter("CREATE POLICY p ON t USING (a IS NULL)")',
        'table(Column("a", Text))\nafter("CREATE POLICY p ON t USING (a IS NULL)")',
    ),
    Case(
        "grant",
        "added",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("GRANT SELECT, INSERT ON t TO PUBLIC")',
    ),
    Case(
        "grant",
        "fewer",
        'table(Column("a", Integer))\nafter("GRANT SELECT, INSERT ON t TO PUBLIC")',
        'table(Column("a", Integer))\nafter("GRANT SELECT ON t TO PUBLIC")',
    ),
    Case(
        "grant",
        "of a column",
        'table(Column("a", Integer))',
        'table(Column("a", Integer))\nafter("GRANT SELECT (a) ON t TO PUBLIC")',
    ),
    Case(
        "grant",
        "revoked from PUBLIC",
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")',
        'f = PGFunction("public", "f()", "returns int language sql as $$ select 1 $$")\nafter("REVOKE ALL ON FUNCTION f() FROM PUBLIC")',
    ),
    Case(
        "default privileges",
        "added",
        "",
        'after("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")',
    ),
]
