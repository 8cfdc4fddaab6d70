"""What is renamed while the body of a function reads it, which PostgreSQL checks as it is made."""

from tests.matrix.case import Case

_FUNCTION = (
    '\nf = PGFunction("public", "f(x bigint)", """RETURNS text LANGUAGE sql STABLE AS'
    ' $$ SELECT {} FROM {} WHERE id = x $$""")'
)

_VARIABLE = (
    '\nf = PGFunction("public", "f(x bigint)", """RETURNS text LANGUAGE plpgsql AS'
    " $$ DECLARE v t.{0}%TYPE; BEGIN SELECT {0} INTO v FROM t WHERE id = x; RETURN v; END $$"
    '""")'
)

_ROWS = "INSERT INTO t (id, a) VALUES (1, 'x'), (2, 'y')"
_COLUMN = 'table(Column("a", Text))'
_RENAMED = 'table(Column("b", Text, info={"renamed_from": "a"}))'

_AROUND = (
    "\nafter(\"COMMENT ON FUNCTION f(bigint) IS 'of t'\")"
    "\nafter(\"CREATE TABLE u (b bigint, CHECK (f(b) IS DISTINCT FROM 'z'))\")"
)


_SAYS_COLUMN = "op.alter_column('t', 'a', new_column_name='b')"
_SAYS_TABLE = "op.rename_table('t', 'other')"

# It stands where it is, and so does all that needs it.
_REPLACED = "CREATE OR REPLACE FUNCTION"

_MATERIALIZED = (
    '\nv = PGMaterializedView("public", "v", "SELECT id, public.f(id) AS a FROM public.{}")'
)


def _case(name: str, before: str, after: str, *says: str) -> Case:
    read = "SELECT id, f(id) FROM {} ORDER BY id".format
    table = "other" if "other" in after else "t"
    return Case(
        "renamed in functions",
        name,
        before,
        after,
        rows=_ROWS,
        keeps=read("t"),
        keeps_after=read(table),
        says=says,
        avoids=("DROP MATERIALIZED VIEW", "DROP FUNCTION") if says[-1:] == (_REPLACED,) else (),
    )


CASES = [
    _case(
        "column",
        _COLUMN + _FUNCTION.format("a", "t"),
        _RENAMED + _FUNCTION.format("b", "t"),
        _SAYS_COLUMN,
        _REPLACED,
    ),
    _case(
        "table",
        _COLUMN + _FUNCTION.format("a", "t"),
        'table(Column("a", Text), name="other", info={"renamed_from": "t"})'
        + _FUNCTION.format("a", "other"),
        _SAYS_TABLE,
        _REPLACED,
    ),
    _case(
        "table and column, of a function that a view and a CHECK read",
        'table(Column("a", Text))'
        + _AROUND
        + _FUNCTION.format("a", "t")
        + '\nv = PGView("public", "v", "select f(1) as a")',
        'table(Column("b", Text, info={"renamed_from": "a"}), name="other", info={"renamed_from": "t"})'
        + _AROUND
        + _FUNCTION.format("b", "other")
        + '\nv = PGView("public", "v", "select f(1) as a")',
    ),
    _case(
        "table, of a function that a materialized view of it reads",
        _COLUMN + _FUNCTION.format("a", "public.t") + _MATERIALIZED.format("t"),
        'table(Column("a", Text), name="other", info={"renamed_from": "t"})'
        + _FUNCTION.format("a", "public.other")
        + _MATERIALIZED.format("other"),
        _SAYS_TABLE,
        _REPLACED,
    ),
    _case(
        "column whose name a new one takes",
        _COLUMN + _FUNCTION.format("a", "t"),
        'table(Column("b", Text, info={"renamed_from": "a"}), Column("a", Integer))'
        + _FUNCTION.format("b", "t"),
        _SAYS_COLUMN,
    ),
    _case(
        "column and its type, with an enum that loses a value",
        'table(Column("a", Text), Column("e", Enum("p", "q", name="mood")))'
        + _FUNCTION.format("a", "t"),
        'table(Column("b", String(50), info={"renamed_from": "a"}), Column("e", Enum("p", name="mood")))'
        + _FUNCTION.format("b", "t"),
        _SAYS_COLUMN,
    ),
    _case(
        "column in the type of a function's result",
        _COLUMN + _FUNCTION.format("a", "t"),
        _RENAMED + _FUNCTION.format("b::varchar", "t").replace("RETURNS text", "RETURNS varchar"),
        _SAYS_COLUMN,
    ),
    _case(
        "enum value",
        'table(Column("a", Enum("x", "y", name="mood")))'
        + _FUNCTION.format("CASE a WHEN 'x' THEN 'first' ELSE 'last' END", "t"),
        'table(Column("a", Enum("z", "y", name="mood"), info={"renamed_values": {"x": "z"}}))'
        + _FUNCTION.format("CASE a WHEN 'z' THEN 'first' ELSE 'last' END", "t"),
        "RENAME VALUE",
    ),
    _case(
        "column in the type of a variable in PL/pgSQL",
        _COLUMN + _VARIABLE.format("a"),
        _RENAMED + _VARIABLE.format("b"),
        _SAYS_COLUMN,
    ),
]
