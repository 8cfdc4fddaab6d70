"""Follow pending statements: what each demands of the rows that are there, and what it leaves.

Nothing is changed in the target: the rows after a statement are a query over its rows of now. What
a statement does to the schema is read from a scratch database without rows, where it was executed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_pg.preflight.column_changes import (
    column_types,
    forget_generated,
    with_columns,
    with_generated,
    without_generated,
)
from alembic_pg.preflight.demand import Demand
from alembic_pg.preflight.demands import Change, list_demands
from alembic_pg.preflight.row_query import RowQuery, rows_of_new_table, rows_of_table
from alembic_pg.preflight.target_types import TargetTypes, target_types
from alembic_pg.preflight.writes import read_update, type_changes
from alembic_pg.sql import describe, parser, split
from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name, readable_name
from alembic_pg.sql.statements import UpdateOrDelete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from alembic_pg.preflight.demand import Unasked
    from alembic_pg.preflight.snapshot import Snapshot, Table
    from alembic_pg.preflight.writes import Update


class PendingRows:
    """The rows of each table, as the statements so far leave them.

    base: the schema of the target. now: that after the statements so far; is_behind: whether they
    have made tables that it does not have yet.
    """

    def __init__(self, base: Snapshot) -> None:
        self.base = self.now = base
        self.is_behind = False
        self._rows: dict[int, RowQuery] = {
            oid: rows_of_table(table, _primary_key(base, oid)) for oid, table in base.tables.items()
        }
        self._written: set[tuple[int, int]] = set()
        self._removed: set[int] = set()
        self._types = TargetTypes({})

    def follow(
        self, sql: str, after: Snapshot, find: Callable[[str], int]
    ) -> list[Demand | Unasked]:
        """Return what a statement demands, and follow it.

        after: what the statement has made of the schema. find: returns the OID of the table that a
        statement calls by a name.
        """
        read = dict(self._rows)
        self._written, self._removed = set(), set()
        self._types = target_types(self.base, after)
        statement = parser.parse(sql)
        using = self._using_of(sql, find)
        asked: list[Demand | Unasked] = []
        if isinstance(statement, UpdateOrDelete):
            asked = self._follow_write(statement, find(statement.table))
        else:
            self._follow_other(sql, find)
        self._follow_schema(after, using, sql)
        return asked + self._demands(after, read, using)

    def follow_unread(self, label: str, after: Snapshot) -> list[Demand | Unasked]:
        """Return what a revision demands whose statements nobody knows before it runs."""
        read = dict(self._rows)
        self._types = target_types(self.base, after)
        self._follow_schema(after, {}, "")
        self._forget(self._rows, f"{label} asks the database as it runs.")
        return self._demands(after, read, {})

    def _demands(
        self, after: Snapshot, read: Mapping[int, RowQuery], using: Mapping[int, dict[str, str]]
    ) -> list[Demand | Unasked]:
        """Return what the new schema demands, which is that of now from here on."""
        written, removed = self._written, self._removed
        change = Change(self.now, after, self._rows, read, written, removed, using, self._types)
        self.now = after
        return list_demands(change)

    def _using_of(self, sql: str, find: Callable[[str], int]) -> dict[int, dict[str, str]]:
        """Return the expressions of type changes: of the altered table, and of its partitions."""
        name, using = type_changes(sql)
        oid = find(name) if using else 0
        return dict.fromkeys([oid, *self._descendants(oid)], using) if oid in self._rows else {}

    def _follow_write(self, statement: UpdateOrDelete, oid: int) -> list[Demand | Unasked]:
        table = self.now.tables.get(oid)
        label = describe.statement_label(statement.sql)
        if table is None:
            self._forget(
                self._rows, f"The {label} before it changes rows of a view or of an unknown table."
            )
            return []
        family = [oid, *self._descendants(oid)]
        changed = self._changed_tables_of(statement.sql, oid)
        if changed:
            self._forget(family, f"The {label} before it reads {changed}, which is pending, too.")
            return []
        if statement.verb == "UPDATE":
            return self._follow_update(statement, table, family, label)
        self._follow_delete(statement, family)
        return []

    def _follow_update(
        self, statement: UpdateOrDelete, table: Table, family: list[int], label: str
    ) -> list[Demand | Unasked]:
        try:
            update = read_update(statement, table)
        except UnrecognizedError:
            update = None
        if update is None:
            self._forget(family, f"It is not understood what the {label} before it writes.")
            return []
        asked = self._value_demands(update, table)
        names = {table.columns[one.column].name: one for one in update.assignments}
        for oid in family:
            own = self.now.tables[oid]
            numbers = {column.name: number for number, column in own.columns.items()}
            there = [replace(one, column=numbers[name]) for name, one in names.items()]
            unclear = [one.column for one in there if one.value is None]
            rows = self._rows[oid]
            query = replace(update, assignments=tuple(there)).rows(
                without_generated(own), rows, column_types(own, self._types)
            )
            rows = replace(rows, sql=query, is_changed=True)
            rows = with_generated(rows, own, self._types)
            rows = rows.forget(unclear, f"It is not understood what the {label} before it writes.")
            if own.has_trigger:
                rows = rows.with_remark("A trigger may change what an UPDATE before it writes.")
            self._rows[oid] = forget_generated(rows, own)
            self._written |= {(oid, one.column) for one in there}
        return asked

    def _value_demands(self, update: Update, table: Table) -> list[Demand | Unasked]:
        """Return what the expressions of an UPDATE demand: that none of them fails."""
        rows = self._rows[table.oid]
        types = column_types(table, self._types)
        return [
            Demand(
                "value",
                f"{rows.label}.{table.columns[one.column].name}",
                f"get no value: {one.value} fails",
                rows,
                update.alias,
                update.condition,
                evaluated=one.value,
                as_type=types[one.column],
            )
            for one in update.assignments
            if one.value is not None and not one.is_constant and not update.others
        ]

    def _follow_delete(self, statement: UpdateOrDelete, family: list[int]) -> None:
        condition = statement.condition or "true"
        others = statement.body.strip()[len("USING") :] if statement.body.strip() else ""
        stays = f"({condition}) IS NOT TRUE"
        if others:
            stays = f"NOT EXISTS (SELECT FROM {others} WHERE {condition})"
        for oid in family:
            rows, table = self._rows[oid], self.now.tables[oid]
            values = [
                (one.name, f"{statement.alias}.{quote_name(one.name)}")
                for one in table.columns.values()
            ]
            query = rows.project(values, alias=statement.alias, tail=f"WHERE {stays}")
            self._rows[oid] = replace(rows, sql=query, is_changed=True)
        for constraint in self.now.constraints.values():
            if constraint.other not in family:
                continue
            if constraint.on_delete in {"a", "r"}:
                self._removed.add(constraint.oid)
            elif constraint.table in self._rows:
                label = self._rows[family[0]].label
                self._forget(
                    [constraint.table],
                    f"Deleting rows of {label} before it changes rows of this table, too.",
                )

    def _follow_other(self, sql: str, find: Callable[[str], int]) -> None:
        """Note which rows a statement may change that is no UPDATE or DELETE of one table."""
        cursor = split.first_statement(sql)
        first = cursor.current_word
        if cursor.accept_any("INSERT INTO", "COPY", "TRUNCATE TABLE", "TRUNCATE"):
            oid = find(cursor.name_text())
            if oid not in self._rows:
                return
            rows = self._rows[oid]
            if first == "TRUNCATE":
                own = [(c.name, quote_name(c.name)) for c in self.now.tables[oid].columns.values()]
                query = rows.project(own, tail="WHERE false")
                self._rows[oid] = replace(rows, sql=query, is_changed=True)
                return
            why = f"The {first.lower()} {rows.label} before it adds rows."
            if rows.source is None:
                rows = rows.forget(self.now.tables[oid].columns, why)
            self._rows[oid] = replace(rows.with_remark(why), is_changed=True)
        elif first in {"DO", "MERGE", "WITH", "CALL"} or (
            first == "SELECT" and not _is_harmless_query(sql)
        ):
            words = {token.identifier for token in tokenize(_inner_text(sql))}
            named = [oid for oid in self._rows if self.now.tables[oid].name in words]
            self._forget(
                named if first in {"DO", "MERGE", "WITH"} else self._rows,
                f"What the {first} before it does is not known before it runs.",
            )

    def _forget(self, oids: Iterable[int], why: str) -> None:
        """Note that values may have changed: those of pending columns are not known then."""
        for oid in list(oids):
            rows, old = self._rows[oid], self.base.tables.get(oid)
            table = self.now.tables.get(oid)
            new = set(table.columns if table else ()) - set(old.columns if old else ())
            self._rows[oid] = replace(rows.forget(new, why).with_remark(why), is_changed=True)

    def _follow_schema(
        self, after: Snapshot, using: Mapping[int, dict[str, str]], sql: str
    ) -> None:
        """Follow what a statement does to tables and columns."""
        for oid in [one for one in self._rows if one not in after.tables]:
            del self._rows[oid]
        for oid, table in after.tables.items():
            old = self.now.tables.get(oid)
            if old is None:
                rows = rows_of_new_table(table, column_types(table, self._types))
                if " AS " in f" {' '.join(sql.split()).upper()} " and "SELECT" in sql.upper():
                    rows = rows.forget(table.columns, f"Rows of {rows.label} are made as it runs.")
                self._rows[oid] = rows
            elif (old is not table and old.columns != table.columns) or oid in using:
                self._rows[oid] = with_columns(
                    self._rows[oid], old, table, using.get(oid, {}), self._types
                )
            if old is not None and (old.schema, old.name) != (table.schema, table.name):
                label = readable_name(table.schema, table.name)
                self._rows[oid] = replace(self._rows[oid], label=label, is_changed=True)

    def _descendants(self, oid: int) -> list[int]:
        found = [one for one, table in self.now.tables.items() if oid in table.parents]
        return found + [deeper for one in found for deeper in self._descendants(one)]

    def _changed_tables_of(self, sql: str, own: int) -> str:
        """Return the changed table that a statement reads beside its own, "" for none."""
        words = {token.identifier for token in tokenize(sql)}
        for oid, rows in self._rows.items():
            if oid != own and rows.is_changed and self.now.tables[oid].name in words:
                return rows.label
        return ""


def _primary_key(snapshot: Snapshot, oid: int) -> tuple[int, ...]:
    return next(
        (one.columns for one in snapshot.indexes.values() if one.table == oid and one.is_primary),
        (),
    )


def _is_harmless_query(sql: str) -> bool:
    """Return whether a SELECT calls nothing but what sets a sequence or a setting."""
    words = [token.identifier for token in tokenize(sql)]
    called = [
        name
        for name, after in zip(words, tokenize(sql)[1:], strict=False)
        if name and after.text == "("
    ]
    return set(called) <= {"setval", "set_config", "pg_get_serial_sequence", "coalesce", "max"}


def _inner_text(sql: str) -> str:
    """Return a statement with the text of its blocks of code."""
    return " ".join(
        token.text.strip("$") if token.kind == "dollar" else token.text for token in tokenize(sql)
    )
