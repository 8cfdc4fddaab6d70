"""Word operations as a person would: in Alembic's terms, with the texts that authors wrote."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.alter.remaining_changes import populated_definition
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.column_grants_op import ColumnGrantsOp
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql import split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Entry
    from alembic_pg.autogenerate.sides.comparison import Comparison

# What an author writes a text for.
_KINDS = frozenset(
    {
        *("CHECK CONSTRAINT", "CONSTRAINT", "INDEX", "VIEW", "MATERIALIZED VIEW", "FUNCTION"),
        *("PROCEDURE", "AGGREGATE", "TRIGGER", "POLICY"),
    }
)

_ROUTINES = frozenset({"FUNCTION", "PROCEDURE", "AGGREGATE"})

# Of one line of a CREATE TYPE; a longer one keeps a line for each value.
_WIDTH = 88

_ENUM = re.compile(r"CREATE TYPE \S+ AS ENUM \(")
_WITH_DATA = re.compile(r"\s+WITH\s+DATA\s*;$", re.IGNORECASE)
_COLUMN = re.compile(
    rf"ALTER TABLE \S+ (?:ADD COLUMN|ALTER COLUMN) (?P<name>{table_definition.NAME.pattern}) "
)


class Wording:
    """Give the words of statements that lead from one schema to another, or back.

    comparison: both schemas, and where the authors' texts are.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._texts = comparison.texts
        self._sides = comparison.before, comparison.after
        self._entries = [{entry.label: entry for entry in side.values()} for side in self._sides]
        self._routines = [
            Counter(_author_key(entry) for entry in side.values() if entry.kind in _ROUTINES)
            for side in self._sides
        ]

    def worded(self, operations: Iterable[MigrateOperation]) -> list[MigrateOperation]:
        """Return operations in words."""
        return [*map(self._operation, operations)]

    def worded_back(self, operations: Iterable[MigrateOperation]) -> list[MigrateOperation]:
        """Return the operations of a downgrade in words.

        Alembic makes an index or a CHECK again as PostgreSQL prints it.
        """
        return self.worded(self._remade(operation) or operation for operation in operations)

    def _remade(self, operation: MigrateOperation) -> StatementOp | None:
        """Return what makes an index or a CHECK again with its author's text, if that is known."""
        if not isinstance(operation, ops.CreateIndexOp | ops.CreateCheckConstraintOp):
            return None
        schema, table = operation.schema or "public", operation.table_name
        if isinstance(operation, ops.CreateIndexOp):
            name = str(operation.index_name)
            key = f"INDEX {schema}.{name}"
        else:
            name = str(operation.constraint_name)
            key = f"CHECK CONSTRAINT {schema}.{table} {name}"
        entry = self._sides[False].get(key)
        text = self._find(key, name, is_new=self._is_in_both(entry)) if entry else ""
        return StatementOp("create", entry.label, (text,), ()) if entry and text else None

    def _operation(self, operation: MigrateOperation) -> MigrateOperation:
        if type(operation) is ReversibleOp:
            return ReversibleOp(self.worded(operation.upgrade), list(operation.downgrade))
        if isinstance(operation, ColumnGrantsOp):
            return replace(operation, is_joined=True)
        if not isinstance(operation, StatementOp):
            return operation
        statements = tuple(
            one_line(self._statement(operation.label, text)) for text in operation.upgrade
        )
        return replace(operation, upgrade=statements, in_words=True)

    def _statement(self, label: str, statement: str) -> str:
        """Return a statement with its author's text where that is known."""
        for is_new in (True, False):
            entry = self._entries[is_new].get(label)
            if entry is None:
                continue
            if entry.kind in _KINDS and (text := self._creation(entry, statement, is_new=is_new)):
                return text
            if entry.kind == "TABLE" and (text := self._column(entry, statement, is_new=is_new)):
                return text
        return statement

    def _creation(self, entry: Entry, statement: str, *, is_new: bool) -> str:
        """Return the author's text of what a statement creates, "" where it is not known."""
        printed = split.script_statements(populated_definition(entry))[0]
        replaces = statement == printed.replace("CREATE ", "CREATE OR REPLACE ", 1)
        if statement != printed and not replaces:
            return ""
        key = _author_key(entry)
        if entry.kind in _ROUTINES and self._routines[is_new][key] > 1:
            return ""
        own_name = entry.name.partition("(")[0].rpartition(" ")[2]
        text = self._find(key, own_name, is_new=is_new or self._is_in_both(entry))
        if entry.kind == "MATERIALIZED VIEW":
            text = _WITH_DATA.sub(";", text)
        if replaces:
            text = re.sub(r"^CREATE (?:OR REPLACE )?", "CREATE OR REPLACE ", text)
        return text

    def _is_in_both(self, entry: Entry) -> bool:
        old, new = (side.get(entry.key) for side in self._sides)
        return old is not None and new is not None and old.text == new.text

    def _column(self, entry: Entry, statement: str, *, is_new: bool) -> str:
        """Return a statement about a column with its author's expression, "" without one."""
        match = _COLUMN.match(statement)
        column = match and table_definition.entry_columns(entry).get(match["name"])
        if not match or not column:
            return ""
        name = table_definition.unquote_name(column.name)
        place = f"{entry.schema}.{entry.name} {name}"
        stored = column.generated.removesuffix(" STORED")
        for kind, printed in (("DEFAULT", column.default), ("GENERATED", stored)):
            head = {"DEFAULT": "DEFAULT ", "GENERATED": " AS "}[kind]
            if not printed or f"{head}{printed}" not in statement:
                continue
            text = self._find(f"{kind} {place}", name, is_new=is_new)
            if text:
                written = f"({text})" if kind == "GENERATED" else text
                return statement.replace(f"{head}{printed}", f"{head}{written}", 1)
        return ""

    def _find(self, key: str, name: str, *, is_new: bool) -> str:
        found = self._texts.from_models(key, name) if is_new else None
        return found or (None if is_new else self._texts.from_revisions(key, name)) or ""


def _author_key(entry: Entry) -> str:
    """Return the key of an entry without the arguments of a routine."""
    return entry.key.partition("(")[0] if entry.kind in _ROUTINES else entry.key


def one_line(statement: str) -> str:
    """Return PostgreSQL's CREATE TYPE … AS ENUM, and its ADD CONSTRAINT, in one line."""
    if statement.startswith("ALTER TABLE "):
        return statement.replace("\n    ADD CONSTRAINT ", " ADD CONSTRAINT ", 1)
    if not _ENUM.match(statement):
        return statement
    joined = re.sub(r"\(\n    |,\n    |\n\);", lambda found: _JOINTS[found[0]], statement)
    return joined if len(joined) <= _WIDTH and "\n" not in joined else statement


_JOINTS = {"(\n    ": "(", ",\n    ": ", ", "\n);": ");"}
