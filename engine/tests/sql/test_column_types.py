"""Whether a type keeps all values of another: as PostgreSQL itself casts them there and back."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.sql.column_types import ColumnType, are_compatible, keeps_every_value, read_type
from alembic_pg.sql.cursor import Cursor
from alembic_pg.testing import state
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection

# Types with the values that something narrower would change.
SAMPLES = {
    "smallint": ("32767", "-32768"),
    "integer": ("2147483647", "-2147483648", "7"),
    "bigint": ("9223372036854775807", "-9223372036854775808"),
    "numeric": ("12345678901234567890.123456789", "0.5"),
    "numeric(10,2)": ("12345678.91", "0.55"),
    "numeric(12,4)": ("12345678.9123",),
    "numeric(5)": ("12345",),
    "real": ("0.1", "3e38"),
    "double precision": ("0.1234567890123456", "1e300"),
    "boolean": ("true",),
    "text": ("'a longer text than the others'", "' x '", "'{\"a\": 1}'", "'007'", "''"),
    "character varying(5)": ("'abcde'", "' x '", "'007'"),
    "character varying(20)": ("'abcdefghijklmnopqrst'",),
    "character varying": ("'a longer text than the others'",),
    "character(3)": ("'abc'",),
    "date": ("'2026-11-23'", "'0001-01-01'"),
    "timestamp without time zone": ("'2026-11-23 12:34:56.123456'",),
    "timestamp(3) without time zone": ("'2026-11-23 12:34:56.123'",),
    "timestamp with time zone": ("'2026-11-23 12:34:56.123456+05'",),
    "timestamp(0) with time zone": ("'2026-11-23 12:34:56+05'",),
    "time without time zone": ("'12:34:56.123456'",),
    "time with time zone": ("'12:34:56.123456+05'",),
    "interval": ("'1 year 2 days 00:00:01.5'",),
    "interval(0)": ("'1 year 2 days 00:00:01'",),
    "uuid": ("'123e4567-e89b-12d3-a456-426614174000'",),
    "jsonb": ("'{\"a\": 1}'",),
    "inet": ("'10.0.0.1/8'",),
    "cidr": ("'10.0.0.0/8'",),
    "bit(4)": ("B'1010'",),
    "bit(8)": ("B'10101010'",),
    "bit varying(8)": ("B'10101010'",),
    "bit varying(4)": ("B'1010'",),
    "int4range": ("'[1,5)'",),
    "int8range": ("'[1,5000000000)'",),
    "mood": ("'good'", "'bad'"),
    "wide": ("'good'", "'indifferent'"),
    "integer[]": ("'{1,2}'", "'{2147483647}'"),
    "bigint[]": ("'{9223372036854775807}'",),
    "text[]": ("'{a,b}'",),
}

ENUMS = {"mood": ("good", "bad"), "wide": ("good", "bad", "indifferent")}


@pytest.fixture
def connection(empty: URL) -> Iterator[Connection]:
    """A database that has the enums."""
    state.execute(empty, *(f"CREATE TYPE {name} AS ENUM {of}" for name, of in ENUMS.items()))
    with connect(empty, source="the tests") as made:
        yield made


def parsed(text: str) -> ColumnType:
    """Return a type by its name."""
    found = read_type(Cursor(text))
    return ColumnType(found.name, found.arguments, ENUMS.get(found.name, ()), found.array)


def test_what_is_said_to_keep_all_does(connection: Connection) -> None:
    """Each value, cast as ALTER COLUMN … USING would, and back again."""
    wrong, kept, lost = [], 0, 0
    for (old, values), new in product(SAMPLES.items(), SAMPLES):
        says = keeps_every_value(parsed(old), parsed(new))
        changed = [value for value in values if changes(connection, value, old, new)]
        if says and changed:
            wrong.append(f"{old} as {new} changes {changed}")
        kept += says
        lost += bool(changed) and not says
    assert not wrong
    assert kept > 100
    assert lost > 50


def changes(connection: Connection, value: str, old: str, new: str) -> bool:
    """Return whether a value is another one after it has been of another type."""
    was = f"CAST({value} AS {old})"
    try:
        with connection.begin():
            asked = f"SELECT ({was}::{new})::{old} IS DISTINCT FROM {was}"  # noqa: S608  # ours
            return bool(connection.exec_driver_sql(asked).scalar())
    except DBAPIError:
        return False  # the revision would stop there, and change nothing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bigint", "integer"),
        ("integer", "smallint"),
        ("numeric(10,2)", "numeric(10,1)"),
        ("numeric(10,2)", "numeric(8,2)"),
        ("numeric", "numeric(10,2)"),
        ("double precision", "real"),
        ("bigint", "double precision"),
        ("text", "varchar(50)"),
        ("varchar(50)", "varchar(20)"),
        ("varchar", "char"),
        ("timestamptz", "timestamp"),
        ("timestamp", "timestamp(0)"),
        ("timestamptz", "date"),
        ("timetz", "time"),
        ("interval", "interval(0)"),
        ("text[]", "text"),
        ("int[]", "smallint[]"),
        ("text", "integer"),
        ("jsonb", "hstore"),
        ("bit varying", "bit varying(4)"),
        ("wide", "mood"),
    ],
)
def test_what_is_narrower_does_not_keep_all(old: str, new: str) -> None:
    kept = keeps_every_value(parsed(old), parsed(new))
    assert kept == (new == "text")  # an array's text can be read back


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("VARCHAR(50) COLLATE x", "character varying(50)"),
        ("int", "integer"),
        ("bigserial", "bigint"),
        ("NUMERIC(10, -2)", "numeric(10,-2)"),
        ("timestamp(3) WITH TIME ZONE NOT NULL", "timestamp(3) with time zone"),
        ("timestamptz", "timestamp with time zone"),
        ("TIME WITHOUT TIME ZONE", "time without time zone"),
        ("double precision DEFAULT 1", "double precision"),
        ("float(10)", "real"),
        ('other."My Type"[]', "other.My Type[]"),
        ("public.mood", "mood"),
        ("integer ARRAY", "integer[]"),
        ("int[3][3]", "integer[]"),
        ("bit varying(5)", "bit varying(5)"),
    ],
)
def test_a_type_is_read(text: str, shown: str) -> None:
    assert str(read_type(Cursor(text))) == shown


def test_code_of_one_type_may_use_another() -> None:
    assert are_compatible(parsed("integer"), parsed("bigint"))
    assert are_compatible(parsed("varchar(5)"), parsed("text"))
    assert not are_compatible(parsed("integer"), parsed("text"))
    assert not are_compatible(parsed("bigint"), parsed("integer"))
