"""Define an operation that grants or revokes privileges on the columns of one table.

pg_dump prints a statement for each column; a person writes one for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import Operations

from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql import split
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation

# A longer statement has a line for each privilege.
_WIDTH = 88


@dataclass(frozen=True)
class _ColumnGrant:
    """A statement of privileges on columns.

    verb: GRANT or REVOKE. columns: the spelled names by each privilege. table: as it is spelled.
    rest: the table, the roles and what follows them.
    """

    verb: str
    columns: dict[str, list[str]]
    table: str
    rest: str


@dataclass
class ColumnGrantsOp(ReversibleOp):
    """Hold operations that grant, or that revoke, privileges on the columns of one table.

    upgrade: one StatementOp for each column, in their order.
    is_joined: whether a statement speaks of all columns; else each part has its own.
    """

    is_joined: bool = False

    @property
    def parts(self) -> list[StatementOp]:
        """The operation of each column."""
        return [one for one in self.upgrade if isinstance(one, StatementOp)]

    def statements(self) -> list[StatementOp]:
        """Return the operations that are executed, and written into a revision."""
        parts = self.parts
        if not self.is_joined:
            return parts
        joined = join_grants(text for part in parts for text in part.upgrade)
        return [StatementOp(parts[0].action, parts[0].label, joined, ())]


def with_column_grants(operations: Iterable[MigrateOperation]) -> list[MigrateOperation]:
    """Return operations in which those on columns of one table, one after the other, are one."""
    found: list[MigrateOperation] = []
    for table, some in groupby(operations, _granted_table):
        group = [*some]
        found += [ColumnGrantsOp(group)] if table and len(group) > 1 else group
    return found


def join_grants(statements: Iterable[str]) -> tuple[str, ...]:
    """Return one statement for all columns of a table, for each list of roles.

    statements: GRANT or REVOKE of privileges on columns, as pg_dump prints them.
    Raises ValueError where one of them is anything else.
    """
    joined: dict[tuple[str, str], dict[str, list[str]]] = {}
    for statement in statements:
        grant = _column_grant(statement)
        if grant is None:
            raise ValueError(statement)
        columns = joined.setdefault((grant.verb, grant.rest), {})
        for privilege, names in grant.columns.items():
            columns.setdefault(privilege, []).extend(names)
    return tuple(_written(verb, columns, rest) for (verb, rest), columns in joined.items())


def _written(verb: str, columns: dict[str, list[str]], rest: str) -> str:
    privileges = [f"{privilege} ({', '.join(names)})" for privilege, names in columns.items()]
    statement = f"{verb} {', '.join(privileges)} {rest};"
    if len(statement) <= _WIDTH:
        return statement
    listed = ",\n    ".join(privileges)
    return f"{verb}\n    {listed}\n{rest};"


def _granted_table(operation: MigrateOperation) -> str:
    """Return what is done to the privileges on the columns of which table, "" of anything else."""
    if not isinstance(operation, StatementOp):
        return ""
    grants = [*map(_column_grant, operation.upgrade)]
    done = {f"{grant.verb} {grant.table}" if grant else "" for grant in grants}
    return done.pop() if len(done) == 1 else ""


def _column_grant(statement: str) -> _ColumnGrant | None:
    """Return what a statement says of privileges on columns, None where it says anything else."""
    cursor = split.first_statement(statement)
    verb = cursor.accept_any("GRANT", "REVOKE")
    on = cursor.find("ON", "TABLE")
    if not verb or on is None:
        return None
    columns: dict[str, list[str]] = {}
    for part in Cursor(statement, cursor.tokens[cursor.position : on]).split_commas():
        spelled = [token.text for token in part.tokens]
        if spelled[1::2] != ["(", ")"]:
            return None
        columns.setdefault(part.current_word, []).append(spelled[2])
    cursor.position = on
    rest = cursor.remaining_text()
    cursor.accept("ON", "TABLE")
    return _ColumnGrant(verb, columns, cursor.name_text(), rest)


@Operations.implementation_for(ColumnGrantsOp)
def _run(operations: Operations, operation: ColumnGrantsOp) -> None:
    for part in operation.statements():
        operations.invoke(part)


@renderers.dispatch_for(ColumnGrantsOp)
def _render(context: AutogenContext, operation: ColumnGrantsOp) -> list[str]:
    return [line for part in operation.statements() for line in render_op(context, part)]
