"""Say ADD CONSTRAINT and DROP CONSTRAINT in Alembic's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.call_source import Call, names, string, table_arguments
from alembic_pg.autogenerate.ops.statement_source import escape_colons
from alembic_pg.sql.cursor import Cursor, UnrecognizedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.cursor import QualifiedName
    from alembic_pg.sql.lexer import Token

_ACTIONS = ("CASCADE", "RESTRICT", "NO ACTION", "SET NULL", "SET DEFAULT")


def read_constraint_call(cursor: Cursor) -> Call:
    """Return the call of a statement. Raises UnrecognizedError for anything else."""
    cursor.expect("ALTER", "TABLE")
    table = cursor.altered_table()
    verb = cursor.accept_any("ADD CONSTRAINT", "DROP CONSTRAINT")
    if not verb:
        raise UnrecognizedError
    name = cursor.identifier()
    if verb.startswith("DROP"):
        cursor.expect_end()
        source, schema = table_arguments(table)
        return Call("drop_constraint", name, [source, *schema])
    cursor.expect_single_action()
    kind = cursor.accept_any("CHECK", "UNIQUE", "PRIMARY KEY", "FOREIGN KEY", "EXCLUDE")
    if not kind:
        raise UnrecognizedError
    return _READERS[kind](cursor, table, name)


def _check(cursor: Cursor, table: QualifiedName, name: str) -> Call:
    condition = _bracketed_text(cursor)
    source, schema = table_arguments(table)
    options = ["postgresql_not_valid=True"] if cursor.accept("NOT", "VALID") else []
    cursor.expect_end()
    text = string(escape_colons(condition))
    return Call("create_check_constraint", name, [source, text, *schema, *options])


def _unique(cursor: Cursor, table: QualifiedName, name: str) -> Call:
    options = ["postgresql_nulls_not_distinct=True"] * cursor.accept("NULLS", "NOT", "DISTINCT")
    columns = _columns(cursor)
    options += _deferral(cursor)
    source, schema = table_arguments(table)
    return Call("create_unique_constraint", name, [source, names(columns), *schema, *options])


def _primary_key(cursor: Cursor, table: QualifiedName, name: str) -> Call:
    columns = _columns(cursor)
    cursor.expect_end()
    source, schema = table_arguments(table)
    return Call("create_primary_key", name, [source, names(columns), *schema])


def _foreign_key(cursor: Cursor, table: QualifiedName, name: str) -> Call:
    local = _columns(cursor)
    cursor.expect("REFERENCES")
    other = cursor.qualified_name()
    remote = _columns(cursor)
    options = list(_foreign_key_options(cursor))
    schemas = [
        f"{word}={string(schema)}"
        for word, (schema, _) in (("source_schema", table), ("referent_schema", other))
        if schema != "public"
    ]
    places = [string(table[1]), string(other[1]), names(local), names(remote)]
    return Call("create_foreign_key", name, [*places, *schemas, *options])


def _foreign_key_options(cursor: Cursor) -> Iterator[str]:
    if cursor.accept("MATCH"):
        yield f"match={string(cursor.identifier().upper())}"
    while event := cursor.accept_any("ON UPDATE", "ON DELETE"):
        action = cursor.accept_any(*_ACTIONS)
        if not action:
            raise UnrecognizedError
        if cursor.peek("("):  # SET NULL (column), as SQLAlchemy takes it, too
            columns = ", ".join(part.whole_text() for part in cursor.split_commas())
            action = f"{action} ({columns})"
        yield f"{event.replace(' ', '').lower()}={string(action)}"
    yield from _deferral(cursor, at_end=False)
    if cursor.accept("NOT", "VALID"):
        yield "postgresql_not_valid=True"
    cursor.expect_end()


def _exclude(cursor: Cursor, table: QualifiedName, name: str) -> Call:
    cursor.expect("USING")
    using = cursor.identifier()
    elements = []
    for part in cursor.split_commas():
        index = part.find("WITH")
        if index is None or not index:
            raise UnrecognizedError
        tokens = part.tokens
        element = part.sql[tokens[0].start : tokens[index - 1].end]
        operator = part.sql[tokens[index + 1].start : tokens[-1].end]
        elements.append(f"({_element(element)}, {string(operator)})")
    options = [f"using={string(using)}"]
    if cursor.accept("WHERE"):
        options.append(f"where={string(escape_colons(_bracketed_text(cursor)))}")
    options += _deferral(cursor)
    source, schema = table_arguments(table)
    return Call("create_exclude_constraint", name, [source, *elements, *schema, *options])


def _element(text: str) -> str:
    """Return the source of a column; Alembic takes no expression there."""
    cursor = Cursor(text)
    column = cursor.identifier()
    cursor.expect_end()
    return string(column)


def _deferral(cursor: Cursor, *, at_end: bool = True) -> Iterator[str]:
    if cursor.accept("DEFERRABLE"):
        yield "deferrable=True"
    if cursor.accept("INITIALLY"):
        yield f"initially={string(cursor.identifier().upper())}"
    if at_end:
        cursor.expect_end()


def _columns(cursor: Cursor) -> list[str]:
    """Step over names in brackets; return them. Raises UnrecognizedError for anything else."""
    if not cursor.peek("("):
        raise UnrecognizedError
    found = []
    for part in cursor.split_commas():
        found.append(part.identifier())
        part.expect_end()
    if not all(found):
        raise UnrecognizedError
    return found


def _bracketed_text(cursor: Cursor) -> str:
    """Step over brackets; return what they hold, without brackets around all of it."""
    if not cursor.peek("("):
        raise UnrecognizedError
    start = cursor.position
    cursor.skip_brackets()
    tokens = cursor.tokens[start : cursor.position]
    while _are_bracketed(tokens[1:-1]):
        tokens = tokens[1:-1]
    return cursor.sql[tokens[0].end : tokens[-1].start].strip()


def _are_bracketed(tokens: Sequence[Token]) -> bool:
    """Return whether brackets are around all of some tokens."""
    if not tokens or tokens[0].text != "(" or tokens[-1].text != ")":
        return False
    depth = tokens[0].depth
    return tokens[-1].depth == depth and all(
        token.text != ")" or token.depth != depth for token in tokens[:-1]
    )


_READERS = {
    "CHECK": _check,
    "UNIQUE": _unique,
    "PRIMARY KEY": _primary_key,
    "FOREIGN KEY": _foreign_key,
    "EXCLUDE": _exclude,
}
