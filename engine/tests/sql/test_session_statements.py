"""What a revision does to its session and its transaction."""

from __future__ import annotations

import pytest
from alembic_pg.sql import session_statements


@pytest.mark.parametrize(
    "sql",
    [
        "LOCK TABLE t",
        "DECLARE c CURSOR FOR SELECT 1",
        "CREATE TEMP TABLE t (a int)",
        "CREATE LOCAL TEMPORARY TABLE t (a int)",
        "SELECT 1 AS a INTO TEMP m",
        "SELECT 1 AS a INTO TEMPORARY TABLE m",
        "SELECT pg_advisory_xact_lock(7)",
        "DO $$ BEGIN CREATE TEMP TABLE t (a int); END $$",
        "DO $$ BEGIN SET LOCAL search_path TO x; END $$",
        "DO $$ BEGIN PERFORM set_config('a.b', 'c', true); END $$",
    ],
)
def test_what_ties_to_one_transaction(sql: str) -> None:
    assert session_statements.binds_to_session(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT temp FROM t",
        "CREATE TABLE t (temp int)",
        "INSERT INTO temp VALUES (1)",
        "DO $$ BEGIN UPDATE t SET a = 1; END $$",
        "UPDATE t SET a = 1",
    ],
)
def test_what_does_not(sql: str) -> None:
    assert not session_statements.binds_to_session(sql)


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("EXPLAIN UPDATE t SET a = 1", False),
        ("EXPLAIN ANALYZE UPDATE t SET a = 1", True),
        ("EXPLAIN (ANALYSE) UPDATE t SET a = 1", True),
        ("SELECT 1", False),
        ("DELETE FROM t", True),
    ],
)
def test_what_may_write(sql: str, writes: bool) -> None:  # noqa: FBT001  # a column of the table
    assert session_statements.may_write(sql) is writes


@pytest.mark.parametrize(
    ("sql", "path"),
    [
        ("SET search_path TO x", "x"),
        ("set session search_path = 'x'", "x"),
        ('SET LOCAL search_path TO x, "Odd s", public;', 'x, "Odd s", public'),
        ("SET SCHEMA 'y'", "y"),
        ("SELECT set_config('search_path', 'a, b', false)", "a, b"),
        ("SET search_path TO DEFAULT", ""),
        ("RESET search_path", ""),
        ("RESET ALL", ""),
        ("SET search_path TO", ""),
        ("SET lock_timeout = 1", ""),
        ("", ""),
    ],
)
def test_the_search_path_that_is_set(sql: str, path: str) -> None:
    assert session_statements.search_path_set_by(sql) == path
