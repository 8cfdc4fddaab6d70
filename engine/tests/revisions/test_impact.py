"""What statements destroy and break: as their text tells, and as PostgreSQL then shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.revisions import schema_model
from alembic_pg.revisions.impact import ImpactReader
from sqlalchemy import text

if TYPE_CHECKING:
    from alembic_pg.revisions.impact_findings import Impact
    from sqlalchemy.engine import URL, Connection

BEFORE = """
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('good', 'bad', 'it''s');
CREATE DOMAIN short AS varchar(9) CHECK (VALUE <> '');
CREATE TABLE a (id bigint PRIMARY KEY, "The Name" text NOT NULL DEFAULT '', size int, m mood,
  w short, d int GENERATED ALWAYS AS (size * 2) STORED, n numeric(10, 2), CHECK (size > 0),
  CONSTRAINT dpos CHECK (d > 0));
CREATE TABLE b (LIKE a, ref bigint REFERENCES a);
CREATE TABLE other.c (x timestamptz, y mood[]);
CREATE VIEW v AS SELECT id FROM a;
CREATE MATERIALIZED VIEW mv AS SELECT id FROM a;
CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x; SELECT x';
CREATE INDEX a_size_idx ON a (size);
CREATE SEQUENCE s;
"""

# Tables, columns, values of enums: by the names that a revision gives them.
_THERE = text("""
SELECT CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END AS schema,
  relname, array_agg(attname::text ORDER BY attnum) AS columns
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
  JOIN pg_attribute AS a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    AND attgenerated = ''
WHERE relkind IN ('r', 'p') AND nspname IN ('public', 'other') GROUP BY 1, 2
""")
_VALUES = text("""
SELECT format('value %L of %s', enumlabel, typname) FROM pg_enum JOIN pg_type AS t
  ON t.oid = enumtypid
""")


def there(connection: Connection) -> set[str]:
    """Return all that could be destroyed."""
    found = set(connection.scalars(_VALUES))
    for place, table, columns in connection.execute(_THERE):
        found.add(f"table {place}{table}")
        found |= {f"column {place}{table}.{column}" for column in columns}
    return found


SWAP = """
ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM ('good', 'it''s');
ALTER TABLE a ALTER COLUMN m TYPE mood USING m::text::mood;
ALTER TABLE b ALTER COLUMN m TYPE mood USING m::text::mood;
ALTER TABLE other.c ALTER COLUMN y TYPE mood[] USING y::text[]::mood[];
DROP TYPE mood_old;
"""

RENAME = """
ALTER TYPE mood RENAME VALUE 'bad' TO 'sad';
ALTER TYPE mood RENAME TO m2;
CREATE TYPE mood AS ENUM ('sad', 'good');
"""

# One revision each, and what it destroys of the above.
GONE = [
    ("DROP TABLE b", ["table b"]),
    ("DROP TABLE IF EXISTS public.b, other.c CASCADE", ["table b", "table other.c"]),
    ('ALTER TABLE a DROP "The Name"', ["column a.The Name"]),
    (
        "ALTER TABLE ONLY b DROP COLUMN IF EXISTS size CASCADE, DROP COLUMN m, ADD z int",
        ["column b.size", "column b.m"],
    ),
    ("DROP SCHEMA other CASCADE", ["schema other with what is in it", "table other.c"]),
    (
        "DROP TYPE mood CASCADE",
        ["column a.m", "column b.m", "column other.c.y"],
    ),
    ("DO $x$ BEGIN IF true THEN DROP TABLE b; END IF; END $x$", ["table b"]),
    ("DO 'BEGIN EXECUTE ''ALTER TABLE a DROP COLUMN n''; END'", ["column a.n"]),
    (
        "DO $x$ BEGIN EXECUTE $y$DROP TABLE b; DROP TABLE other.c$y$; END $x$",
        ["table b", "table other.c"],
    ),
    ("DROP DOMAIN short CASCADE", ["column a.w", "column b.w"]),
    (
        "CREATE DOMAIN d AS short; ALTER TABLE a ALTER w TYPE d, ADD z d; DROP DOMAIN d CASCADE",
        ["column a.w"],
    ),
    (
        "ALTER TYPE mood SET SCHEMA other; DROP SCHEMA other CASCADE",
        ["schema other with what is in it", "table other.c", "column a.m", "column b.m"],
    ),
    ('DROP TABLE U&"\\0062"', ["table b"]),
    ("ALTER TABLE a DROP U&\"!0054he Name\" UESCAPE '!'", ["column a.The Name"]),
    ("CREATE TABLE IF NOT EXISTS b (x int); DROP TABLE b", ["table b"]),
    (SWAP, ["value 'bad' of mood"]),
    (RENAME, ["value 'it''s' of mood"]),
    # Nothing that was there goes.
    ("CREATE TABLE new (x int, y int); ALTER TABLE new DROP y; DROP TABLE new", []),
    ("ALTER TABLE a ADD z int; ALTER TABLE a DROP COLUMN z", []),
    ("DROP VIEW v; CREATE VIEW v AS SELECT size FROM a", []),
    ("DROP INDEX a_size_idx; DROP SEQUENCE s; DROP FUNCTION f; DROP MATERIALIZED VIEW mv", []),
    ("ALTER TABLE a DROP CONSTRAINT a_size_check; ALTER TABLE a ALTER size DROP DEFAULT", []),
    ("ALTER TABLE a DROP COLUMN d", []),
    ("CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS 'BEGIN DROP TABLE a; END'", []),
    ("COMMENT ON TABLE a IS 'DROP TABLE b'", []),
    ("ALTER TYPE mood ADD VALUE 'new'", []),
    ("CREATE SCHEMA new; CREATE TABLE new.x (y int); DROP SCHEMA new CASCADE", []),
    ("CREATE SCHEMA new; DROP SCHEMA new", []),
]


@pytest.mark.parametrize(("revision", "names"), GONE)
def test_as_postgresql_shows(empty: URL, revision: str, names: list[str]) -> None:
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql(BEFORE)
        known, written = (
            ImpactReader(schema_model.read_schema(connection)),
            ImpactReader(schema_model.Schema()),
        )
        written.read_sql(BEFORE)
        before = there(connection)
        connection.exec_driver_sql(revision)
        gone = before - there(connection)
    kept = {one for one in gone if one.startswith("column") and _table(one) in gone}
    if revision is RENAME:
        gone = {"value 'it''s' of mood"}  # m2 still has it, which nobody means any more
    if "mood" in revision and "CASCADE" in revision:
        gone = {one for one in gone if not one.startswith("value")}  # its columns say it
    assert gone - kept == {name for name in names if not name.startswith("schema")}
    for reader in (known, written):
        assert destroyed(reader, revision).destroys == names


def _table(column: str) -> str:
    return f"table {column.removeprefix('column ').rpartition('.')[0]}"


def destroyed(reader: ImpactReader, revision: str) -> Impact:
    """Return what a revision does."""
    reader.begin_revision()
    reader.read_sql(revision)
    return reader.end_revision()


@pytest.mark.parametrize(
    ("revision", "names"),
    [
        ("ALTER TABLE a ALTER size TYPE smallint", ["column a.size as integer"]),
        (
            "ALTER TABLE a ALTER COLUMN n SET DATA TYPE numeric(10, 1), ALTER w TYPE text",
            ["column a.n as numeric(10,2)"],
        ),
        ("ALTER TABLE a ALTER w TYPE varchar(5)", ["column a.w as character varying(9)"]),
        ("ALTER TABLE other.c ALTER x TYPE timestamp", None),
        ("ALTER TABLE a ALTER size TYPE bigint, ALTER id TYPE numeric", []),
        ("ALTER TABLE a ALTER m TYPE text USING m::text", []),
        ("ALTER TABLE a ADD z bigint; ALTER TABLE a ALTER z TYPE int", []),
        ("ALTER TABLE nobody_knows ALTER z TYPE int", ["column nobody_knows.z as it was"]),
        ("TRUNCATE a, b", ["rows of a", "rows of b"]),
        (
            "TRUNCATE TABLE ONLY a, ONLY other.c CASCADE",
            [
                "rows of a",
                "rows of all that refers to a (CASCADE)",
                "rows of other.c",
                "rows of all that refers to other.c (CASCADE)",
            ],
        ),
        ("DROP SCHEMA nobody_knows CASCADE", ["schema nobody_knows with what is in it"]),
        (
            "ALTER TYPE pair ADD ATTRIBUTE z int, DROP ATTRIBUTE x, ALTER ATTRIBUTE v TYPE int",
            ["attribute pair.x", "attribute pair.v as it was"],
        ),
        ("ALTER TABLE a ALTER size TYPE bigint USING size % 9", ["column a.size as integer"]),
        ("ALTER TABLE a ALTER size TYPE text USING 'x'", ["column a.size as integer"]),
        (
            "ALTER TABLE a ALTER w TYPE text USING left(w, 2)",
            ["column a.w as character varying(9)"],
        ),
        ("ALTER TABLE a ALTER size TYPE text USING (size::bigint)::text", []),
        ("ALTER TABLE a ALTER size TYPE bigint USING CAST(size AS bigint)", []),
        ("ALTER TABLE a ALTER size TYPE bigint[] USING ARRAY[size]", []),
        (
            "ALTER TABLE a ALTER w TYPE text[] USING CASE WHEN w IS NOT NULL THEN ARRAY[w] END",
            [],
        ),
        (
            "ALTER TABLE a ALTER size TYPE smallint[] USING ARRAY[size]",
            ["column a.size as integer"],
        ),
        ("ALTER TABLE a ALTER size TYPE int[] USING ARRAY[w]", ["column a.size as integer"]),
        ("ALTER TABLE a ALTER size TYPE int[] USING ARRAY[size, 1]", ["column a.size as integer"]),
        ("DO $x$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $x$", ["table …"]),
        (
            "DO $x$ BEGIN EXECUTE 'ALTER TABLE ' || quote_ident(t) || ' DROP COLUMN z'; END $x$",
            ["column ….z"],
        ),
        ("DO $x$ BEGIN RAISE NOTICE 'no %', 'DROP ' || 'ROLE'; END $x$", []),
        ("DROP EXTENSION citext CASCADE", ["extension citext with what needs it"]),
        ("DROP OWNED BY somebody", ["all that somebody owns"]),
    ],
)
def test_what_no_catalog_shows_is_found(revision: str, names: list[str] | None) -> None:
    reader = ImpactReader(schema_model.Schema())
    reader.read_sql(BEFORE)
    wanted = ["column other.c.x as timestamp with time zone"] if names is None else names
    assert destroyed(reader, revision).destroys == wanted


_DROPPED = "ALTER TABLE a DROP CONSTRAINT dpos"


@pytest.mark.parametrize(
    ("revision", "sentences"),
    [
        ("DROP TABLE b", ["b is gone"]),
        ("ALTER TABLE b RENAME TO bb", ["b is now bb"]),
        ("ALTER TABLE b SET SCHEMA other", ["b is now other.b"]),
        ("ALTER TABLE b RENAME TO c; ALTER TABLE c SET SCHEMA new", ["b is now new.c"]),
        ("ALTER TABLE b SET SCHEMA new; ALTER TABLE new.b SET SCHEMA public", []),
        ("ALTER TABLE a RENAME size TO length", ["a.size is now a.length"]),
        (
            "ALTER TABLE a RENAME TO q; ALTER TABLE q RENAME size TO length",
            ["a is now q", "a.size is now q.length"],
        ),
        (
            "ALTER TABLE a RENAME size TO length; ALTER TABLE a RENAME TO q",
            ["a.size is now q.length", "a is now q"],
        ),
        (
            "ALTER TABLE a RENAME size TO x; ALTER TABLE a RENAME x TO length",
            ["a.size is now a.length"],
        ),
        ("ALTER TABLE a RENAME size TO x; ALTER TABLE a RENAME x TO size", []),
        ("ALTER TABLE a RENAME size TO x; ALTER TABLE a DROP x", ["a.size is gone"]),
        ("ALTER VIEW v RENAME COLUMN size TO length", ["v.size is now v.length"]),
        ("ALTER VIEW v RENAME size TO length", ["v.size is now v.length"]),
        ("ALTER TABLE a DROP d", ["a.d is gone"]),
        ("ALTER TABLE a ALTER size TYPE text", ["a.size is now text"]),
        ("ALTER TABLE a ALTER size TYPE bigint", []),
        ("ALTER TABLE a ADD z int NOT NULL", ["a.z must be given"]),
        ("ALTER TABLE a ADD z int NOT NULL; ALTER TABLE a ALTER z SET DEFAULT 1", []),
        ("ALTER TABLE a ADD z int; ALTER TABLE a ALTER z SET NOT NULL", ["a.z must be given"]),
        ("ALTER TABLE a ADD z int NOT NULL DEFAULT 1", []),
        ("ALTER TABLE a ADD z bigserial", []),
        ("ALTER TABLE a ALTER size SET NOT NULL", ["a.size must not be NULL"]),
        ('ALTER TABLE a ALTER "The Name" DROP DEFAULT', ["a.The Name must be given"]),
        ("ALTER TABLE a ADD CONSTRAINT k UNIQUE (size)", ["new rows of a must fit k"]),
        ("ALTER TABLE a ADD CHECK (size > 1)", ["new rows of a must fit a new CHECK constraint"]),
        ("CREATE UNIQUE INDEX i ON a (size)", ["new rows of a must fit i"]),
        ("CREATE INDEX i ON a (size)", []),
        (f"{_DROPPED}; ALTER TABLE a ADD CONSTRAINT dpos CHECK ((d > 0))", []),
        (f"{_DROPPED}; ALTER TABLE a ADD CONSTRAINT new CHECK (d > 0) NOT VALID", []),
        (
            f"{_DROPPED}; ALTER TABLE a ADD CONSTRAINT dpos CHECK (d > 1)",
            ["new rows of a must fit dpos"],
        ),
        (
            "ALTER TABLE a RENAME d TO e; ALTER TABLE a ADD CONSTRAINT k CHECK (e > 0)",
            ["a.d is now a.e"],
        ),
        ("ALTER TABLE a RENAME CONSTRAINT dpos TO k", []),
        (
            (
                "ALTER TABLE a DROP d; ALTER TABLE a ADD e int GENERATED ALWAYS AS (size) STORED;"
                "ALTER TABLE a ADD CONSTRAINT dpos CHECK (e > 0)"
            ),
            ["new rows of a must fit dpos", "a.d is gone"],
        ),
        ("CREATE TABLE n (x int NOT NULL UNIQUE); CREATE UNIQUE INDEX i ON n (x)", []),
        ("ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'", ["'bad' of mood is now 'sad'"]),
        ("DROP VIEW v", ["v is gone"]),
        ("DROP VIEW v; CREATE OR REPLACE VIEW v AS SELECT 1", []),
        ("DROP VIEW IF EXISTS v, other.w CASCADE", ["v is gone", "other.w is gone"]),
        ("DROP VIEW v, w; CREATE VIEW v AS SELECT 1", ["w is gone"]),
        ("DROP VIEW v; CREATE VIEW v AS SELECT size FROM a", ["v.id is gone"]),
        ("DROP VIEW v; CREATE VIEW v AS SELECT *, 1 AS one FROM a", []),
        ("CREATE OR REPLACE VIEW v AS SELECT id, size FROM a", []),
        (
            "DROP MATERIALIZED VIEW mv; CREATE MATERIALIZED VIEW mv (x) AS TABLE a",
            ["mv.id is gone"],
        ),
        (
            "ALTER VIEW v RENAME id TO x; DROP VIEW v; CREATE VIEW v AS SELECT x",
            ["v.id is now v.x"],
        ),
        ("CREATE VIEW w AS SELECT id; DROP VIEW w; CREATE VIEW w AS SELECT size", []),
        ("DROP FUNCTION f", ["f is gone"]),
        ("DROP FUNCTION f(int, text), g()", ["f is gone", "g is gone"]),
        ("ALTER VIEW v RENAME TO w", ["v has another name"]),
        ("ALTER TABLE a DROP COLUMN size, ADD size int", ["a.size is gone"]),
        ("ALTER TABLE a DROP d; ALTER TABLE a ADD d int", ["a.d is gone"]),
        ("ALTER TABLE a DROP d; ALTER TABLE a ADD d text GENERATED ALWAYS AS (size) STORED", []),
    ],
)
def test_what_old_code_breaks_on(revision: str, sentences: list[str]) -> None:
    reader = ImpactReader(schema_model.Schema())
    reader.read_sql(BEFORE)
    assert destroyed(reader, revision).breaks == sentences


def test_what_an_earlier_revision_dropped_is_new() -> None:
    reader = ImpactReader(schema_model.Schema())
    unique = "CREATE UNIQUE INDEX i ON a (size)"
    reader.read_sql(f"{BEFORE}; {unique}")
    destroyed(reader, f"{_DROPPED}; DROP INDEX i")
    added = destroyed(reader, f"ALTER TABLE a ADD CONSTRAINT dpos CHECK (d > 0); {unique}")
    assert added.breaks == ["new rows of a must fit dpos", "new rows of a must fit i"]
    assert destroyed(reader, f"DROP INDEX CONCURRENTLY i; {unique}").breaks == []
