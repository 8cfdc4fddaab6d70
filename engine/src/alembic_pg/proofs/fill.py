"""Insert generated rows into a database: PostgreSQL says which of them it takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.proofs import values
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.proofs.tables import Column, Reference, Table

# Rows that are tried for each table: so that each value of each column comes, and random ones.
_MOST_EACH, _RANDOM = 48, 24

# Of so many rows that others may refer to, every other one is referred to.
_PARENTS = 24

# A value that PostgreSQL is asked to make.
DEFAULT = object()


@dataclass(frozen=True)
class Row:
    """Hold a row that a table took: its place there, and its values as texts, by column.

    lasting: whether its values are such as the later schema takes, one by one.
    """

    table: Table
    ctid: str
    values: Mapping[str, str | None]
    lasting: bool = False


@dataclass
class Filled:
    """Hold what was inserted: the rows that were taken, and how many were tried, by table."""

    rows: list[Row] = field(default_factory=list)
    tried: dict[str, int] = field(default_factory=dict)

    def count(self, table: Table) -> int:
        """Return how many rows a table has taken."""
        return sum(row.table is table for row in self.rows)


def fill(
    connection: Connection,
    tables: Sequence[Table],
    later: Mapping[int, Table],
    given: Mapping[str, Sequence[str]],
    seed: int,
) -> Filled:
    """Insert rows into tables, and keep what they take; the caller commits.

    tables: those that are referred to before the others. later: the same tables after a revision,
    by their oid: values at the limits of their constraints are tried, too. given: texts of values
    for a column, by "table.column", in place of generated ones.
    """
    filled = Filled()
    for table in tables:
        after = later.get(table.oid)
        pools = {
            column.name: _pool(connection, table, column, after, given, seed)
            for column in table.stored
            if not column.numbered
        }
        for place, (row, lasting) in enumerate(_candidate_rows(table, pools, seed)):
            for reference in table.references:
                parents = _parents(filled.rows, reference, lasting=lasting)
                _refer(table, reference, row, place, parents)
            filled.tried[table.label] = filled.tried.get(table.label, 0) + 1
            if made := insert_row(connection, table, row):
                filled.rows.append(replace(made, lasting=lasting))
    return filled


def insert_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> Row | None:
    """Insert a row; return it as the table has it, None where PostgreSQL refuses it."""
    given = {name: value for name, value in row.items() if value is not DEFAULT}
    names = ", ".join(map(quote_name, given))
    shown = ", ".join(f"{quote_name(column.name)}::text" for column in table.stored)
    statement = (
        f"INSERT INTO {table.sql} ({names}) OVERRIDING SYSTEM VALUE "  # noqa: S608  # quoted
        f"VALUES ({', '.join(['%s'] * len(given))})"
        if given
        else f"INSERT INTO {table.sql} DEFAULT VALUES"  # quoted
    )
    returning = f" RETURNING tableoid::regclass || ' ' || ctid{', ' if shown else ''}{shown}"
    try:
        with connection.begin_nested():
            found = connection.exec_driver_sql(statement + returning, tuple(given.values())).first()
    except (DBAPIError, ValueError):  # ValueError: of the driver, a character that it cannot send
        return None
    if found is None:  # a trigger has swallowed it
        return None
    stored = zip((column.name for column in table.stored), found[1:], strict=True)
    return Row(table, found[0], dict(stored))


def delete_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Delete rows that are still where they were inserted, the last one first."""
    for row in reversed(rows):
        partition, _, ctid = row.ctid.rpartition(" ")
        connection.exec_driver_sql(f"DELETE FROM ONLY {partition} WHERE ctid = %s", (ctid,))  # noqa: S608  # quoted by the server


@dataclass(frozen=True)
class _Pool:
    """Hold what a column's own CHECKs take, and what those of the later schema take of it."""

    taken: list[str]
    lasting: list[str]


def _pool(  # noqa: PLR0913, PLR0917  # where it is, and what is said about it
    connection: Connection,
    table: Table,
    column: Column,
    after: Table | None,
    given: Mapping[str, Sequence[str]],
    seed: int,
) -> _Pool:
    read = [check.expression for check in table.checks if column.name in check.columns]
    now = (
        next((one for one in after.columns if one.number == column.number), None) if after else None
    )
    if after is not None and now is not None:
        read += [check.expression for check in after.checks if now.name in check.columns]
    place = f"{table.label}.{column.name}"
    tried = given[place] if place in given else values.column_values(column, read, seed)
    taken = [one for one in tried if _takes(connection, table, column, one)]
    if after is None or now is None:
        return _Pool(taken, taken)
    return _Pool(taken, [one for one in taken if _takes(connection, after, now, one)])


def _takes(connection: Connection, table: Table, column: Column, value: str) -> bool:
    """Return whether a column's type and the CHECKs of it alone take a value."""
    alone = [check.expression for check in table.checks if check.columns == (column.name,)]
    condition = " AND ".join(f"({one}) IS NOT FALSE" for one in alone) or "true"
    statement = (
        f"SELECT {condition.replace('%', '%%')} "  # noqa: S608  # the server's own texts
        f"FROM (SELECT CAST(%s AS {column.type}) AS {quote_name(column.name)}) AS one"
    )
    try:
        with connection.begin_nested():
            return bool(connection.exec_driver_sql(statement, (value,)).scalar())
    except (DBAPIError, ValueError):
        return False


def _candidate_rows(
    table: Table, pools: Mapping[str, _Pool], seed: int
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield rows, and whether they are lasting ones.

    Those come first: else a value that must be unique would be spent on a row that cannot last.
    Then each value of each column in one, duplicates, random ones.
    """
    extra: dict[str, list[Any]] = {
        column.name: [None] * column.nullable + [DEFAULT] * column.has_default
        for column in table.stored
        if not column.numbered
    }
    taken = {name: [*pools[name].taken, *extra[name]] for name in extra}
    lasting = {name: [*pools[name].lasting, *extra[name]] for name in extra}
    for chosen in _random_rows(lasting, seed + 1):
        yield {name: lasting[name][number] for name, number in chosen.items()}, True
    most = min(max(map(len, taken.values()), default=1), _MOST_EACH)
    each = [
        {name: place % len(found) for name, found in taken.items() if found}
        for place in range(most)
    ]
    for chosen in [*each, *each[:2], *_random_rows(taken, seed)]:
        yield {name: taken[name][number] for name, number in chosen.items()}, False


def _random_rows(choices: Mapping[str, Sequence[Any]], seed: int) -> list[dict[str, int]]:
    counts = {name: len(found) for name, found in choices.items()}
    return values.draw(values.rows_strategy(counts), _RANDOM, seed) if any(counts.values()) else []


def _refer(
    table: Table,
    reference: Reference,
    row: dict[str, Any],
    place: int,
    parents: Sequence[tuple[str, ...]],
) -> None:
    """Let a row refer to one that is there; every other one stays without those that refer to it.

    A reference that may be NULL is that now and then.
    """
    optional = [column.nullable for column in table.columns if column.name in reference.columns]
    if all(optional) and place % 4 == 3:  # noqa: PLR2004  # now and then
        row.update(dict.fromkeys(reference.columns))
        return
    if parents:
        # Steps that share no factor with their number meet every pair of two references.
        chosen = parents[place * (1 + 2 * table.references.index(reference)) % len(parents)]
        row.update(zip(reference.columns, chosen, strict=True))


def _parents(rows: Sequence[Row], reference: Reference, *, lasting: bool) -> list[tuple[str, ...]]:
    """Return the keys of rows to refer to, of lasting ones alone for a row that is to last."""
    found = []
    for row in rows:
        if row.table.oid == reference.table and (row.lasting or not lasting):
            key = tuple(one for name in reference.others if (one := row.values[name]) is not None)
            if len(key) == len(reference.others):
                found.append(key)
    # The last ones are of those that do not last, too.
    some = found[: _PARENTS // 2] + found[_PARENTS // 2 :][-_PARENTS // 2 :]
    return some[::2] or some
