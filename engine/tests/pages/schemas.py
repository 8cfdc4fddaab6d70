"""Schemas to look at: one with names that nobody likes, and large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect
from alembic_pg.pages.read import read_schema

if TYPE_CHECKING:
    from alembic_pg.pages.schema import Schema
    from sqlalchemy.engine import URL

LONG = "l" * 63

# What a name may hold: a quote, markup, a path, a control character, another case, 63 bytes.
ODD_NAMES = (
    'say "so"',
    "<b>&amp;</b>",
    "../../up",
    "a/b\\c",
    "a.b",
    "Ünïcödé 表",
    "tab\tand\x01",
    "Users",
    "users",
    LONG,
    "con",
    "{{ 1 }}%s:x",
    "--",
    "' onload='x",
)

# The one that all the others refer to.
HUB = "hub"


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def odd_schema() -> list[str]:
    """Return the statements of a schema of odd names, whose tables all refer to a hub."""
    made = [f"CREATE TABLE {HUB} (id bigint PRIMARY KEY, up bigint REFERENCES {HUB})"]
    before = HUB
    for name in ODD_NAMES:
        table, column = quoted(name), quoted(f"{name[:58]} id")
        keys = f"{column} bigint NOT NULL REFERENCES {quoted(before)}, up bigint REFERENCES {HUB}"
        body = "LANGUAGE sql AS $$ SELECT 1 -- <b> $$"
        made += [
            f"CREATE TABLE {table} (id bigint PRIMARY KEY, {keys})",
            f"COMMENT ON TABLE {table} IS 'It is <i>odd</i> & so on'",
            f"COMMENT ON COLUMN {table}.{column} IS '<script>alert(1)</script>'",
            f"CREATE INDEX ON {table} ({column})",
            f'CREATE FUNCTION {table}("<x>" int) RETURNS int {body}',
            f"CREATE RULE {quoted(name[:58] + ' rule')} AS ON DELETE TO {table} DO INSTEAD NOTHING",
            f"CREATE VIEW {quoted(name[:58] + ' view')} AS TABLE {table}",
            f"CREATE TYPE {quoted(name[:58] + ' enum')} AS ENUM ('<b>', 'a''b')",
        ]
        before = name
    return made


def large_schema(tables: int) -> list[str]:
    """Return the statements of a schema of so many tables, with twice as many keys."""
    made = []
    for number in range(tables):
        targets = sorted({0, number // 2, number // 3, max(number - 7, 0)})
        keys = "".join(
            f", t{target}_id bigint REFERENCES t{target}" for target in targets if target < number
        )
        columns = "".join(f", column_number_{one} text NOT NULL DEFAULT ''" for one in range(8))
        made.append(f"CREATE TABLE t{number} (id bigint PRIMARY KEY{keys}{columns})")
    return made


def schema_of(url: URL, statements: list[str], *, live: bool = False) -> Schema:
    """Return the schema of a database in which statements were executed."""
    with connect(url, source="the test's") as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    with connect(url, source="the test's") as connection, connection.begin():
        return read_schema(connection, live=live, left_out="alembic_version")
