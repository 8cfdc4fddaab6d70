"""Hold the rows of a table as pending statements leave them: a query over its rows of now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alembic_pg.preflight.snapshot import Table

# What conditions call the rows; where each is in the table that there is.
ROWS, PLACE, TABLE_OF_ROW = "ddl_row", "ddl_place", "ddl_table"

# Of these a person may see a key: they tell nothing of anybody.
_PLAIN_TYPES = {
    *("smallint", "integer", "bigint", "uuid", "date"),
    *("timestamp without time zone", "timestamp with time zone"),
}


@dataclass(frozen=True)
class RowQuery:
    """The rows of a table.

    sql: the query, without brackets. label: what a person calls the table. source: its name in the
    target, None for a table that is not there yet. keys: the names of the primary key's columns in
    the target; plain_key: whether their values tell nothing of a person.
    unknown: why the values of a column cannot be known, by its number. remark: what may change
    which rows there are until the statement comes, "" for nothing. is_changed: whether the rows or
    their columns are others than the target's.
    """

    sql: str
    label: str
    source: tuple[str, str] | None = None
    keys: tuple[str, ...] = ()
    plain_key: bool = False
    unknown: Mapping[int, str] = field(default_factory=dict)
    remark: str = ""
    is_changed: bool = False

    def forget(self, columns: Iterable[int], why: str) -> RowQuery:
        """Return the same, where the values of some columns cannot be known."""
        return replace(self, unknown={**dict.fromkeys(columns, why), **self.unknown})

    def with_remark(self, remark: str) -> RowQuery:
        """Return the same with a remark, unless there is one."""
        return replace(self, remark=self.remark or remark)

    def project(self, values: Sequence[tuple[str, str]], *, alias: str = "", tail: str = "") -> str:
        """Return the query of rows that are computed of these.

        values: name and expression of each column. alias: what the expressions call the rows.
        tail: what follows them: a join, or a WHERE.
        """
        alias = alias or ROWS
        given = [f"{value} AS {quote_name(name)}" for name, value in values]
        hidden = [f"{alias}.{name}" for name in (PLACE, TABLE_OF_ROW, *self.key_aliases)]
        return f"SELECT {', '.join([*given, *hidden])} FROM ({self.sql}) AS {alias} {tail}".strip()  # noqa: S608  # parts of revisions

    @property
    def key_aliases(self) -> list[str]:
        """The names of the key's columns in the query."""
        return [f"ddl_key_{number}" for number, _ in enumerate(self.keys)]


def rows_of_table(table: Table, keys: Sequence[int]) -> RowQuery:
    """Return the rows of a table as they are. keys: the numbers of the primary key's columns."""
    columns = [quote_name(one.name) for one in table.columns.values()]
    names = tuple(table.columns[number].name for number in keys)
    hidden = [f"ctid AS {PLACE}", f"tableoid AS {TABLE_OF_ROW}"]
    hidden += [f"{quote_name(name)} AS ddl_key_{number}" for number, name in enumerate(names)]
    name = (table.schema, table.name)
    return RowQuery(
        f"SELECT {', '.join([*columns, *hidden])} FROM {quote_name(*name)}",  # noqa: S608  # names
        readable_name(*name),
        name,
        names,
        all(table.columns[number].type in _PLAIN_TYPES for number in keys),
    )


def rows_of_new_table(table: Table, types: Mapping[int, str]) -> RowQuery:
    """Return the rows of a table that a statement creates: none. types: those in the target."""
    nulls = [
        f"NULL::{types[number]} AS {quote_name(one.name)}" for number, one in table.columns.items()
    ]
    nulls += [f"NULL::tid AS {PLACE}", f"NULL::oid AS {TABLE_OF_ROW}"]
    return RowQuery(
        f"SELECT {', '.join(nulls)} WHERE false",
        readable_name(table.schema, table.name),
        is_changed=True,
    )
