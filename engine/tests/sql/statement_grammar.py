"""Random statements that PostgreSQL's grammar takes, and texts of several of them."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

# A statement as its tokens.
Tokens = st.SearchStrategy[tuple[str, ...]]

_SPACES = st.sampled_from(
    [" ", "\n", "\t\f ", " /* ; 'x */ ", "/* a /* b */ c */", " -- it's; \"x\n", " --\r "]
)

# Of columns, tables and the like; words that are keywords elsewhere, too.
_NAMES = (
    *("t", "T1", "_a$1", "größe", "𠀀y", "→", "n\u00a0n", '"odd ""name"""', '"𠀀;"', '"select"'),
    *(r'U&"d\0061t\+020000"', "u&\"d!0061;\"\nuescape '!'", "x" * 70, "é" * 40),
    *("if", "index", "valid", "exclude", "enforced", "key", "no", "update", "delete", "merge"),
    *("column", "type", "atomic", "begin", "concurrently_", "partition", "view", "data", "values"),
)


def words(text: str) -> Tokens:
    """Return words in any case."""
    parts = tuple(text.split())
    return st.sampled_from([parts, tuple(map(str.lower, parts)), tuple(map(str.title, parts))])


def seq(*parts: str | Tokens) -> Tokens:
    """Return what comes one after the other."""
    return st.tuples(*(words(one) if isinstance(one, str) else one for one in parts)).map(
        lambda found: tuple(itertools.chain.from_iterable(found))
    )


def one_of(*parts: str | Tokens) -> Tokens:
    """Return one of several."""
    return st.one_of(*(words(one) if isinstance(one, str) else one for one in parts))


def maybe(*parts: str | Tokens) -> Tokens:
    """Return parts, or nothing."""
    return st.one_of(st.just(()), seq(*parts))


def some(part: str | Tokens) -> Tokens:
    """Return one to three, with commas between them."""
    found = words(part) if isinstance(part, str) else part
    return st.lists(found, min_size=1, max_size=3).map(
        lambda several: tuple(token for one in several for token in (",", *one))[1:]
    )


def literal(*tokens: str) -> Tokens:
    """Return tokens as they are."""
    return st.just(tokens)


NAME = st.sampled_from([(one,) for one in _NAMES if one != "column"])
# A column may stand where a keyword would be taken for one.
COLUMN = st.sampled_from([(one,) for one in _NAMES if one not in {"column", "values"}])
TABLE = one_of(
    NAME, seq(NAME, literal("."), NAME), seq(literal("db", "."), NAME, literal(".", "t"))
)
TWO_PARTS = one_of(NAME, seq(NAME, literal("."), NAME))
RELATION = one_of(
    TABLE,
    seq("ONLY", TABLE),
    seq("ONLY", literal("("), TABLE, literal(")")),
    seq(TABLE, literal("*")),
)
STRING = st.sampled_from(
    [("'x;'",), ("e'it\\'s;'",), ("$$a;$$",), ("$é$'$é$",), ("U&'\\0061;'",), ("'it''s'",)]
)
BRACKETED = seq(literal("("), some(COLUMN), literal(")"))
QUERY = one_of(
    seq("SELECT 1 AS", one_of("atomic", "begin")),
    seq("SELECT * FROM", TABLE),
    seq("SELECT * FROM t FOR", one_of("UPDATE", "NO KEY UPDATE"), "OF t"),
    seq(literal("(", "VALUES", "(", "1", ")", ")")),
)
VALUE = one_of(
    literal("1"),
    STRING,
    COLUMN,
    seq(literal("(", "SELECT", "1", ")")),
    seq("CASE WHEN", COLUMN, "IS NULL THEN 1 ELSE 2 END"),
    seq("lower", literal("("), COLUMN, literal(")")),
    literal("t", ".", "select"),
)
CONDITION = one_of(
    seq(COLUMN, "IS NULL"),
    seq(COLUMN, "ISNULL"),
    seq(literal("("), COLUMN, "IS NULL", literal(")")),
    seq(COLUMN, "IS NOT NULL OR", COLUMN, "IS NULL"),
    seq(COLUMN, "IS DISTINCT FROM", VALUE),
    seq(COLUMN, "IN", literal("("), some(VALUE), literal(")")),
    seq("EXISTS", literal("("), "SELECT FROM", TABLE, "WHERE a IS NULL", literal(")")),
    seq(literal("s", ".", "t", ".", "a", "=", "1")),
)
TYPE = one_of("int", "numeric ( 10 , 2 )", "character varying ( 3 )", "s . mood", "int [ ]")
SWITCH = st.sampled_from([(), ("true",), ("off",), ("FALSE",), ("1",), ("0",), ("'on'",)])


def _options(*names: str) -> Tokens:
    """Return options in brackets."""
    option = seq(one_of(*names), SWITCH)
    return seq(literal("("), some(option), literal(")"))


CREATE_INDEX = seq(
    "CREATE",
    maybe("UNIQUE"),
    "INDEX",
    maybe("CONCURRENTLY"),
    one_of(literal(), NAME, seq("IF NOT EXISTS", NAME)),
    "ON",
    RELATION,
    maybe("USING", one_of("btree", "gin")),
    BRACKETED,
    maybe("INCLUDE", BRACKETED),
    maybe("NULLS NOT DISTINCT"),
    maybe(literal("WITH", "(", "fillfactor", "=", "70", ")")),
    maybe("TABLESPACE", NAME),
    maybe("WHERE", CONDITION),
)

DROP = seq(
    "DROP",
    one_of(
        seq("INDEX", maybe("CONCURRENTLY"), maybe("IF EXISTS"), some(TABLE)),
        seq(one_of("TABLE", "VIEW", "SEQUENCE"), maybe("IF EXISTS"), some(TWO_PARTS)),
    ),
    one_of(literal(), "RESTRICT", "CASCADE"),
)

_INDEX_SPACE = maybe("USING INDEX TABLESPACE", NAME)
_DEFERRING = one_of(literal(), "DEFERRABLE", "NOT DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED")
KEY = one_of(
    seq("UNIQUE", maybe("NULLS NOT DISTINCT"), BRACKETED, _INDEX_SPACE, _DEFERRING),
    seq("PRIMARY KEY", BRACKETED, maybe("INCLUDE", BRACKETED), _INDEX_SPACE, _DEFERRING),
    seq(one_of("UNIQUE", "PRIMARY KEY"), "USING INDEX", NAME, _DEFERRING),
    seq("EXCLUDE", maybe("USING gist"), literal("(", "a", "WITH", "=", ")"), _INDEX_SPACE),
)
CHECK = seq("CHECK", literal("("), one_of(CONDITION, "NOT valid", "NOT enforced"), literal(")"))
FOREIGN_KEY = seq("FOREIGN KEY", BRACKETED, "REFERENCES", TABLE, maybe("ON DELETE SET NULL"))
CONSTRAINT = seq(
    maybe("CONSTRAINT", NAME),
    one_of(
        KEY,
        seq(one_of(CHECK, FOREIGN_KEY), one_of(literal(), "NOT VALID", "NOT ENFORCED", "ENFORCED")),
        seq("NOT NULL", COLUMN),
    ),
)
COLUMN_ACTION = one_of(
    seq("ADD", maybe("COLUMN"), maybe("IF NOT EXISTS"), COLUMN, TYPE, maybe("DEFAULT", STRING)),
    seq("DROP", maybe("COLUMN"), COLUMN),
    seq(
        "ALTER",
        maybe("COLUMN"),
        COLUMN,
        one_of(
            "SET NOT NULL",
            "DROP NOT NULL",
            seq(maybe("SET DATA"), "TYPE", TYPE, maybe("COLLATE x"), maybe("USING", VALUE)),
            seq("SET DEFAULT", VALUE),
            "SET STATISTICS 1",
        ),
    ),
)
ACTION = one_of(
    COLUMN_ACTION,
    seq("ADD", CONSTRAINT),
    seq("VALIDATE CONSTRAINT", NAME),
    seq("ALTER CONSTRAINT", NAME, "NOT DEFERRABLE"),
    seq("SET TABLESPACE", NAME),
    seq("SET LOGGED"),
    seq(literal("SET", "(", "fillfactor", "=", "70", ")")),
    seq("OWNER TO", NAME),
    seq("INHERIT", TABLE),
    seq("ENABLE ROW LEVEL SECURITY"),
)
BOUND = one_of(
    "DEFAULT",
    seq(literal("FOR", "VALUES", "IN", "(", "1", ",", "'x)'", ")")),
    seq(literal("FOR", "VALUES", "FROM", "(", "1", ",", "MINVALUE", ")", "TO", "(", "2", ",", "3")),
    seq(literal("for", "values", "with", "(", "modulus", "2", ",", "remainder", "0", ")")),
).map(lambda bound: (*bound, ")") if "MINVALUE" in bound else bound)
ALTER_TABLE = seq(
    "ALTER TABLE",
    maybe("IF EXISTS"),
    RELATION,
    one_of(
        ACTION,
        ACTION,
        some(ACTION),
        seq("ATTACH PARTITION", TABLE, BOUND),
        seq("DETACH PARTITION", TABLE, one_of(literal(), "CONCURRENTLY", "FINALIZE")),
        seq("RENAME", maybe("COLUMN"), COLUMN, "TO", COLUMN),
        seq("RENAME CONSTRAINT", NAME, "TO", NAME),
    ),
)
ALTER_OTHER = one_of(
    seq("ALTER TABLE", TABLE, one_of(seq("RENAME TO", NAME), seq("SET SCHEMA", NAME))),
    seq(
        "ALTER",
        one_of("TABLE", "INDEX", "MATERIALIZED VIEW"),
        "ALL IN TABLESPACE",
        NAME,
        "SET TABLESPACE",
        NAME,
    ),
    seq(
        "ALTER",
        one_of("INDEX", "MATERIALIZED VIEW"),
        maybe("IF EXISTS"),
        TABLE,
        one_of(
            seq("SET TABLESPACE", NAME),
            seq(literal("SET", "(", "fillfactor", "=", "70", ")")),
            seq(literal("SET", "(", "fillfactor", "=", "70", ")", ","), "SET TABLESPACE", NAME),
            seq("RENAME TO", NAME),
        ),
    ),
    seq("ALTER MATERIALIZED VIEW", TABLE, "SET ACCESS METHOD heap"),
    seq("ALTER INDEX", TABLE, "ATTACH PARTITION", TABLE),
    seq("ALTER", one_of("VIEW", "FOREIGN TABLE", "SEQUENCE"), TABLE, "OWNER TO", NAME),
    seq(
        "ALTER TYPE",
        TWO_PARTS,
        one_of(
            seq(
                "ADD VALUE",
                maybe("IF NOT EXISTS"),
                STRING,
                maybe(one_of("BEFORE", "AFTER"), STRING),
            ),
            seq("RENAME VALUE", STRING, "TO", STRING),
            seq("RENAME TO", NAME),
        ),
    ),
    seq(
        "ALTER DOMAIN",
        TWO_PARTS,
        one_of(
            "SET NOT NULL",
            "DROP NOT NULL",
            seq("ADD", maybe("CONSTRAINT", NAME), CHECK, maybe("NOT VALID")),
            seq("VALIDATE CONSTRAINT", NAME),
            seq("SET DEFAULT", STRING),
        ),
    ),
)

ALIAS = maybe(maybe("AS"), st.sampled_from([("x",), ('"X y"',), ("t",), ("valid",)]))
RETURNING = maybe("RETURNING", COLUMN)
ASSIGNMENT = one_of(
    seq(COLUMN, literal("="), VALUE),
    seq(COLUMN, literal("="), "DEFAULT"),
    seq(literal("(", "a", ",", "b", ")", "=", "(", "1", ",", "2", ")")),
    seq(literal("a", "[", "1", "]", "="), VALUE),
)
UPDATE = seq(
    "UPDATE",
    RELATION,
    ALIAS,
    "SET",
    some(ASSIGNMENT),
    maybe("FROM", TABLE),
    maybe("WHERE", one_of(CONDITION, "CURRENT OF c")),
    RETURNING,
)
BACKFILL = st.builds(
    lambda table, column, value, test: (
        *("UPDATE", *table, "SET", *column, "=", *value, "WHERE"),
        *(*column, *test),
    ),
    *(TABLE, COLUMN, VALUE, words("IS NULL")),
)
DELETE = seq(
    "DELETE FROM", RELATION, ALIAS, maybe("USING", TABLE), maybe("WHERE", CONDITION), RETURNING
)
MERGE = seq(
    "MERGE INTO",
    RELATION,
    literal("AS", "x"),
    "USING u ON true WHEN MATCHED THEN",
    one_of("DELETE", "UPDATE SET a = 1"),
)
INSERT = seq(
    "INSERT INTO",
    TABLE,
    QUERY,
    maybe(
        "ON CONFLICT",
        one_of("DO NOTHING", literal("(", "a", ")", "DO", "UPDATE", "SET", "a", "=", "1")),
    ),
)
WRITE = one_of(UPDATE, BACKFILL, DELETE, MERGE, INSERT)
WITH_QUERIES = seq(
    *("WITH", maybe("RECURSIVE"), NAME, "AS", one_of(literal(), "MATERIALIZED")),
    *(literal("("), one_of(WRITE, QUERY), literal(")")),
)
WITH_SELECT = seq(WITH_QUERIES, "SELECT 1")
WITH = seq(WITH_QUERIES, one_of(WRITE, "SELECT 1"))
ANY_WRITE = one_of(WRITE, WITH)
CONTAINING = one_of(
    seq(
        "EXPLAIN",
        one_of(literal(), "ANALYZE", "ANALYSE VERBOSE", "VERBOSE"),
        one_of(ANY_WRITE, QUERY),
    ),
    seq("EXPLAIN", _options("ANALYZE", "COSTS", "VERBOSE"), ANY_WRITE),
    seq(
        "PREPARE",
        NAME,
        maybe(literal("(", "int", ",", "text", ")")),
        "AS",
        one_of(ANY_WRITE, QUERY),
    ),
    seq("COPY", literal("("), one_of(ANY_WRITE, QUERY), literal(")"), "TO STDOUT"),
    seq(
        "CREATE",
        one_of(literal(), "TEMP", "UNLOGGED"),
        "TABLE",
        TWO_PARTS,
        "AS",
        one_of(WITH_SELECT, QUERY),
    ),
    seq(literal("("), WITH_SELECT, literal(")")),
)

CREATE_TABLE = seq(
    "CREATE",
    one_of(literal(), literal(), "UNLOGGED", "TEMPORARY", "LOCAL TEMP"),
    "TABLE",
    maybe("IF NOT EXISTS"),
    TABLE,
    one_of(
        seq(literal("("), some(seq(COLUMN, TYPE)), literal(")")),
        seq(
            "PARTITION OF",
            TABLE,
            maybe(literal("(", "a", "DEFAULT", "1", ")")),
            BOUND,
            maybe("PARTITION BY LIST", BRACKETED),
            maybe("TABLESPACE", NAME),
        ),
    ),
)

MAINTENANCE = one_of(
    seq("REFRESH MATERIALIZED VIEW", maybe("CONCURRENTLY"), TABLE, maybe("WITH NO DATA")),
    seq("CLUSTER", one_of(literal(), "VERBOSE", seq(TABLE, maybe("USING", NAME)))),
    seq("CLUSTER", NAME, "ON", TABLE),
    seq("CLUSTER", _options("VERBOSE"), TABLE),
    seq(
        "REINDEX",
        maybe(_options("CONCURRENTLY", "VERBOSE")),
        one_of(
            seq(one_of("TABLE", "INDEX"), maybe("CONCURRENTLY"), TABLE),
            seq("SCHEMA", maybe("CONCURRENTLY"), NAME),
            seq(one_of("DATABASE", "SYSTEM"), maybe(NAME)),
        ),
    ),
    seq(
        "VACUUM",
        maybe("FULL"),
        maybe("VERBOSE"),
        maybe("ANALYZE"),
        maybe(some(seq(RELATION, maybe(BRACKETED)))),
    ),
    seq("VACUUM", _options("FULL", "ANALYZE"), maybe(some(seq(RELATION, maybe(BRACKETED))))),
    seq("ANALYZE", maybe(some(RELATION))),
)

ROUTINE = literal("s", ".", "atomic")
BODY = seq(
    "BEGIN ATOMIC",
    one_of(literal(), seq(WRITE, literal(";"), "SELECT CASE 1 WHEN 1 THEN 2 END", literal(";"))),
    "END",
)
OTHERS = one_of(
    seq(
        "CREATE",
        maybe("OR REPLACE"),
        "FUNCTION",
        ROUTINE,
        literal("(", "begin", "atomic", ")"),
        "RETURNS int",
        BODY,
    ),
    seq("CREATE PROCEDURE", ROUTINE, literal("(", ")"), BODY),
    seq("CREATE FUNCTION f", literal("(", ")"), "RETURNS int LANGUAGE sql AS", STRING),
    seq(
        "CREATE RULE",
        NAME,
        "AS ON UPDATE TO",
        TABLE,
        "DO ALSO",
        literal("("),
        one_of(UPDATE, INSERT),
        literal(";"),
        DELETE,
        literal(")"),
    ),
    seq("CREATE TRIGGER", NAME, "AFTER UPDATE ON", TABLE, "EXECUTE FUNCTION f", literal("(", ")")),
    seq("CREATE", maybe("OR REPLACE"), "VIEW", TWO_PARTS, "AS", QUERY),
    seq("COMMENT ON INDEX", TABLE, "IS", STRING),
    seq("DO", STRING),
    seq("GRANT UPDATE ON", TABLE, "TO", NAME),
    seq("LOCK TABLE", RELATION),
    seq("TRUNCATE", some(RELATION)),
    "BEGIN",
    "END",
    "SET LOCAL lock_timeout = 1",
    QUERY,
)

STATEMENT_TOKENS = one_of(
    *(CREATE_INDEX, DROP, ALTER_TABLE, ALTER_TABLE, ALTER_OTHER, ANY_WRITE, CONTAINING),
    *(CREATE_TABLE, MAINTENANCE, OTHERS),
)


def _spaced(tokens: tuple[str, ...], spaces: list[str]) -> str:
    """Return tokens with spaces and comments between them, the same ones again and again."""
    return "".join(
        token + space for token, space in zip(tokens, itertools.cycle(spaces), strict=False)
    )


STATEMENTS = st.builds(_spaced, STATEMENT_TOKENS, st.lists(_SPACES, min_size=1, max_size=4))

# Several statements, some of them empty.
TEXTS = st.lists(st.one_of(STATEMENTS, st.sampled_from(["", " -- ;\n"])), max_size=4).map(";".join)
