"""Make new tables before a message takes its first lock on one that was there.

Each new table, with its indexes, takes the server a few milliseconds: nobody is to wait for sixty
of them because a column of a table in use was added before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.sql import lock_modes, parser, split
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import mentions
from alembic_pg.sql.plain_column import is_plain_column
from alembic_pg.sql.statements import AddColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.sql.cursor import QualifiedName

# After the columns of a new table: what reads another one, or makes it a part of that.
_OF_OTHERS = ("AS", "INHERITS", "OF")


def new_tables_first(statements: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the statements that make tables, or are about these alone, and the others.

    Only a column of a built-in type, with a constant default or none, lets what follows it come
    before it: it makes and drops no name, and calls nothing. Each list is in its own order.
    """
    if not any(map(_altered_table, statements)):
        return [], [*statements]
    first: list[str] = []
    rest: list[str] = []
    made: set[QualifiedName] = set()
    altered: set[str] = set()
    for at, text in enumerate(statements):
        created = _created_table(text)
        own = {created} if created else set()
        names = own.union(lock_modes.strongest_lock(text)[1])
        if names and names <= made | own and not mentions(text, altered):
            made |= own
            first.append(text)
        elif table := _altered_table(text):
            altered.add(table)
            rest.append(text)
        else:
            return first, [*rest, *statements[at:]]
    return first, rest


def _created_table(sql: str) -> QualifiedName | None:
    """Return the table that a statement makes by itself, None where there are others in it."""
    cursor = split.first_statement(sql)
    # Asked from its beginning, where the columns are in brackets that open later.
    of_others = any(map(cursor.contains, _OF_OTHERS))
    name = cursor.created_table(for_certain=True)
    return None if of_others else name


def _altered_table(sql: str) -> str:
    """Return the table, without its schema, that gets a plain column; "" of another statement."""
    if "ADD" not in sql.upper():
        return ""
    statement = parser.parse(sql)
    if not isinstance(statement, AddColumn) or not is_plain_column(statement.definition):
        return ""
    return Cursor(statement.table).qualified_name()[1]
