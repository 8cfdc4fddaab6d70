"""Expressions of every flavour, each in a model that is compared with itself."""

from __future__ import annotations

from tests.matrix.sources import after, before

# A type of SQLAlchemy's, and a server default as its Python source.
DEFAULTS = (
    ("Integer", '"1"'),
    ("Integer", '"-1"'),
    ("Integer", 'text("(1 + 2) * 3")'),
    ("Integer", 'text("CASE WHEN true THEN 1 ELSE 2 END")'),
    ("Integer", 'text("NULL")'),
    ("Integer", 'text("f(5)")'),
    ("Integer", "text(\"coalesce(NULL, length('x'))\")"),
    ("Integer", "s.next_value()"),
    ("SmallInteger", '"5"'),
    ("BigInteger", 'text("1e10")'),
    ("BigInteger", "text(\"nextval('public.s'::regclass)\")"),
    ("Numeric(10, 2)", '"1.50"'),
    ("Numeric(10, 2)", 'text("1")'),
    ("Float", 'text("random()")'),
    ("Float", '"-1.5"'),
    ("Text", '"it\'s 50% :x \\\\ \\"q\\""'),
    ("Text", '""'),
    ("Text", "text(\"'a' || current_user\")"),
    ("Text", "text(\"lower('X')\")"),
    ("Text", 'text("session_user")'),
    ("Text", "text(\"E'a\\\\\\\\tb'\")"),
    ("String(3)", '"x"'),
    ("String(3)", "text(\"'x'::varchar(3)\")"),
    ("CHAR(3)", '"x"'),
    ("Boolean", "true()"),
    ("Boolean", '"f"'),
    ("Boolean", 'text("(NOT false)")'),
    ("DateTime", "func.now()"),
    ("DateTime(timezone=True)", "func.now()"),
    ("DateTime(timezone=True)", 'text("CURRENT_TIMESTAMP")'),
    ("DateTime(timezone=True)", "text(\"now() + interval '1 day'\")"),
    ("DateTime(timezone=True)", "text(\"'infinity'\")"),
    ("DateTime", "text(\"timezone('utc', now())\")"),
    ("DateTime", "text(\"(now() at time zone 'utc')\")"),
    ("DateTime", "text(\"date_trunc('day', now())\")"),
    ("Date", 'text("CURRENT_DATE")'),
    ("Date", "text(\"'2020-01-01'\")"),
    ("Time", 'text("LOCALTIME(0)")'),
    ("Time(timezone=True)", "text(\"'12:00+00'\")"),
    ("Interval", '"1 day"'),
    ("Interval", "text(\"interval '1' year\")"),
    ("Numeric", 'text("extract(epoch from now())")'),
    ("Uuid", 'text("gen_random_uuid()")'),
    ("JSONB", '"{}"'),
    ("JSONB", 'text("\'{\\"a\\": [1, null]}\'::jsonb")'),
    ("JSON", "text(\"json_build_object('a', 1)\")"),
    ("ARRAY(Text)", '"{}"'),
    ("ARRAY(Text)", 'text("ARRAY[]::text[]")'),
    ("ARRAY(String(5))", "text(\"ARRAY['a', 'b']\")"),
    ("ARRAY(Integer)", 'text("ARRAY[1, 2]")'),
    ("LargeBinary", "text(\"'\\\\\\\\x00'\")"),
    ("BIT(3)", "text(\"B'101'\")"),
    ("INT4RANGE", "text(\"'[1,2)'\")"),
    ("INET", '"::1"'),
    ("MOOD", '"x"'),
    ("MOOD", "text(\"'it''s'\")"),
    ("ARRAY(MOOD)", '"{x}"'),
    ('DOMAIN("word", String(9))', '"x"'),
    ("OID", 'text("0")'),
    ("REGCLASS", "text(\"'pg_class'::regclass\")"),
)

# Conditions on the columns of ``t``; "mood" is an enum.
CONDITIONS = (
    "a IN (1, 2, 3)",
    "a NOT IN (1, 2)",
    "a IN (1, 2.5)",
    "a::text IN ('1', '2')",
    "a BETWEEN 1 AND 5",
    "a = -1",
    "a % 2 = 0",
    "a IS DISTINCT FROM 5",
    "coalesce(a, 0) > -1",
    "nullif(a, 0) > 1",
    "greatest(a, 5) < 10",
    "(a, n) <> (1, 2)",
    "num_nonnulls(a, n) = 1",
    "(a IS NULL) <> (v IS NULL)",
    "a > 0 AND (v IS NULL OR b)",
    "n > 0.5",
    "n::int > 5",
    "n IN (1, 2.5)",
    "v IN ('x', 'y')",
    "v NOT IN ('x', 'y')",
    "v IN ('x')",
    "v IN ('x', t)",
    "v IN ('it''s', 'a,b', '(c]')",
    "v IN (NULL, 'x')",
    "v = ANY (ARRAY['x', 'y'])",
    "v = ANY ('{x,y}')",
    "v::text IN ('a', 'b')",
    "v::varchar(3) IN ('x', 'y')",
    "v IN ('x', 'y') AND c NOT IN ('a', 'b') OR t IN ('p', 'q')",
    "lower(v) IN ('a', 'b')",
    "v LIKE 'x%%'",
    "t ILIKE ANY (ARRAY['a%%', 'b%%'])",
    "v ~ '^[a-z]{2,}$'",
    "v SIMILAR TO 'a_b'",
    "v = upper(v)",
    "v <> ''",
    "v COLLATE \"C\" > 'a'",
    "substring(v from 1 for 2) = 'ab'",
    "position('a' in v) > 0",
    "trim(both from v) <> ''",
    "length(v) > 1",
    "c IN ('abc', 'def')",
    "c = 'abc'",
    "t IN ('a', 'b')",
    "b IS TRUE",
    "b = true",
    "NOT b",
    "CASE WHEN b THEN a > 0 ELSE true END",
    "CASE v WHEN 'x' THEN true ELSE v IN ('y', 'z') END",
    "e IN ('x', 'y')",
    "e = 'x'",
    "e <> ALL ('{x}')",
    "e > 'x' OR e IS NULL",
    "l <@ ARRAY[1, 2]",
    "1 = ANY (l)",
    "l[1] > 0",
    "array_length(l, 1) > 0",
    "j ? 'k'",
    "j ->> 'k' = 'v'",
    "j ->> 'k' IN ('v', 'w')",
    "j @> '{\"a\": 1}'",
    "jsonb_typeof(j -> 'a') = 'object'",
    "d > '2000-01-01'",
    "d + 5 > date '2000-01-01'",
    "d IN ('2000-01-01', '2001-01-01')",
    "extract(year from d) > 2000",
    "date_part('year', d) > 2000",
    "z > '2000-01-01 00:00+00'",
    "z at time zone 'utc' > '2000-01-01'",
    "isfinite(z)",
    "interval '1 day' > make_interval(days => a)",
    "w IN ('x', 'y')",
)

# Values of the columns of ``t``, with their types of SQLAlchemy's.
VALUES = (
    ("Integer", "a * 2"),
    ("Integer", "coalesce(a, 0) + length(v)"),
    ("Numeric(10, 2)", "n * 1.5"),
    ("Numeric", "a / 3.0"),
    ("Text", "v || '-' || t"),
    ("Text", "lower(v)"),
    ("Text", "CASE WHEN v IN ('x', 'y') THEN 'yes' ELSE t END"),
    ("String(20)", "v::varchar(20)"),
    ("Boolean", "v IN ('x', 'y')"),
    ("Boolean", "a IS NULL"),
    ("Integer", "(j ->> 'k')::int"),
    ("JSONB", "j -> 'k'"),
    ("DateTime", "z at time zone 'utc'"),
    ("Integer", "d - date '2000-01-01'"),
    ("TSVECTOR", "to_tsvector('english', coalesce(v, '') || ' ' || t)"),
    ("ARRAY(Integer)", "l || 1"),
    ("Text", "md5(v)"),
)

QUERIES = (
    "select * from t",
    "select t.*, v in ('x', 'y') as q from t",
    "select distinct on (a) a, v from t order by a, v desc nulls last limit 5",
    "select a, count(*) filter (where v in ('x', 'y')) as n from t group by a having count(*) > 1",
    "select a, rank() over (partition by v order by a desc) as r from t",
    "select x.a, y.v from t x left join t y using (id) where x.v = any (array['p', 'q'])",
    "select x.a, y.l from t x cross join lateral (select l from t where a = x.a) y",
    "with c as (select a from t where v not in ('x', 'y')) select a from c union all select 1",
    "with recursive c(n) as (values (1) union all select n + 1 from c where n < 5) select n from c",
    "select array_agg(v order by a desc) as g, string_agg(v, ', ') as s from t",
    "select a, v, grouping(a) as g from t group by grouping sets ((a), (v), ())",
    "select jsonb_build_object('a', a, 'v', v) as j, j -> 'x' ->> 'y' as k from t",
    "select extract(year from d) as y, z at time zone 'utc' as u, now() - z as w from t",
    "select case v when 'x' then 1 when 'y' then 2 end as c, a::text, n::int as m from t",
    "select exists (select 1 from t y where y.id = t.id) as e, (select max(a) from t) as m from t",
    "select * from (values (1, 'x'), (2, 'it''s')) as k (n, s)",
    "select unnest(l) as u, generate_series(1, a) as g from t",
    "select e::text, e in ('x', 'y') as q, w in ('x', 'y') as r from t",
    (
        "select sum(a) over w as s from t "
        "window w as (order by id rows between 1 preceding and current row)"
    ),
    "select f(a) as f, g(v) as g from t",
)

FUNCTIONS = (
    "f(x int) returns int language sql immutable as $$ select x $$",
    (
        "g(x varchar, y text default 'a', variadic z int[] default '{}') returns bool language sql "
        "return x in ('x', 'y') and y not in ('p', 'q')"
    ),
    "h(out a int, out b text) returns setof record language sql as $$ select 1, 'it''s' $$",
    (
        "i(x anyelement) returns anyarray language sql strict parallel safe cost 5 "
        "as 'select array[x]'"
    ),
    (
        "k() returns table (a int, b varchar) language plpgsql security definer "
        "set search_path = public, pg_temp set work_mem = '4MB' as $x$ begin return; end $x$"
    ),
    (
        "l(m mood default 'x', d date default current_date) returns mood language sql "
        "begin atomic select m; select m where m in ('x', 'y'); end"
    ),
    "o() returns trigger language plpgsql as $$ begin\n\treturn new;  -- \\ :x %% '\nend $$",
)

_MOOD = 'MOOD = Enum("x", "y", "it\'s", name="mood", metadata=m)\n'
_FUNCTIONS = before(*(f"CREATE FUNCTION {one}" for one in FUNCTIONS[:1]))
_WORD = before("CREATE DOMAIN word AS varchar(9) CONSTRAINT c CHECK (VALUE IN ('x', 'y'))")
_COLUMNS = (
    'Column("a", Integer), Column("n", Numeric(10, 2)), Column("v", String(10)), '
    'Column("t", Text), Column("c", CHAR(3)), Column("b", Boolean), Column("e", MOOD), '
    'Column("l", ARRAY(Integer)), Column("j", JSONB), Column("d", Date), '
    'Column("z", DateTime(timezone=True)), '
    'Column("w", DOMAIN("word", String(9), create_type=False))'
)


def _table(*parts: str) -> str:
    return f"{_MOOD}{_WORD}table({', '.join([_COLUMNS, *parts])})\n"


def _immutable(condition: str) -> bool:
    """Return whether an index may have a condition: not one that depends on settings."""
    return "make_interval" not in condition


def sources() -> dict[str, str]:
    """Return a module of models for each place that an expression can stand in."""
    checks = [f"CheckConstraint({one!r}, name='c{n}')" for n, one in enumerate(CONDITIONS)]
    indexes = [
        f"Index('i{n}', 'a', postgresql_where=text({one!r}))"
        for n, one in enumerate(CONDITIONS)
        if _immutable(one)
    ]
    keys = [f"Index('i{n}', text({f'({one})'!r}))" for n, (_, one) in enumerate(VALUES)]
    computed = [
        f"Column('x{n}', {kind}, Computed({one!r}, persisted=True))"
        for n, (kind, one) in enumerate(VALUES)
    ]
    defaults = [
        f"Column('x{n}', {kind}, server_default={one})" for n, (kind, one) in enumerate(DEFAULTS)
    ]
    doubled = [one.replace("%", "%%").replace("%%%%", "%%") for one in CONDITIONS]
    policies = [f"CREATE POLICY p{n} ON t USING ({one})" for n, one in enumerate(doubled)]
    triggers = [
        f"CREATE TRIGGER r{n} AFTER INSERT ON t FOR EACH ROW "
        f"WHEN (new.v IN ('x', 'y') AND ({one})) EXECUTE FUNCTION o()"
        for n, one in enumerate(("new.a IN (1, 2)", "new.e IN ('x', 'y')", "new IS NOT NULL"))
    ]
    views = [f"CREATE VIEW v{n} AS {one}" for n, one in enumerate(QUERIES)]
    made = [f"CREATE FUNCTION {one}" for one in FUNCTIONS]
    sequence = 's = Sequence("s", metadata=m)\n'
    return {
        "defaults": f"{_MOOD}{_WORD}{_FUNCTIONS}{sequence}table({', '.join(defaults)})".replace(
            'DOMAIN("word", String(9))', 'DOMAIN("word", String(9), create_type=False)'
        ),
        "CHECKs": _table(*checks),
        "index predicates": _table(*indexes),
        "index expressions": _table(*keys),
        "computed columns": _table(*computed),
        "policies": _table() + after(*policies),
        "views": _table() + after(*made, *views),
        "materialized views": _table()
        + after(*made, *(one.replace("VIEW", "MATERIALIZED VIEW", 1) for one in views)),
        "functions": _table() + after(*made),
        "triggers and rules": _table()
        + after(
            *made,
            *triggers,
            "CREATE RULE r AS ON UPDATE TO t WHERE old.v NOT IN ('x', 'y') DO INSTEAD NOTHING",
            "CREATE STATISTICS s ON (v IN ('x', 'y')), (a + 1) FROM t",
        ),
    }
