"""Read all rows of a database, and find what a later look misses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.proofs.tables import Table

# A value as one line, at most this long.
_SHOWN = 60


@dataclass(frozen=True)
class Rows:
    """Hold all rows of a database: the tables as they then were, and each one's rows as JSON."""

    tables: Sequence[Table]
    rows: Mapping[int, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Loss:
    """Hold what was lost: a table's rows, or values of a column of it, and an example.

    column: None where rows are lost. count: of rows. type: the column's.
    """

    table: str
    column: str | None
    count: int
    example: str
    type: str = ""

    def __str__(self) -> str:
        """Return the loss as words that follow "loses"."""
        rows = f"{self.count} row{'s' if self.count > 1 else ''} of {self.table}"
        what = rows if self.column is None else f"{self.column} in {rows}"
        return f"{what} ({self.example})"

    @property
    def declaration(self) -> str:
        """The name by which a revision says that it may lose this."""
        return (
            f"rows of {self.table}" if self.column is None else f"column {self.table}.{self.column}"
        )

    def is_declared(self, said: Iterable[str]) -> bool:
        """Return whether a revision's ``destroys`` says so."""
        names = {f"table {self.table}", self.declaration}
        kind = self.type.removesuffix("[]")
        return any(
            one in names
            or (self.column is not None and one.startswith(f"{self.declaration} as "))
            or (
                self.column is not None and one.startswith("value ") and one.endswith(f" of {kind}")
            )
            for one in said
        )


def read_rows(connection: Connection, tables: Sequence[Table]) -> Rows:
    """Return all rows of tables, in no order."""
    found = {
        table.oid: connection.exec_driver_sql(
            f"SELECT to_jsonb(one) FROM {table.sql} AS one"  # noqa: S608  # quoted
        )
        .scalars()
        .all()
        for table in tables
    }
    return Rows(tuple(tables), found)


def same_rows(old: Rows, new: Rows) -> bool:
    """Return whether two looks at a database found the same rows."""
    return {one.sql: _counted(old.rows[one.oid]) for one in old.tables} == {
        one.sql: _counted(new.rows[one.oid]) for one in new.tables
    }


def changed_tables(old: Rows, new: Rows) -> list[str]:
    """Return the tables whose rows differ between two looks."""
    first = {one.label: _counted(old.rows[one.oid]) for one in old.tables}
    second = {one.label: _counted(new.rows[one.oid]) for one in new.tables}
    return sorted(
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    )


def losses(old: Rows, new: Rows) -> Iterator[Loss]:
    """Yield what a later look misses of the rows, by the names of tables and columns.

    A NULL that got a value is no loss, nor is a column that is computed.
    """
    later = {table.sql: table for table in new.tables}
    for table in old.tables:
        there = later.get(table.sql)
        yield from _losses_of_table(old, new, table, there, lambda _, name: name)


def losses_on_the_way(old: Rows, new: Rows) -> Iterator[Loss]:
    """Yield what a revision without a way back leaves of the rows: what is renamed is no loss."""
    later = {table.oid: table for table in new.tables}
    by_name = {table.sql: table for table in new.tables}
    for table in old.tables:
        there = later.get(table.oid) or by_name.get(table.sql)
        numbers = {column.number: column.name for column in there.columns} if there else {}

        def name_now(table: Table, name: str, numbers: dict[int, str] = numbers) -> str:
            number = next(column.number for column in table.columns if column.name == name)
            return name if name in numbers.values() else numbers.get(number, name)

        yield from _losses_of_table(old, new, table, there, name_now)


def _losses_of_table(
    old: Rows,
    new: Rows,
    table: Table,
    there: Table | None,
    name_now: Callable[[Table, str], str],
) -> Iterator[Loss]:
    before = old.rows[table.oid]
    if not before:
        return
    if there is None:
        yield Loss(table.label, None, len(before), "the table is gone")
        return
    stored = [column for column in table.columns if not column.generated]
    names = {column.name: name_now(table, column.name) for column in stored}
    now = {column.name for column in there.columns}
    if missing := [column for column in stored if names[column.name] not in now]:
        for column in missing:
            yield _lost_column(table, column.name, column.type, before)
    kept = [column.name for column in stored if column not in missing]
    after = [{name: row[names[name]] for name in kept} for row in new.rows[there.oid]]
    key = table.key if table.key and set(table.key) <= set(kept) else ()
    yield from _losses_of_rows(table, before, after, key, kept)


def _lost_column(table: Table, column: str, kind: str, before: Sequence[Mapping[str, Any]]) -> Loss:
    held = [row[column] for row in before if row[column] is not None]
    return Loss(table.label, column, len(held) or len(before), "the column is gone", kind)


def _losses_of_rows(
    table: Table,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    key: tuple[str, ...],
    kept: Sequence[str],
) -> Iterator[Loss]:
    """Yield the rows that are missing and, where a key says which are the same, changed values."""
    identity = key or tuple(kept)
    later = {_hashable([row[name] for name in identity]): row for row in after}
    gone = [row for row in before if _hashable([row[name] for name in identity]) not in later]
    if not key:
        # Without a key, only the number of equal rows says that one is missing.
        left = _counted({name: row[name] for name in kept} for row in before)
        left.subtract(_counted(after))
        gone = gone or [row for row in before if left[_hashable({n: row[n] for n in kept})] > 0]
    if gone:
        yield Loss(table.label, None, len(gone), _shown_row(gone[0], identity))
    if not key:
        return
    types = {column.name: column.type for column in table.columns}
    for name in kept:
        changed = [
            (row, later[place])
            for row in before
            if (place := _hashable([row[one] for one in identity])) in later
            and row[name] is not None
            and row[name] != later[place][name]
        ]
        if changed:
            row, now = changed[0]
            example = f"{_shown(row[name])} is now {_shown(now[name])}"
            yield Loss(table.label, name, len(changed), example, types[name])


def _shown_row(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return ", ".join(f"{quote_name(name)} = {_shown(row[name])}" for name in names[:3])


def _shown(value: object) -> str:
    whole = repr(value)
    return whole if len(whole) <= _SHOWN else f"{whole[:_SHOWN]}…"


def _counted(rows: Iterable[Mapping[str, Any]]) -> Counter[Any]:
    return Counter(_hashable(row) for row in rows)


def _hashable(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        return tuple(sorted((name, _hashable(one)) for name, one in value.items()))
    if isinstance(value, list):
        return (list, *map(_hashable, value))
    return (type(value), value) if isinstance(value, bool) else value
