"""What a database error says, and the names of its codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2.errorcodes
import pytest
from alembic_pg.database import errors
from alembic_pg.database.connect import connect
from sqlalchemy import text
from sqlalchemy.exc import CompileError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def test_codes_have_postgresqls_names() -> None:
    for state in errors.SqlState:
        assert getattr(psycopg2.errorcodes, state.name) == state
    assert psycopg2.errorcodes.CLASS_DATA_EXCEPTION == errors.DATA_EXCEPTION_CLASS


def test_the_reason_of_an_error_is_one_line_without_the_statement(empty: URL) -> None:
    with connect(empty, source="X") as connection:
        for statement, sqlstate, told in (
            ("SELECT 1 / 0", "22012", "division by zero"),
            (
                "CREATE TABLE a (b int PRIMARY KEY); INSERT INTO a VALUES (1), (1)",
                "23505",
                (
                    'duplicate key value violates unique constraint "a_pkey" '
                    "(Key (b)=(1) already exists.)"
                ),
            ),
            (
                "CREATE TABLE a (b text CHECK (b <> '')); INSERT INTO a VALUES ('')",
                "23514",
                'new row for relation "a" violates check constraint "a_b_check"',
            ),
        ):
            with pytest.raises(Exception, match=r"psycopg2") as raised:
                connection.execute(text(statement))
            connection.rollback()
            assert errors.sqlstate(raised.value) == sqlstate
            assert errors.describe_error(raised.value) == told
    assert errors.describe_error(ValueError("two\n lines")) == "ValueError: two lines"
    assert errors.sqlstate(ValueError()) == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotImplementedError(), "NotImplementedError: no reason given"),
        (CompileError(), "CompileError: no reason given"),
        (CompileError("no type\n of it"), "CompileError: no type of it"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_an_error_that_is_not_a_databases_has_its_kind(error: Exception, told: str) -> None:
    assert errors.describe_error(error) == told
