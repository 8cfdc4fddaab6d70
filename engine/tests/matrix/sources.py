"""Parts of models' modules that many cases of the matrix share."""

from __future__ import annotations

TABLE = 'table(Column("a", Integer))\n'

ROWS = "INSERT INTO t (id, a) VALUES (1, 1), (2, 2)"

# What finds that they were kept.
KEPT = "SELECT a FROM t ORDER BY id"

PARTITIONED = """
Table("t", m, Column("a", Integer), Column("b", Integer){}, postgresql_partition_by="RANGE (a)")
"""

PARTITION = """
after("CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
"""

TRIGGER_FUNCTION = """
tf = PGFunction(
    "public", "tf()", "returns trigger language plpgsql as $$ begin return new; end $$"
)
"""

WRAPPER = """
before('CREATE FOREIGN DATA WRAPPER fdw')
"""

SERVER = WRAPPER + "before('CREATE SERVER srv FOREIGN DATA WRAPPER fdw')\n"

BASE_TYPE = """
before('CREATE TYPE base')
before(
    "CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal IMMUTABLE STRICT AS 'int4in'"
)
before(
    "CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'"
)
before("CREATE TYPE base (INPUT = base_in, OUTPUT = base_out, LIKE = int4{})")
"""

_PL = """
before(
    "CREATE FUNCTION pl_{}({}) RETURNS {} LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_{}'"
)
"""

LANGUAGE = (
    _PL.format("call", "", "language_handler", "call_handler")
    + _PL.format("inline", "internal", "void", "inline_handler")
    + _PL.format("valid", "oid", "void", "validator")
    + 'before("CREATE LANGUAGE pl HANDLER pl_call INLINE pl_inline VALIDATOR pl_valid")\n'
)


def before(*statements: str) -> str:
    """Return the source of listeners that run statements before all tables are made."""
    return "".join(f"before({statement!r})\n" for statement in statements)


def after(*statements: str) -> str:
    """Return the source of listeners that run statements after all tables are made."""
    return "".join(f"after({statement!r})\n" for statement in statements)
