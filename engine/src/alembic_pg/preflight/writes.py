"""Follow what a pending UPDATE, DELETE or other write makes of rows, as far as SQL can say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.sql import split
from alembic_pg.sql.cursor import Cursor, UnrecognizedError
from alembic_pg.sql.parse_dml import from_position
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.preflight.row_query import RowQuery
    from alembic_pg.preflight.snapshot import Table
    from alembic_pg.sql.statements import UpdateOrDelete

# What an UPDATE with FROM calls the values that it sets.
_SET = "ddl_set"


@dataclass(frozen=True)
class Assignment:
    """A column's new value. value: an expression, None where it is not understood."""

    column: int
    value: str | None

    @property
    def is_constant(self) -> bool:
        """Whether it is one constant, which either fits each row or none."""
        return self.value is not None and len(Cursor(self.value).tokens) == 1


@dataclass(frozen=True)
class Update:
    """An UPDATE of a table.

    alias: what it calls the table. condition: of the rows, "" for all. others: the tables after
    FROM, "" for none.
    """

    alias: str
    assignments: tuple[Assignment, ...]
    condition: str
    others: str

    def rows(self, table: Table, rows: RowQuery, types: Mapping[int, str]) -> str:
        """Return the query of the rows after it, but for generated columns.

        types: those of the columns in the target.
        """
        new = {one.column: one.value for one in self.assignments}
        condition = self.condition or "true"
        values = []
        for number, column in table.columns.items():
            old = f"{self.alias}.{quote_name(column.name)}"
            value = new.get(number)
            if value is not None:
                value = f"{_SET}.{_SET}_{number}" if self.others else value
                hit = f"{_SET}.{_SET}" if self.others else condition
                old = f"CASE WHEN {hit} THEN ({value})::{types[number]} ELSE {old} END"
            values.append((column.name, old))
        return rows.project(values, alias=self.alias, tail=self._join(new))

    def _join(self, new: Mapping[int, str | None]) -> str:
        """Return the join that finds what each row is set to, where other tables say it."""
        if not self.others:
            return ""
        given = [f"true AS {_SET}"]
        given += [f"{value} AS {_SET}_{number}" for number, value in new.items() if value]
        query = f"SELECT {', '.join(given)} FROM {self.others} WHERE {self.condition or 'true'}"  # noqa: S608  # parts of revisions
        return f"LEFT JOIN LATERAL ({query} LIMIT 1) AS {_SET} ON true"


def read_update(statement: UpdateOrDelete, table: Table) -> Update | None:
    """Return the parts of an UPDATE; None where they are not understood."""
    cursor = Cursor(statement.body)
    cursor.expect("SET")
    at = from_position(cursor)
    others = "" if at is None else statement.body[cursor.tokens[at + 1].start :]
    given = cursor.remaining() if at is None else cursor.tokens[cursor.position : at]
    numbers = {column.name: number for number, column in table.columns.items()}
    assignments: list[Assignment] = []
    for part in Cursor(statement.body, given).split_commas():
        names, value = _assignment(part)
        if not names or any(name not in numbers for name in names):
            return None
        single = len(names) == 1 and value.upper() != "DEFAULT"
        assignments += [Assignment(numbers[name], value if single else None) for name in names]
    return Update(statement.alias, tuple(assignments), statement.condition, others)


def _assignment(part: Cursor) -> tuple[list[str], str]:
    """Return the columns that are set, and their value."""
    if part.peek("("):
        names = [one.identifier() for one in part.split_commas()]
    else:
        names = [part.identifier()]
    return (names, part.remaining_text()) if part.accept("=") else ([], "")


def type_changes(sql: str) -> tuple[str, dict[str, str]]:
    """Return the table of an ALTER TABLE, and the USING of each column whose type it changes."""
    cursor = split.first_statement(sql)
    found: dict[str, str] = {}
    if not cursor.accept("ALTER", "TABLE"):
        return "", found
    cursor.accept("IF", "EXISTS")
    try:
        table, _ = cursor.relation_text()
    except UnrecognizedError:
        return "", found
    for action in cursor.split_commas():
        if not action.accept("ALTER"):
            continue
        action.accept("COLUMN")
        name = action.identifier()
        at = action.find("USING")
        if action.accept_any("TYPE", "SET DATA TYPE") and at is not None:
            found[name] = sql[action.tokens[at + 1].start : action.tokens[-1].end]
    return (table, found) if found else ("", found)
