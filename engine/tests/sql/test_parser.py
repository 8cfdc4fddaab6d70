"""Which statements have an online form."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from alembic_pg.sql.parser import parse
from alembic_pg.sql.statements import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddPartition,
    AlterColumnType,
    AlterDomain,
    ConcurrentMaintenance,
    CreateIndex,
    DetachPartition,
    DropIndex,
    OtherAlterTable,
    Rewrite,
    SetNotNull,
    Statement,
    UnbatchedWrite,
    UnnamedIndex,
    UpdateOrDelete,
    ValidateConstraint,
)


@pytest.mark.parametrize(
    ("sql", "kind", "parts"),
    [
        (
            'create unique index "I" ON s.t USING gin (a);',
            CreateIndex,
            {"name": '"I"', "table": "s.t", "unique": True, "rest": "USING gin (a)"},
        ),
        ("DROP INDEX IF EXISTS s.i", DropIndex, {"name": "s.i", "if_exists": True}),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT c CHECK ((a > 0, b)) NO INHERIT",
            AddConstraint,
            {"name": "c", "kind": "CHECK", "body": "CHECK ((a > 0, b)) NO INHERIT"},
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a, b) REFERENCES u",
            AddConstraint,
            {"kind": "FOREIGN"},
        ),
        ("ALTER TABLE t ADD CHECK (a > 0)", AddConstraint, {"name": "", "kind": "CHECK"}),
        ('ALTER TABLE t ALTER "C" SET NOT NULL', SetNotNull, {"column": '"C"'}),
        (
            "ALTER TABLE t ADD COLUMN c numeric(10, 2) DEFAULT 0 NOT NULL",
            AddColumn,
            {"column": "c", "definition": "numeric(10, 2) DEFAULT 0 NOT NULL"},
        ),
        ("ALTER TABLE t ADD c int", AddColumn, {"column": "c", "definition": "int"}),
        (
            "ALTER TABLE t ALTER COLUMN c TYPE varchar(5) COLLATE x USING (a || 'x')::text",
            AlterColumnType,
            {"definition": "varchar(5) COLLATE x", "using": "(a || 'x')::text"},
        ),
        ("ALTER TABLE t ALTER c SET DATA TYPE bigint", AlterColumnType, {"definition": "bigint"}),
        ("ALTER TYPE s.m ADD VALUE 'x' BEFORE 'y'", AddEnumValue, {"value": "'x' BEFORE 'y'"}),
        (
            "ALTER TABLE ONLY s.t ATTACH PARTITION p FOR VALUES IN (1, 2)",
            AddPartition,
            {"table": "s.t", "partition": "p", "bound": "FOR VALUES IN (1, 2)", "is_attach": True},
        ),
        (
            (
                "CREATE TABLE IF NOT EXISTS p PARTITION OF t (a DEFAULT 1)"
                " FOR VALUES FROM (1, 'x') TO (2, MAXVALUE) PARTITION BY LIST (b)"
            ),
            AddPartition,
            {
                "table": "t",
                "bound": "FOR VALUES FROM (1, 'x') TO (2, MAXVALUE)",
                "is_attach": False,
            },
        ),
        (
            (
                "CREATE UNLOGGED TABLE p PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)"
                " WITH (fillfactor = 50)"
            ),
            AddPartition,
            {"bound": "FOR VALUES WITH (MODULUS 2, REMAINDER 0)"},
        ),
        ("ALTER TABLE t DETACH PARTITION s.p CONCURRENTLY", DetachPartition, {"partition": "s.p"}),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", ValidateConstraint, {"name": "c"}),
        ("ALTER TABLE t VALIDATE CONSTRAINT c, VALIDATE CONSTRAINT d", OtherAlterTable, {}),
        ("ALTER TABLE t DETACH PARTITION p FINALIZE", OtherAlterTable, {}),
        ("ALTER TABLE t DETACH PARTITION p", OtherAlterTable, {}),
        ("ALTER DOMAIN s.d ADD CHECK (VALUE > 0)", AlterDomain, {"action": "ADD CONSTRAINT"}),
        ("ALTER DOMAIN d SET NOT NULL", AlterDomain, {"table": "d", "action": "SET NOT NULL"}),
        (
            'UPDATE s.t SET "C" = lower(a, 2) WHERE "C" IS NULL;',
            UpdateOrDelete,
            {
                "alias": "t",
                "backfill_column": '"C"',
                "body": 'SET "C" = lower(a, 2)',
                "backfill_value": "lower(a, 2)",
            },
        ),
        ("UPDATE t SET c = (SELECT 1) WHERE c IS NULL", UpdateOrDelete, {"backfill_column": ""}),
        ("UPDATE t x SET c = 1 WHERE c IS NULL", UpdateOrDelete, {"backfill_column": ""}),
        (
            "UPDATE t AS x SET c = 1 FROM u WHERE c IS NULL",
            UpdateOrDelete,
            {
                "alias": "x",
                "backfill_column": "",
                "body": "SET c = 1 FROM u",
                "single_table": False,
            },
        ),
        (
            "UPDATE t x SET c = 1, d = 2 WHERE c IS NULL",
            UpdateOrDelete,
            {"alias": "x", "backfill_column": ""},
        ),
        ("UPDATE t SET WHERE", UpdateOrDelete, {"backfill_column": "", "condition": ""}),
        (r'UPDATE U&"\0074" SET c = 1', UpdateOrDelete, {"table": '"t"', "alias": '"t"'}),
        ("UPDATE t SET c = 1", UpdateOrDelete, {"condition": "", "backfill_column": ""}),
        (
            "DELETE FROM t USING u WHERE t.a = u.a OR b",
            UpdateOrDelete,
            {
                "verb": "DELETE FROM",
                "body": "USING u",
                "single_table": False,
                "condition": "t.a = u.a OR b",
            },
        ),
        ("ALTER TABLE IF EXISTS t ADD COLUMN a int", OtherAlterTable, {"rest": "ADD COLUMN a int"}),
        ("ALTER TABLE ONLY t ALTER a SET NOT NULL", SetNotNull, {"only": True}),
        ("REFRESH MATERIALIZED VIEW s.v WITH NO DATA", Rewrite, {"table": "s.v"}),
        ("CLUSTER (VERBOSE) t USING i", Rewrite, {"table": "t", "command": "CLUSTER"}),
        ("REINDEX (VERBOSE) INDEX s.i", Rewrite, {"table": "s.i", "command": "REINDEX INDEX"}),
        ("VACUUM FULL VERBOSE t (a)", Rewrite, {"table": "t", "command": "VACUUM FULL"}),
        ("VACUUM (FULL) t (a, b), u", Rewrite, {"table": "t", "other_tables": ("u",)}),
        ("VACUUM FULL", Rewrite, {"table": ""}),
        ("CLUSTER", Rewrite, {"table": ""}),
        ("REINDEX SCHEMA s", Rewrite, {"table": ""}),
        ("REINDEX (CONCURRENTLY) TABLE t", ConcurrentMaintenance, {}),
        ("REINDEX INDEX CONCURRENTLY i", ConcurrentMaintenance, {}),
        ("CREATE INDEX CONCURRENTLY ON t (a)", ConcurrentMaintenance, {}),
        ("CREATE INDEX ON t (a)", UnnamedIndex, {"table": "t", "only": False}),
        ("CREATE INDEX i ON ONLY s.t (a)", UnnamedIndex, {"table": "s.t", "only": True}),
        ("ALTER INDEX i SET TABLESPACE x", Rewrite, {"table": "i"}),
        ("ALTER TABLE ALL IN TABLESPACE x SET TABLESPACE y", Rewrite, {"table": ""}),
        ("VACUUM (ANALYZE, FULL) t", Rewrite, {"table": "t"}),
        (
            "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) USING INDEX TABLESPACE x",
            AddConstraint,
            {"name": "k", "kind": "UNIQUE", "body": "UNIQUE (a) USING INDEX TABLESPACE x"},
        ),
        ("ALTER TABLE t ADD CHECK (NOT valid)", AddConstraint, {"body": "CHECK (NOT valid)"}),
        ("ALTER TABLE t ADD exclude int", AddColumn, {"column": "exclude"}),
        ("ALTER TABLE ONLY (t) ADD a int", AddColumn, {"table": "t", "only": True}),
        ("ALTER TABLE s /* . */ . t * ADD a int", AddColumn, {"table": "s.t"}),
        (
            "ALTER INDEX i SET (fillfactor = 70), SET TABLESPACE x",
            Rewrite,
            {"table": "i", "command": "ALTER INDEX … SET TABLESPACE"},
        ),
        ("CREATE INDEX 𠀀 ON → (a)", CreateIndex, {"name": "𠀀", "table": "→"}),
        ("; CREATE INDEX i ON t (a);", CreateIndex, {"name": "i", "rest": "(a)"}),
        ("CREATE INDEX i ON t * (a)", CreateIndex, {"table": "t", "rest": "(a)"}),
        ("CREATE INDEX CONCURRENTLY i ON ONLY t (a)", ConcurrentMaintenance, {}),
        ("CLUSTER i ON s.t", Rewrite, {"table": "s.t"}),
        ("REINDEX (CONCURRENTLY off) TABLE t", Rewrite, {"table": "t"}),
        ("VACUUM FULL ONLY t (a), u", Rewrite, {"table": "t", "other_tables": ("u",)}),
        ("UPDATE t * SET a = 1", UpdateOrDelete, {"table": "t", "alias": "t"}),
        (
            "UPDATE t SET a = 1 WHERE a IS DISTINCT FROM 1",
            UpdateOrDelete,
            {"single_table": True},
        ),
        ("UPDATE t SET a = 1 FROM u WHERE u.s.b = 1", UpdateOrDelete, {"single_table": False}),
        ("UPDATE t SET c = 1 WHERE (c ISNULL)", UpdateOrDelete, {"backfill_column": "c"}),
        ("UPDATE t SET c = values WHERE c IS NULL", UpdateOrDelete, {"backfill_value": "values"}),
        (
            "DELETE FROM t",
            UpdateOrDelete,
            {"alias": "t", "body": "", "condition": "", "single_table": True},
        ),
    ],
)
def test_what_is_recognised(sql: str, kind: type[Statement], parts: dict[str, Any]) -> None:
    shape = parse(sql)
    assert shape is not None
    assert type(shape) is kind
    found = asdict(shape)
    assert {name: found[name] for name in parts} == parts


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1",
        "CREATE TABLE t (a int)",
        "CREATE TABLE p PARTITION OF t DEFAULT",
        "DROP INDEX a, b",
        "DROP INDEX a CASCADE",
        "ALTER TABLE t ADD COLUMN a int; DROP TABLE t",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "VACUUM t",
        "VACUUM (ANALYZE) t",
        "ALTER TYPE m RENAME VALUE 'a' TO 'b'",
        "ALTER INDEX i RENAME TO j",
        "ALTER SEQUENCE s AS bigint",
        "CREATE INDEX s.i ON t (a)",
        "CREATE INDEX",
        "VACUUM (FULL off) t",
        "EXPLAIN UPDATE t SET a = 1",
        "EXPLAIN (ANALYZE false) UPDATE t SET a = 1",
        "EXPLAIN ANALYZE SELECT a FROM t FOR UPDATE",
        "PREPARE p AS SELECT 1",
        "COPY t TO STDOUT",
        "WITH x AS (SELECT a FROM t FOR NO KEY UPDATE) SELECT a FROM x",
        "CREATE TABLE u AS SELECT a FROM t",
        "CREATE TABLE u (a int REFERENCES t ON DELETE SET NULL ON UPDATE CASCADE)",
    ],
)
def test_what_runs_as_it_stands(sql: str) -> None:
    assert parse(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED",
        "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
        "ALTER TABLE t ADD CONSTRAINT c NOT NULL a",
        "ALTER TABLE t ALTER a DROP NOT NULL",
        "ALTER TABLE t ALTER a SET NOT NULL x",
        "ALTER TABLE t ADD UNIQUE",
    ],
)
def test_another_alter_table(sql: str) -> None:
    assert type(parse(sql)) is OtherAlterTable


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET a = 1 WHERE b RETURNING a",
        "UPDATE t SET a = 1 WHERE CURRENT OF c",
        "UPDATE t NOT",
        "UPDATE t SET a = s.t.b WHERE a IS NULL",
        "UPDATE ONLY t SET a = 1 WHERE a IS NULL",
        "DELETE FROM ONLY t WHERE a",
        "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
        "WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x",
        "INSERT INTO t SELECT a FROM u ON CONFLICT (a) DO UPDATE SET b = 1",
        "DELETE FROM t RETURNING a",
        "UPDATE t SET a = 1 WHERE s.t.b = 1",
        "(WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x)",
        "CREATE TABLE u AS WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x",
    ],
)
def test_what_only_the_planner_knows(sql: str) -> None:
    assert type(parse(sql)) is UnbatchedWrite


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN ANALYZE {}",
        "; EXPLAIN (ANALYZE, COSTS off) {};",
        "EXPLAIN ANALYSE VERBOSE {}",
        "PREPARE p AS {}",
        "PREPARE p (int, text) AS {}",
        "COPY ({}) TO STDOUT",
    ],
)
@pytest.mark.parametrize(
    "inner",
    ["UPDATE t SET a = 1 RETURNING b", "DELETE FROM t", "WITH x AS (SELECT 1) DELETE FROM t"],
)
def test_a_write_within_another_statement(sql: str, inner: str) -> None:
    assert parse(sql.format(inner)) == UnbatchedWrite(inner, "")


@pytest.mark.parametrize(
    "sql",
    ["WITH x AS (SELECT a FROM t) SELECT a FROM x", "INSERT INTO t SELECT a FROM u"],
)
def test_what_changes_no_row_that_is_there(sql: str) -> None:
    assert parse(sql) is None
