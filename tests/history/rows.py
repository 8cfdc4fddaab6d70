"""All rows of a database, and which of them are missing in a later look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal_column, select, text
from sqlalchemy import table as sql_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

# Each table's primary key.
KEYS = {"posts": ("id",), "users": ("id",), "votes": ("user_id", "post_id")}


@dataclass(frozen=True)
class Rows:
    """What a database holds at one moment.

    names: its tables and, after a dot, their columns. rows: table, key, column, value.
    """

    names: frozenset[str]
    rows: dict[str, dict[tuple[int, ...], dict[str, Any]]]

    def count(self, table: str) -> int:
        """Return how many rows a table has, 0 where there is no such table."""
        return len(self.rows.get(table, ()))


def read(connection: Connection) -> Rows:
    """Read all rows. A column's type does not count, since values are read as JSON."""
    columns = connection.execute(
        text("""
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = ANY(:tables)
        """),
        {"tables": list(KEYS)},
    ).all()
    tables = {table for table, _ in columns}
    rows = {}
    for table in tables:
        found = connection.scalars(
            select(func.to_jsonb(literal_column(table))).select_from(sql_table(table))
        )
        rows[table] = {tuple(row[key] for key in KEYS[table]): row for row in found}
    return Rows(frozenset(tables | {f"{table}.{column}" for table, column in columns}), rows)


def lost(old: Rows, new: Rows) -> Iterator[str]:
    """Yield the rows and values that a later look misses though their table and column is there."""
    for table in old.rows.keys() & new.rows.keys():
        for key, row in old.rows[table].items():
            if key not in new.rows[table]:
                yield f"{table} {key}"
                continue
            for column in row.keys() & new.rows[table][key].keys():
                if row[column] != new.rows[table][key][column]:
                    yield f"{table} {key}.{column}: {row[column]} {new.rows[table][key][column]}"
