"""Turn what a statement has added to the schema into what it demands of the rows that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.preflight.demand import Demand, Unasked
from alembic_pg.preflight.row_query import ROWS
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal, quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from alembic_pg.preflight.row_query import RowQuery
    from alembic_pg.preflight.snapshot import Column, Constraint, Index, Snapshot, Table
    from alembic_pg.preflight.target_types import TargetTypes

_OTHER = "ddl_other"


@dataclass(frozen=True)
class Change:
    """What one statement has changed.

    rows: those of each table after it, by the table's OID; read: those in the state before it, for
    the values that a type change reads. written: the columns whose values it has changed, as OID
    of the table and number; removed: the foreign keys to rows of which it has removed some. using:
    the expressions of type changes, by table and column. types: those of the target.
    """

    before: Snapshot
    after: Snapshot
    rows: Mapping[int, RowQuery]
    read: Mapping[int, RowQuery]
    written: AbstractSet[tuple[int, int]]
    removed: AbstractSet[int]
    using: Mapping[int, Mapping[str, str]]
    types: TargetTypes


def list_demands(change: Change) -> list[Demand | Unasked]:
    """Return what a statement demands, each once: of a table, not of its partitions, too."""
    found: dict[tuple[str, str], Demand | Unasked] = {}
    for one in _all_demands(change):
        found.setdefault((one.kind, one.label), one)
    return list(found.values())


def _all_demands(change: Change) -> Iterator[Demand | Unasked]:
    for oid, table in change.after.tables.items():
        if oid in change.before.tables and oid in change.rows and _is_touched(change, table):
            yield from _column_demands(change, table)
            yield from _bound_demands(change, table)
    for constraint in change.after.constraints.values():
        if constraint.inherited or not constraint.applies:
            continue
        old = change.before.constraints.get(constraint.oid)
        if old is not None and old.applies and not _is_written(change, constraint):
            continue
        if constraint.domain:
            yield from _domain_demands(change, constraint)
        elif constraint.table in change.rows and constraint.table in change.before.tables:
            yield _constraint_demand(change, constraint)
    for index in change.after.indexes.values():
        known = index.oid in change.before.indexes
        written = any(
            (index.table, number) in change.written or (not number and _writes(change, index.table))
            for number in index.columns
        )
        there = index.table in change.rows and index.table in change.before.tables
        if there and not index.inherited and (not known or written):
            yield _index_demand(change, index)


def _is_touched(change: Change, table: Table) -> bool:
    """Return whether a statement may have changed a table's columns or what is in them."""
    same = change.before.tables[table.oid] is table
    return not same or table.oid in change.using or _writes(change, table.oid)


def _is_written(change: Change, constraint: Constraint) -> bool:
    """Return whether values changed that a constraint is about, on either side of a reference."""
    if not (change.written or change.removed):
        return False
    own = any((constraint.table, number) in change.written for number in constraint.columns)
    others = any((constraint.other, number) in change.written for number in constraint.others)
    return own or others or constraint.oid in change.removed


def _writes(change: Change, table: int) -> bool:
    return any(oid == table for oid, _ in change.written)


def _column_demands(change: Change, table: Table) -> Iterator[Demand | Unasked]:
    before = change.before.tables[table.oid]
    rows = change.rows[table.oid]
    for number, column in table.columns.items():
        if _is_inherited(change, table, column):
            continue
        old = before.columns.get(number)
        label = f"{rows.label}.{column.name}"
        using = change.using.get(table.oid, {})
        is_new = column.not_null and (old is None or not old.not_null)
        is_written = (table.oid, number) in change.written
        if old is not None and has_other_type(old, column, using):
            yield _type_demand(change, table, old, column)
            is_written = is_written or old.name in using
        if is_new or (column.not_null and is_written):
            wrong = f"{quote_name(column.name)} IS NULL"
            yield _known(
                Demand("not null", label, f"have no {column.name}", rows, wrong=wrong), {number}
            )
        if old is None and column.generated:
            yield Demand(
                "value",
                label,
                f"cannot compute {column.name}",
                rows,
                evaluated=change.types.localize(column.generated),
                as_type=change.types.of(column),
            )


def _is_inherited(change: Change, table: Table, column: Column) -> bool:
    """Return whether a column is a parent's, with which it is looked at."""
    return any(
        column.name == one.name
        for parent in table.parents
        if parent in change.after.tables and parent in change.before.tables
        for one in change.after.tables[parent].columns.values()
    )


def has_other_type(old: Column, new: Column, using: Mapping[str, str]) -> bool:
    """Return whether a statement gives a column another type, or other values by its USING."""
    same = (old.type_oid, old.modifier) == (new.type_oid, new.modifier)
    return not same or bool(using.get(old.name))


def _type_demand(change: Change, table: Table, old: Column, column: Column) -> Demand | Unasked:
    rows = change.read[table.oid]
    label = f"{rows.label}.{column.name}"
    own = quote_name(old.name)
    expression = change.types.localize(change.using.get(table.oid, {}).get(old.name, "")) or own
    enum = change.after.types.get(column.type_oid)
    if enum is not None and enum.kind == "e" and change.types.of(column) == "text":
        listed = ", ".join(map(quote_literal, enum.labels))
        wrong = f"({expression})::text <> ALL (ARRAY[{listed}]::text[])"
        meaning = f"have a value that {readable_name(enum.schema, enum.name)} does not have"
        return _known(
            Demand("enum value", label, meaning, rows, wrong=wrong, shown=(own,)), {column.number}
        )
    return _known(
        Demand(
            "type",
            label,
            f"cannot become {column.type}",
            rows,
            evaluated=expression,
            as_type=change.types.of(column),
            shown=(own,),
        ),
        {column.number},
    )


def _bound_demands(change: Change, table: Table) -> Iterator[Demand | Unasked]:
    old = change.before.tables[table.oid]
    if table.bound and table.bound != old.bound:
        rows = change.rows[table.oid]
        wrong = f"NOT ({change.types.localize(table.bound)})"
        meaning = "are outside of what the partition may hold"
        yield _known(
            Demand("bound", rows.label, meaning, rows, wrong=wrong), _used(table, table.bound)
        )


def _domain_demands(change: Change, constraint: Constraint) -> Iterator[Demand | Unasked]:
    for table in change.after.tables.values():
        for column in table.columns.values():
            there = table.oid in change.rows and table.oid in change.before.tables
            if column.type_oid != constraint.domain or not there:
                continue
            rows = change.rows[table.oid]
            value = quote_name(column.name)
            condition = _with_value(change.types.localize(constraint.expression), value)
            label = f"{rows.label}.{column.name}"
            meaning = f"violate the CHECK {constraint.name} of the column's domain"
            found = Demand("check", label, meaning, rows, wrong=f"NOT ({condition})")
            yield _known(found, {column.number})


def _constraint_demand(change: Change, constraint: Constraint) -> Demand | Unasked:
    rows = change.rows[constraint.table]
    table = change.after.tables[constraint.table]
    label = f"{rows.label}.{constraint.name}"
    names = [quote_name(table.columns[number].name) for number in constraint.columns]
    if constraint.kind == "c":
        wrong = f"NOT ({change.types.localize(constraint.expression)})"
        meaning = f"violate the CHECK {constraint.name}"
        found = Demand("check", label, meaning, rows, wrong=wrong, shown=tuple(names))
        return _known(found, set(constraint.columns))
    return _known(_foreign_key(change, constraint, label, names), set(constraint.columns))


def _foreign_key(
    change: Change, constraint: Constraint, label: str, names: list[str]
) -> Demand | Unasked:
    rows, other = change.rows[constraint.table], change.rows.get(constraint.other)
    if other is None:
        return Unasked("foreign key", label, "The table to which it refers is not there.")
    others = change.after.tables[constraint.other].columns
    hidden = next((other.unknown[n] for n in constraint.others if n in other.unknown), "")
    if hidden:
        return Unasked("foreign key", label, hidden)
    pairs = [
        (f"{_OTHER}.{quote_name(others[number].name)}", f"{ROWS}.{name}")
        for number, name in zip(constraint.others, names, strict=True)
    ]
    equal, having = [f"{theirs} = {own}" for theirs, own in pairs], ""
    if constraint.has_period:  # the last column: what rows of the other table cover together
        theirs, own = pairs[-1]
        equal[-1] = f"{theirs} && {own}"
        having = f" HAVING {own} <@ range_agg({theirs})"
    filled = " AND ".join(f"{ROWS}.{name} IS NOT NULL" for name in names)
    missing = (
        f"NOT EXISTS (SELECT FROM ({other.sql}) AS {_OTHER} "  # parts of revisions
        f"WHERE {' AND '.join(equal)}{having})"
    )
    wrong = f"{filled} AND {missing}"
    if constraint.match_full:
        some = " OR ".join(f"{ROWS}.{name} IS NOT NULL" for name in names)
        wrong = f"({some}) AND (NOT ({filled}) OR {missing})"
    meaning = f"point to no row of {other.label} ({', '.join(names)})"
    rows = rows.with_remark(other.remark)
    return Demand("foreign key", label, meaning, rows, wrong=wrong, shown=tuple(names))


def _index_demand(change: Change, index: Index) -> Demand | Unasked:
    rows = change.rows[index.table]
    table = change.after.tables[index.table]
    keys = tuple(map(change.types.localize, index.keys))
    where = change.types.localize(index.where)
    meaning = f"are there more than once ({', '.join(index.keys)})"
    if index.operators:
        meaning = f"conflict with another row ({index.name})"
    found = Demand(
        "exclusion" if index.operators else "unique",
        f"{rows.label}.{index.name}",
        meaning,
        rows,
        where=where,
        distinct_by=keys,
        nulls_equal=index.nulls_equal,
        operators=index.operators,
        shown=keys,
    )
    return _known(found, _used(table, " ".join([*index.keys, index.where])))


def _known(found: Demand | Unasked, columns: AbstractSet[int]) -> Demand | Unasked:
    """Return a demand, or why it cannot be asked: the values of its columns are not known."""
    if isinstance(found, Unasked):
        return found
    unknown = found.rows.unknown
    why = next((unknown[number] for number in sorted(columns) if number in unknown), "")
    return Unasked(found.kind, found.label, why) if why else found


def _used(table: Table, text: str) -> set[int]:
    """Return the columns that a text may name."""
    names = {token.identifier for token in tokenize(text)}
    return {number for number, column in table.columns.items() if column.name in names}


def _with_value(expression: str, value: str) -> str:
    """Return the expression of a domain's CHECK, of a value."""
    parts, end = [], 0
    for token in tokenize(expression):
        if token.keyword == "VALUE":
            parts += [expression[end : token.start], value]
            end = token.end
    return "".join([*parts, expression[end:]])
