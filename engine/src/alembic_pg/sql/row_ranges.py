"""Rows that a statement changes, a few pages of their table at a time.

A row's place (ctid; PostgreSQL, 5.6) is where it is found without any key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.statements import UpdateOrDelete


@dataclass(frozen=True)
class RowChange:
    """What is done to rows: ``verb table AS alias body WHERE condition``.

    alone: whether the condition names no other table. again: whether a row that was changed may be
    found once more, which then gets what it has.
    """

    verb: str
    alias: str
    body: str
    condition: str
    alone: bool = True
    again: bool = True

    def on(self, table: str, place: str) -> str:
        """Return the statement for a part of a table. place: as pages() or at() say it."""
        return f"{self.verb} ONLY {table} AS {self.alias} {self.body} {self._where(place)}"

    def left(self, table: str, place: str = "true") -> str:
        """Return the query for the places of the rows to be changed."""
        where = self._where(place)
        return f"SELECT {self.alias}.ctid::text FROM ONLY {table} AS {self.alias} {where}"  # noqa: S608

    def pages(self, first: object, last: object) -> str:
        """Return what holds for the pages from ``first`` to before ``last``."""
        place = f"{self.alias}.ctid"
        return f"{place} >= '({first},0)'::tid AND {place} < '({last},0)'::tid"

    def at(self, places: Sequence[str]) -> str:
        """Return what holds for rows by their places."""
        quoted = ", ".join(f"'{place}'" for place in places)
        return f"{self.alias}.ctid = ANY (ARRAY[{quoted}]::tid[])"

    def _where(self, place: str) -> str:
        return f"WHERE {place} AND ({self.condition})"

    @classmethod
    def of(cls, shape: UpdateOrDelete) -> RowChange:
        """Return what a statement of a revision does."""
        again = shape.verb != "UPDATE"
        return cls(shape.verb, shape.alias, shape.body, shape.condition, shape.alone, again)

    @classmethod
    def filling(cls, shape: UpdateOrDelete) -> RowChange:
        """Return what fills a column; where its value is NULL, a row stays as it is."""
        condition = f"{shape.condition} AND ({shape.value}) IS DISTINCT FROM NULL"
        return cls(shape.verb, shape.alias, shape.body, condition)

    def counted(self, table: str, place: str) -> str:
        """Return the statement that tells how many rows it changed, and would change again."""
        return (
            f"WITH ddl_changed AS ({self.on(table, place)} RETURNING ({self.condition}) "  # noqa: S608
            "AS again) SELECT count(*), count(*) FILTER (WHERE again) FROM ddl_changed"
        )
