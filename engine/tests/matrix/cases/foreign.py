"""The matrix of text search and foreign data."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import SERVER, WRAPPER, after, before

CASES = [
    Case(
        "text search parser",
        "added",
        "",
        before(
            "CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)"
        ),
    ),
    Case(
        "text search parser",
        "changed",
        before(
            "CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)"
        ),
        before(
            "CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline)"
        ),
    ),
    Case(
        "text search template",
        "added",
        "",
        before("CREATE TEXT SEARCH TEMPLATE tst (INIT = dsimple_init, LEXIZE = dsimple_lexize)"),
    ),
    Case(
        "text search template",
        "under a dictionary",
        before(
            "CREATE TEXT SEARCH TEMPLATE tst (LEXIZE = dsimple_lexize)",
            "CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = tst)",
        ),
        before(
            "CREATE TEXT SEARCH TEMPLATE tst (INIT = dsimple_init, LEXIZE = dsimple_lexize)",
            "CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = tst)",
        ),
    ),
    Case(
        "text search configuration",
        "parser",
        before(
            "CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
            "CREATE TEXT SEARCH CONFIGURATION tsc (PARSER = tsp)",
        ),
        before(
            "CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
            'CREATE TEXT SEARCH CONFIGURATION tsc (PARSER = "default")',
        ),
    ),
    Case(
        "text search dictionary",
        "added, used by a configuration",
        before("CREATE TEXT SEARCH CONFIGURATION tsc (COPY = english)"),
        before(
            "CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = simple, stopwords = english)",
            "CREATE TEXT SEARCH CONFIGURATION tsc (COPY = english)",
            "ALTER TEXT SEARCH CONFIGURATION tsc ALTER MAPPING FOR asciiword WITH tsd, simple",
        ),
    ),
    Case("foreign data wrapper", "added", "", WRAPPER),
    Case(
        "foreign data wrapper",
        "validator",
        WRAPPER,
        WRAPPER.replace("WRAPPER fdw", "WRAPPER fdw VALIDATOR postgresql_fdw_validator"),
    ),
    Case(
        "foreign data wrapper",
        "options under a server",
        SERVER,
        SERVER.replace("WRAPPER fdw')", "WRAPPER fdw OPTIONS (debug \\'true\\')')", 1),
    ),
    Case(
        "foreign server",
        "type and version",
        SERVER,
        WRAPPER + before("CREATE SERVER srv TYPE 'x' VERSION '5' FOREIGN DATA WRAPPER fdw"),
    ),
    Case(
        "foreign server",
        "grant",
        SERVER,
        SERVER
        + before(
            "GRANT USAGE ON FOREIGN SERVER srv TO pg_monitor",
            "GRANT USAGE ON FOREIGN DATA WRAPPER fdw TO pg_monitor",
        ),
    ),
    Case(
        "user mapping",
        "options",
        SERVER + before("CREATE USER MAPPING FOR PUBLIC SERVER srv OPTIONS (user 'x')"),
        SERVER
        + before(
            "CREATE USER MAPPING FOR PUBLIC SERVER srv OPTIONS (user 'y', password 'it''s :z')"
        ),
        says=("ALTER USER MAPPING FOR public SERVER srv OPTIONS (ADD",),
        avoids=("DROP USER MAPPING",),
    ),
    Case(
        "foreign table",
        "options",
        SERVER + after("CREATE FOREIGN TABLE ft (a int) SERVER srv"),
        SERVER
        + after(
            "CREATE FOREIGN TABLE ft (a int OPTIONS (column_name 'b') CHECK (a > 0)) SERVER srv OPTIONS (table_name 'x')"
        ),
    ),
    Case(
        "foreign table",
        "under a view",
        SERVER
        + after(
            "CREATE FOREIGN TABLE ft (a int) SERVER srv",
            "CREATE VIEW v AS SELECT a FROM ft",
            "GRANT SELECT ON ft TO pg_monitor",
        ),
        SERVER
        + after(
            "CREATE FOREIGN TABLE ft (a text) SERVER srv",
            "CREATE VIEW v AS SELECT a FROM ft",
            "GRANT SELECT ON ft TO pg_monitor",
        ),
    ),
    Case(
        "foreign table",
        "partition",
        SERVER + 'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\n',
        SERVER
        + 'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\n'
        + after("CREATE FOREIGN TABLE ft PARTITION OF t FOR VALUES FROM (0) TO (10) SERVER srv"),
    ),
    Case(
        "foreign server",
        "options, under a user mapping and a foreign table",
        WRAPPER
        + before("CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (a 'x, y', b '2')")
        + before("CREATE USER MAPPING FOR public SERVER srv OPTIONS (u 'me')")
        + after("CREATE FOREIGN TABLE ft (a int) SERVER srv"),
        WRAPPER
        + before("CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (a 'z', c '3')")
        + before("CREATE USER MAPPING FOR public SERVER srv OPTIONS (u 'me')")
        + after("CREATE FOREIGN TABLE ft (a int) SERVER srv"),
        says=("ALTER SERVER srv OPTIONS",),
    ),
]
