"""What stops a revision before it changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.ops import statement_source
from alembic_pg.autogenerate.proof import guards
from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.ops.statement_op import StatementOp
    from sqlalchemy.engine import URL

TABLE = 'CREATE TABLE "T 1" (a int, m text, l text[]);'
ROWS = """INSERT INTO "T 1" VALUES (1, 'x', '{x,y}'), (2, 'it''s', '{}'), (3, 'it''s', NULL);"""


def build(url: URL, script: str) -> Dump:
    """Return what a database holds after a script."""
    with connect(url, source="the tests") as connection:
        connection.exec_driver_sql(script)
        connection.commit()
    return pg_dump.dump_database(url)


def said(url: URL, operation: StatementOp) -> str:
    """Return the message with which a check stops, or ""."""
    (statement,) = operation.upgrade
    with connect(url, source="the tests") as connection:
        try:
            connection.execute(text(statement_source.escape_colons(statement)))
        except DBAPIError as error:
            return errors.describe_error(error)
    return ""


def test_columns_without_a_value(empty: URL) -> None:
    before = build(empty, "CREATE TABLE t (a int, b int, c int NOT NULL);")
    after = build(
        empty,
        """
        ALTER TABLE t DROP b, ALTER a SET NOT NULL, ADD d int NOT NULL,
          ADD "E e" text NOT NULL, ADD f int NOT NULL DEFAULT 1, ADD g int,
          ADD "position" int NOT NULL GENERATED ALWAYS AS IDENTITY, ADD i serial NOT NULL,
          ADD j int NOT NULL GENERATED ALWAYS AS (f + 1) STORED;
        CREATE TABLE u (a int NOT NULL);
        """,
    )
    assert list(guards.unfilled_columns(before, after)) == [
        ("public", "t", "d"),
        ("public", "t", "E e"),
    ]
    assert not list(guards.unfilled_columns(after, after))


def test_rows_stop_it(empty: URL) -> None:
    build(empty, TABLE)
    check = guards.check_table_empty(
        ("public", "T 1"), ["a", "it's $check$ :x 100%"], guards.BACKFILL_ADVICE
    )
    assert check.label == "no rows in T 1"
    assert not said(empty, check)
    build(empty, ROWS)
    assert said(empty, check) == (
        "T 1 has rows without a value for a, it's $check$ :x 100%: "
        'add info={"backfill": "SQL expression"} or a server_default to the column in the models, '
        "and make this revision again"
    )


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("m", """T 1.m: 2 rows hold "it's", 1 row holds "x", which the enum mood loses: """),
        ("l", """T 1.l: 1 row holds "x", which the enum mood loses: """),
    ],
)
def test_values_that_are_held(empty: URL, column: str, expected: str) -> None:
    build(empty, TABLE + ROWS + "CREATE TYPE mood AS ENUM ('x', 'y', 'it''s', 'unused');")
    array = "[]" if column == "l" else ""
    alter = f'ALTER TABLE "T 1" ALTER {column} TYPE mood{array} USING {column}::mood{array};'
    before = build(empty, alter)
    after = build(empty, "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('y');")
    (check,) = guards.check_values_unused(before, after, lambda place: place)
    assert check.label == f'no "x", "it\'s", "unused" in T 1.{column}'
    assert said(empty, check) == f"{expected}give them another value first"
    build(empty, 'DELETE FROM "T 1";')
    assert not said(empty, check)


def test_values_in_a_domain_and_a_composite_type(empty: URL) -> None:
    made = """
        CREATE TYPE mood AS ENUM ({});
        CREATE DOMAIN d AS mood[]; CREATE TYPE c AS (n int, "The m" mood);
        CREATE TABLE t (a d, b c, gone mood);
        INSERT INTO t VALUES ('{{x}}', '(1,x)', 'x');
    """
    before = build(empty, made.format("'x', 'y'"))
    after = build(
        empty,
        "DROP TABLE t; DROP TYPE c; DROP DOMAIN d; DROP TYPE mood;"
        + made.format("'x'").replace(", gone mood", "").replace(", 'x')", ")"),
    )
    assert [
        check.label for check in guards.check_values_unused(before, after, lambda place: place)
    ] == [
        'no "y" in t.a',
        'no "y" in t.b',
    ]
    build(empty, "DROP TABLE t; DROP TYPE c; DROP DOMAIN d; DROP TYPE mood;")
    build(empty, made.format("'x', 'y'"))
    build(empty, "INSERT INTO t VALUES ('{y,x,y}', NULL), (NULL, '(2,y)');")
    found = [
        said(empty, check)
        for check in guards.check_values_unused(before, after, lambda place: place)
    ]
    advice = ", which the enum mood loses: give them another value first"
    assert found == [f't.a: 2 rows hold "y"{advice}', f't.b: 1 row holds "y"{advice}']
