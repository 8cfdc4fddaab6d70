"""Random revisions whose statements need what others before have made, or have taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from tests.property.changes import CHANGES, Change, changes

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

# Statements that belong together. table, column, new, name: as in CHANGES.
GROUPS = (
    (
        "CREATE TYPE hue AS ENUM ('red', 'blue')",
        "ALTER TABLE {table} ADD COLUMN {new} hue DEFAULT 'red' NOT NULL",
    ),
    ("CREATE TYPE hue AS ENUM ('sad', 'glad')", "ALTER TABLE {table} ADD COLUMN {new} hue"),
    ("CREATE SCHEMA x", "CREATE TYPE x.hue AS (a int)", "ALTER TABLE {table} ADD {new} x.hue"),
    (
        "CREATE DOMAIN small AS int CHECK (VALUE < 9)",
        "ALTER TABLE {table} ADD COLUMN {new} small DEFAULT 5",
        "ALTER TABLE {table} ALTER COLUMN parent TYPE small",
    ),
    (
        "CREATE FUNCTION dice() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 4'",
        "ALTER TABLE {table} ADD COLUMN {new} int DEFAULT dice()",
    ),
    (
        "CREATE FUNCTION fixed() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 4'",
        "ALTER TABLE {table} ADD COLUMN {new} int DEFAULT fixed() NOT NULL",
    ),
    ("CREATE SEQUENCE sq", "ALTER TABLE {table} ADD COLUMN {new} bigint DEFAULT nextval('sq')"),
    (
        "ALTER TYPE mood ADD VALUE 'bored'",
        "ALTER TABLE {table} ADD COLUMN {new} mood DEFAULT 'bored' NOT NULL",
        "UPDATE {table} SET {new} = 'bored' WHERE {new} IS NULL",
    ),
    (
        "ALTER TABLE {table} ADD COLUMN {new} int",
        "UPDATE {table} SET {new} = id WHERE {new} IS NULL",
        "ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL",
        "CREATE UNIQUE INDEX {name} ON {table} ({new}, id)",
    ),
    (
        "ALTER TABLE {table} ADD COLUMN {new} int",
        "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({new} > 0)",
        "ALTER TABLE {table} ALTER COLUMN {new} TYPE bigint",
        "ALTER TABLE {table} DROP COLUMN {new}",
    ),
    (
        "ALTER TABLE {table} RENAME COLUMN {column} TO {new}",
        "CREATE INDEX {name} ON {table} ({new})",
        "ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL",
        "ALTER TABLE {table} ALTER COLUMN {new} TYPE text USING {new}::text",
    ),
    (
        "ALTER TABLE {table} RENAME TO renamed",
        "CREATE INDEX {name} ON {schema}renamed ({column})",
        "ALTER TABLE {schema}renamed ADD COLUMN {new} int DEFAULT 1",
        "ALTER TABLE {schema}renamed ALTER COLUMN parent TYPE bigint",
    ),
    (
        "CREATE TABLE other (id int PRIMARY KEY)",
        "INSERT INTO other SELECT generate_series(1, 11)",
        "CREATE INDEX {name} ON other (id)",
        "ALTER TABLE {table} ADD FOREIGN KEY (parent) REFERENCES other (id)",
    ),
    ("CREATE INDEX {name} ON {table} ({column})", "DROP INDEX {schema}{name}"),
    (
        "CREATE INDEX {name} ON {table} ({column})",
        "DROP INDEX {schema}{name}",
        "CREATE INDEX {name} ON {table} ({column}, id)",
    ),
    (
        "CREATE UNIQUE INDEX {name} ON {table} (id, {column})",
        "ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
    ),
    (
        "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (id > 0) NOT VALID",
        "ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
        "ALTER TABLE {table} DROP CONSTRAINT {name}",
    ),
    (
        "ALTER TABLE {table} ALTER COLUMN parent TYPE bigint",
        "ALTER TABLE {table} ALTER COLUMN parent TYPE text",
    ),
    (
        "ALTER TABLE {table} DROP COLUMN {column} CASCADE",
        "ALTER TABLE {table} ADD COLUMN {column} int DEFAULT 3",
        "CREATE INDEX {name} ON {table} ({column})",
    ),
    (
        "CREATE TABLE taken AS SELECT * FROM {table}",
        "CREATE INDEX {name} ON taken (id)",
        "ALTER TABLE taken ADD CONSTRAINT {new} CHECK (id > 0)",
    ),
    ("SET search_path TO s, public", "CREATE INDEX {name} ON {table} ({column})"),
    (
        "TRUNCATE {table} CASCADE",
        "CREATE INDEX {name} ON {table} ({column})",
        "ALTER TABLE {table} ALTER COLUMN parent TYPE bigint",
    ),
    ("ALTER TABLE {table} ADD COLUMN {new} int; CREATE INDEX {name} ON {table} ({new})",),
    ("ALTER TABLE {table} ADD COLUMN {new} int; ALTER TABLE {table} ADD CHECK (id > 0) NOT VALID",),
    ("DO $$ BEGIN ALTER TABLE {table} ADD COLUMN {new} int; END $$",),
    ("DO $$ BEGIN ALTER TABLE {table} ALTER COLUMN parent TYPE bigint; END $$",),
    ("DO $$ BEGIN EXECUTE 'ALTER TABLE {table} ADD {new} int'; END $$",),
    (
        "CREATE TABLE fresh (id int); CREATE INDEX fresh_idx ON fresh (id)",
        "ALTER TABLE fresh ADD COLUMN {new} int DEFAULT 1",
    ),
    ("CREATE TEMP TABLE brief (id int)", "CREATE INDEX {name} ON {table} ({column})"),
    ("LOCK TABLE {table} IN SHARE MODE", "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"),
    ("SET LOCAL work_mem = '8MB'", "CREATE INDEX {name} ON {table} ({column})"),
    (
        "CREATE MATERIALIZED VIEW taken AS SELECT id FROM {table}",
        "CREATE INDEX {name} ON taken (id)",
        "REFRESH MATERIALIZED VIEW taken",
    ),
    (
        "CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touched()",
        "ALTER TABLE {table} ADD COLUMN {new} uuid DEFAULT gen_random_uuid()",
    ),
    (
        "CREATE RULE {name} AS ON UPDATE TO {table} DO ALSO NOTHING",
        "ALTER TABLE {table} ADD COLUMN {new} uuid DEFAULT gen_random_uuid()",
    ),
    (
        (
            "CREATE TRIGGER {name} AFTER UPDATE ON {table} FOR EACH STATEMENT"
            " EXECUTE FUNCTION touched()"
        ),
        "UPDATE {table} SET parent = 3 WHERE parent IS NULL",
    ),
    ("ALTER DOMAIN positive ADD CONSTRAINT {name} CHECK (VALUE < 100000)",),
    (
        "ALTER TABLE {table} ADD COLUMN {new} positive",
        "ALTER DOMAIN positive ADD CONSTRAINT {name} CHECK (VALUE < 100000)",
    ),
    ("ALTER TABLE {table} ADD COLUMN {new} text GENERATED ALWAYS AS (id::text) STORED",),
    ("ALTER TABLE {table} ADD COLUMN {new} text GENERATED ALWAYS AS (id::text) VIRTUAL",),
    ("ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE (id WITH =)",),
    ("ALTER TABLE {table} SET UNLOGGED",),
    ("CLUSTER {table} USING {name}",),
    ("DELETE FROM {table}", "ALTER TABLE {table} ALTER COLUMN id TYPE bigint"),
    (
        "INSERT INTO {table} (id, parent) SELECT n, 1 FROM generate_series(9001, 9900) AS n",
        "CREATE INDEX {name} ON {table} ({column})",
    ),
    (
        "DROP TABLE {table} CASCADE",
        "CREATE TABLE {table} (id int)",
        "ALTER TABLE {table} ADD a int",
    ),
    ("CREATE TABLE part PARTITION OF {table} FOR VALUES FROM (100000) TO (200000)",),
    (
        "CREATE TABLE part (LIKE {table})",
        "ALTER TABLE {table} ATTACH PARTITION part FOR VALUES FROM (100000) TO (200000)",
    ),
    ("ALTER TABLE {table} DETACH PARTITION low",),
    ("ALTER TABLE {table} DETACH PARTITION low CONCURRENTLY",),
    ("CREATE VIEW seen AS SELECT {column} FROM {table}", "DROP VIEW seen"),
    (
        "CREATE VIEW seen AS SELECT parent FROM {table}",
        "ALTER TABLE {table} ALTER COLUMN parent TYPE bigint",
    ),
)


@st.composite
def revisions(draw: DrawFn) -> Change:
    """Return a table and some statements, of which one may need what another did."""
    change = draw(changes())
    table = next(
        one.removeprefix("CREATE TABLE ").partition(" (id")[0]
        for one in change.setup
        if "parent int" in one
    )
    statements = list(change.statements) if draw(st.integers(0, 2)) == 0 else []
    for number in range(draw(st.integers(1, 2))):
        group = draw(st.sampled_from((*GROUPS, *((one,) for one in CHANGES))))
        places = {
            "table": table,
            "column": draw(st.sampled_from(("id", "parent"))),
            "new": f'"new {number + 5}"',
            "name": f'"made {number}"',
            "schema": "s." if table.startswith("s.") else "",
        }
        statements += [one.format(**places) for one in group]
    return replace(change, statements=tuple(statements))
