"""Write the statements that change, count or list the rows in a range of pages of their table.

A row's place (ctid; PostgreSQL, 5.6) is where it is found without any key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.statements import UpdateOrDelete


# How many rows one statement may change at last, where others write new ones as fast as batches
# change them.
ROWS_AT_ONCE = 10_000

# A page of a table, and a row's number in it.
Place = tuple[int, int]


@dataclass(frozen=True)
class RowChange:
    """What is done to rows: ``verb table AS alias body WHERE condition``.

    single_table: whether the condition names no other table.
    may_match_again: whether a changed row may be found once more, which then gets what it has.
    every_row: whether each row of the table is to be changed, or nearly.
    """

    verb: str
    alias: str
    body: str
    condition: str
    single_table: bool = True
    may_match_again: bool = True
    every_row: bool = False

    def statement_for(self, table: str, place: str, *, only: str = "ONLY ") -> str:
        """Return the statement for a part of a table.

        place: a condition, of page_condition() or ctid_condition().
        only: "" for the tables, too, that are part of it.
        """
        return f"{self.verb} {only}{table} AS {self.alias} {self.body} {self._where(place)}"

    def remaining_query(self, table: str, place: str = "true", *, only: str = "ONLY ") -> str:
        """Return the query for the rows to be changed: the part that has each, and its place."""
        row = f"{self.alias}.tableoid::regclass::text AS part, {self.alias}.ctid::text AS place"
        return f"SELECT {row} FROM {only}{table} AS {self.alias} {self._where(place)}"  # noqa: S608

    def page_condition(self, first: object, last: object) -> str:
        """Return what holds for the pages from ``first`` to before ``last``."""
        place = f"{self.alias}.ctid"
        return f"{place} >= '({first},0)'::tid AND {place} < '({last},0)'::tid"

    def between(self, first: Place, last: Place) -> str:
        """Return what holds for the rows from one place to before another one."""
        place = f"{self.alias}.ctid"
        return (
            f"{place} >= '({first[0]},{first[1]})'::tid AND {place} < '({last[0]},{last[1]})'::tid"
        )

    def ctid_condition(self, places: Sequence[str]) -> str:
        """Return what holds for rows by their places."""
        quoted = ", ".join(f"'{place}'" for place in places)
        return f"{self.alias}.ctid = ANY (ARRAY[{quoted}]::tid[])"

    def _where(self, place: str) -> str:
        return f"WHERE {place} AND ({self.condition})"

    @classmethod
    def from_statement(cls, statement: UpdateOrDelete) -> RowChange:
        """Return what a statement of a revision does."""
        again = statement.verb != "UPDATE"
        return cls(
            statement.verb,
            statement.alias,
            statement.body,
            statement.condition,
            statement.single_table,
            again,
        )

    @classmethod
    def for_backfill(cls, statement: UpdateOrDelete) -> RowChange:
        """Return what fills a column; where its value is NULL, a row stays as it is."""
        condition = f"{statement.condition} AND ({statement.backfill_value}) IS DISTINCT FROM NULL"
        return cls(statement.verb, statement.alias, statement.body, condition)

    def counting_statement(self, table: str, place: str, *, only: str = "ONLY ") -> str:
        """Return the statement that tells what it did: the parameters are statement_for()'s.

        It answers how many rows it changed, how many of them it would change again (0 where
        may_match_again), and how many seconds the server took for the message that it stands in.
        """
        changed = self.statement_for(table, place, only=only)
        again = "false" if self.may_match_again else self.condition
        return (
            f"WITH ddl_changed AS (\n{changed} RETURNING ({again}) AS again)\n"
            "SELECT count(*), count(*) FILTER (WHERE again), "
            "extract(epoch FROM clock_timestamp() - statement_timestamp())::float "
            "FROM ddl_changed"
        )

    def noting_statement(self, table: str, place: str, *, only: str = "ONLY ") -> str:
        """Return the statement that notes, for NOTED of its transaction, how many rows it changed.

        The parameters are statement_for()'s.
        """
        changed = self.statement_for(table, place, only=only)
        return (
            f"WITH ddl_changed AS (\n{changed} RETURNING 1)\n"
            "SELECT set_config('ddl.changed', count(*)::text, true) FROM ddl_changed"
        )


# Answers as counting_statement() does.
NOTED = (
    "SELECT current_setting('ddl.changed')::bigint, 0, "
    "extract(epoch FROM clock_timestamp() - statement_timestamp())::float"
)
