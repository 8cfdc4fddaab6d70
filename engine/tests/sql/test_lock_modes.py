"""Which lock a statement takes: as its text tells, and as PostgreSQL then shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.sql import lock_modes
from alembic_pg.sql.lock_modes import LOCK_MODES
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

BEFORE = """
CREATE TABLE a (id bigint PRIMARY KEY, x int, y text);
CREATE TABLE b (id bigint PRIMARY KEY, a bigint, CONSTRAINT k CHECK (id > 0));
CREATE TABLE p (id bigint) PARTITION BY RANGE (id);
CREATE TABLE q (id bigint);
CREATE INDEX i ON a (x);
CREATE VIEW v AS SELECT id FROM b;
CREATE MATERIALIZED VIEW m AS SELECT id FROM b;
CREATE INDEX l ON m (id);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION f();
CREATE POLICY o ON b;
"""

# Tables and views; and the locks of a session.
RELATIONS = text("""
SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'
""")
HELD = text("""
SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
""")

STATEMENTS = [
    "CREATE INDEX j ON a (y)",
    "CREATE UNIQUE INDEX j ON ONLY a (y)",
    "DROP INDEX i",
    "ALTER TABLE a ADD COLUMN z int",
    "ALTER TABLE a DROP COLUMN x",
    "ALTER TABLE ONLY a ALTER COLUMN x SET STATISTICS 5",
    "ALTER TABLE a ALTER x SET STATISTICS 5, ALTER y SET NOT NULL",
    "ALTER TABLE a SET (fillfactor = 50)",
    "ALTER TABLE a RENAME TO c",
    "ALTER TABLE b ADD CONSTRAINT g FOREIGN KEY (a) REFERENCES a (id)",
    "ALTER TABLE b ADD CONSTRAINT g FOREIGN KEY (a) REFERENCES a NOT VALID",
    "ALTER TABLE b ADD CONSTRAINT g CHECK (a > 0)",
    "ALTER TABLE b VALIDATE CONSTRAINT k",
    "ALTER TABLE b DISABLE TRIGGER t",
    "ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (1) TO (2)",
    "CREATE TABLE n (a bigint REFERENCES a, b bigint, FOREIGN KEY (b) REFERENCES b (id))",
    "CREATE TABLE n (x int, y int)",
    "CREATE SCHEMA s",
    "CREATE SCHEMA s CREATE TABLE n (a bigint REFERENCES public.a) CREATE VIEW w AS TABLE n",
    "CREATE TABLE n PARTITION OF p FOR VALUES FROM (1) TO (2)",
    "CREATE TRIGGER u AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()",
    "DROP TRIGGER t ON b",
    "CREATE POLICY u ON a",
    "DROP POLICY IF EXISTS o ON b",
    "CREATE RULE r AS ON INSERT TO a DO NOTHING",
    "COMMENT ON TABLE a IS 'x'",
    "COMMENT ON COLUMN public.a.x IS 'x'",
    "COMMENT ON COLUMN a.x IS 'x'",
    "COMMENT ON CONSTRAINT k ON b IS 'x'",
    "COMMENT ON FUNCTION f IS 'x'",
    "GRANT SELECT ON a TO PUBLIC",
    "CREATE VIEW w AS SELECT x FROM a",
    "DROP VIEW v",
    "ALTER VIEW v RENAME TO w",
    "ALTER VIEW v RENAME COLUMN id TO x",
    "ALTER MATERIALIZED VIEW m RENAME COLUMN id TO x",
    "ALTER MATERIALIZED VIEW m SET (fillfactor = 50)",
    "ALTER MATERIALIZED VIEW m RESET (fillfactor)",
    "ALTER MATERIALIZED VIEW m ALTER COLUMN id SET STATISTICS 5",
    "ALTER MATERIALIZED VIEW m CLUSTER ON l",
    "REFRESH MATERIALIZED VIEW m",
    "UPDATE a SET x = 1",
    "DELETE FROM ONLY a WHERE x = 1",
    "INSERT INTO a VALUES (1)",
    "TRUNCATE a",
    "DROP TABLE IF EXISTS a, q",
    "CREATE SEQUENCE s",
    "LOCK TABLE a, b IN SHARE ROW EXCLUSIVE MODE",
    "LOCK ONLY a",
    "LOCK TABLE a IN ACCESS SHARE MODE",
    "UPDATE a SET x = 2; ALTER TABLE b ADD z int; COMMENT ON TABLE q IS ''",
]

# What does not keep others from work, and is not told of.
HARMLESS = ("", "ACCESS SHARE", "ROW SHARE")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_as_postgresql_shows(empty: URL, statement: str) -> None:
    with connect(empty, source="the tests") as connection:
        with connection.begin():
            connection.exec_driver_sql(BEFORE)
            known = {row.oid: row.relname for row in connection.execute(RELATIONS)}
        with connection.begin():
            connection.exec_driver_sql(statement)
            found = connection.execute(HELD).all()
    held = {(known[oid], spelled(mode)) for oid, mode in found if oid in known}
    strongest = max((mode for _, mode in held), key=LOCK_MODES.index, default="")
    lock, tables = lock_modes.strongest_lock(statement)
    assert lock == ("" if strongest in HARMLESS else strongest)
    if statement != "DROP INDEX i":  # only the catalog knows its table
        assert {name for _, name in tables} == {name for name, mode in held if mode == lock}


def spelled(mode: str) -> str:
    """Return a lock's name as the documentation has it, of AccessExclusiveLock, say."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


@pytest.mark.parametrize(
    ("statements", "modes"),
    [
        (["ALTER TABLE a ADD b int; SELECT 1; ALTER TABLE s.b DROP c"], {"a": 7, "s.b": 7}),
        (["ALTER TABLE a ADD b int REFERENCES b"], {"a": 7, "b": 5}),
        (["ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b", "DROP TABLE b"], {"a": 5, "b": 7}),
        (["ALTER TABLE a ADD b int REFERENCES a"], {"a": 7}),
        (["UPDATE a SET b = 1; CREATE INDEX ON b (c)"], {"b": 4}),
    ],
)
def test_each_table_that_several_statements_lock(
    statements: list[str], modes: dict[str, int]
) -> None:
    found = {name: LOCK_MODES.index(m) for name, m in lock_modes.blocking_locks(statements).items()}
    assert {name.replace('"', ""): place for name, place in found.items()} == modes
