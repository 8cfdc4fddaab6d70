"""The tables of a soak round, with rows, and what tells whether a row was lost or doubled."""

from __future__ import annotations

ROWS = 12_000  # of each table, with the ids 1 to ROWS; rows of traffic have greater ones
WIDE = 200  # of these rows, so many have a text of 20 kB

TABLES = (
    "CREATE TYPE mood AS ENUM ('sad', 'glad')",
    "CREATE TABLE parents (id int PRIMARY KEY, best int)",
    (
        "CREATE TABLE t (id int PRIMARY KEY, amount int NOT NULL, code text NOT NULL, filled int,"
        " maybe int, parent int, mood mood, title varchar(50), wide text, stamp timestamp)"
    ),
    "ALTER TABLE t ALTER wide SET STORAGE EXTERNAL",
    "CREATE INDEX t_amount_idx ON t (amount)",
    "CREATE VIEW stamps AS SELECT stamp FROM t",
    (
        "CREATE TABLE children (id int PRIMARY KEY, amount int NOT NULL,"
        " t_id int NOT NULL CONSTRAINT children_t_id_fkey REFERENCES t)"
    ),
    "CREATE INDEX children_t_id_idx ON children (t_id)",
    (
        "CREATE TABLE parts (id int NOT NULL, region int NOT NULL, amount int NOT NULL,"
        " extra int NOT NULL, filled int, PRIMARY KEY (id, region)) PARTITION BY LIST (region)"
    ),
    *(f"CREATE TABLE parts_{n} PARTITION OF parts FOR VALUES IN ({n})" for n in range(3)),
    "CREATE TABLE parts_9 (LIKE parts INCLUDING ALL)",
    "CREATE TABLE audit (what text)",
    "CREATE TABLE account (balance int)",
    "CREATE TABLE ledger (relation text, rows int, amount int)",
)

FILL = (
    f"INSERT INTO parents SELECT n, n FROM generate_series(1, {ROWS}) AS n",
    (
        "INSERT INTO t SELECT n, n % 100, 'code ' || n, NULL, n, n, 'glad', 'title ' || n,"
        f" CASE WHEN n <= {WIDE} THEN repeat('x', 20000) END,"
        f" '2020-01-01'::timestamp + n * interval '1 hour' FROM generate_series(1, {ROWS}) AS n"
    ),
    f"INSERT INTO children SELECT n, n % 100, n FROM generate_series(1, {ROWS}) AS n",
    (
        "INSERT INTO parts SELECT n, n % 3, n % 100, n % 50, NULL"
        f" FROM generate_series(1, {ROWS}) AS n"
    ),
    "INSERT INTO parts_9 SELECT -n, 9, n, 5000, n % 7 FROM generate_series(1, 300) AS n",
    "INSERT INTO account VALUES (100)",
)

# What the sums of a table are without traffic is in the quiet run; what traffic did, it notes.
SUMS = """
SELECT 't', count(*), sum(amount) FROM t
UNION ALL SELECT 'children', count(*), sum(amount) FROM children
UNION ALL SELECT 'parts', count(*), sum(amount) FROM parts
ORDER BY 1
"""

NOTED = """
SELECT relation, sum(rows), sum(amount) FROM ledger GROUP BY relation
"""

# What nothing but the revision writes.
REST = (
    "SELECT what FROM audit ORDER BY 1",
    "SELECT balance FROM account",
    f"""
    SELECT md5(string_agg(concat_ws('|', id, code, filled, maybe, mood, title, stamp), ','
      ORDER BY id)) FROM t WHERE id <= {ROWS}
    """,
    f"""
    SELECT md5(string_agg(concat_ws('|', id, extra, filled), ',' ORDER BY id))
    FROM parts WHERE id <= {ROWS}
    """,
)
