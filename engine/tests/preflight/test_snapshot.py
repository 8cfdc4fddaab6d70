"""What is read again after a statement about tables is what all of it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.preflight.ask import Scratch
from alembic_pg.preflight.snapshot import read_snapshot

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

TABLES = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE DOMAIN nick AS text CHECK (VALUE <> '')",
    "CREATE SCHEMA other",
    "CREATE TABLE o (id int PRIMARY KEY)",
    "CREATE TABLE t (id int PRIMARY KEY, a int, b text, n nick, m mood, o int REFERENCES o)",
    "CREATE TABLE p (id int, part int) PARTITION BY LIST (part)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
    "CREATE TABLE pd PARTITION OF p DEFAULT",
    "CREATE TABLE p2 (id int, part int)",
    "CREATE TABLE heir () INHERITS (t)",
)

STATEMENTS = (
    "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
    "ALTER TABLE t ALTER a SET NOT NULL",
    "ALTER TABLE t ALTER b SET DEFAULT 'x', ADD z int GENERATED ALWAYS AS (a + 1) STORED",
    "ALTER TABLE t ADD UNIQUE (b), ADD EXCLUDE (a WITH =)",
    "CREATE UNIQUE INDEX u ON t (lower(b)) WHERE a > 1",
    "ALTER TABLE t RENAME COLUMN a TO aa",
    "ALTER TABLE t RENAME TO s",
    "ALTER TABLE s SET SCHEMA other",
    "ALTER TABLE other.s DROP CONSTRAINT k",
    "DROP INDEX other.u",
    "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)",
    "CREATE TABLE p3 PARTITION OF p FOR VALUES IN (3)",
    "ALTER TABLE p DETACH PARTITION p1",
    "ALTER TABLE p ADD UNIQUE (part)",
    "ALTER TABLE other.s DROP z, DROP b, ALTER aa TYPE bigint, ALTER n DROP DEFAULT",
    "ALTER TABLE other.s ALTER aa DROP NOT NULL",
    "INSERT INTO o VALUES (1)",
    "ALTER TABLE heir NO INHERIT other.s",
)


@pytest.mark.parametrize("at_once", [1, 3])
def test_what_changed_is_read_and_the_rest_is_kept(empty: URL, at_once: int) -> None:
    with connect(empty, source="a test", autocommit=True) as connection:
        scratch = Scratch(connection)
        for statement in TABLES:
            scratch.execute(statement)
        before = read_snapshot(scratch)
        kept = 0
        for at in range(0, len(STATEMENTS), at_once):
            for statement in STATEMENTS[at : at + at_once]:
                scratch.execute(statement)
            whole, found = read_snapshot(scratch), read_snapshot(scratch, before)
            assert found == whole, STATEMENTS[at : at + at_once]
            kept += sum(one is before.tables.get(oid) for oid, one in found.tables.items())
            before = found
        assert kept > 50 / at_once
