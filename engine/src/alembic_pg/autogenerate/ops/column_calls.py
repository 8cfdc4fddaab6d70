"""Say what ALTER TABLE does to a column, and COMMENT ON, in Alembic's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.call_source import Call, sql_text, string, table_arguments
from alembic_pg.autogenerate.ops.statement_source import escape_colons
from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.quoting import unquote_literal

if TYPE_CHECKING:
    from alembic_pg.sql.cursor import Cursor

# SQLAlchemy's types, by PostgreSQL's names of them.
_TYPES = {
    "bigint": "sa.BigInteger()",
    "boolean": "sa.Boolean()",
    "bytea": "sa.LargeBinary()",
    "date": "sa.Date()",
    "double precision": "sa.Double()",
    "integer": "sa.Integer()",
    "json": "postgresql.JSON()",
    "jsonb": "postgresql.JSONB()",
    "numeric": "sa.Numeric()",
    "real": "sa.REAL()",
    "smallint": "sa.SmallInteger()",
    "text": "sa.Text()",
    "timestamp with time zone": "sa.DateTime(timezone=True)",
    "timestamp without time zone": "sa.DateTime()",
    "uuid": "sa.Uuid()",
}

# One that SQLAlchemy quotes again as it is.
_PLAIN_TEXT = re.compile(r"'(?:[^'%\\\n]|'')*'")

_WITH_LENGTH = re.compile(r"(?P<name>character varying|character)\((?P<length>\d+)\)")
_NUMERIC = re.compile(r"numeric\((?P<precision>\d+),(?P<scale>\d+)\)")


def read_column_call(cursor: Cursor) -> Call:
    """Return the call of a statement. Raises UnrecognizedError for anything else."""
    cursor.expect("ALTER", "TABLE")
    if cursor.peek("ONLY"):
        raise UnrecognizedError
    table = cursor.altered_table()
    verb = cursor.accept_any("ADD COLUMN", "DROP COLUMN", "ALTER COLUMN")
    if not verb:
        raise UnrecognizedError
    cursor.expect_single_action()
    column = cursor.identifier()
    source, schema = table_arguments(table)
    if verb == "ADD COLUMN":
        return Call("add_column", "", [source, _column(cursor, column), *schema])
    if verb == "DROP COLUMN":
        cursor.expect_end()
        return Call("drop_column", "", [source, string(column), *schema])
    change = _change(cursor)
    return Call("alter_column", "", [source, string(column), *change, *schema])


def _change(cursor: Cursor) -> list[str]:
    """Return the arguments that say how a column changes."""
    words = cursor.accept_any(
        "SET DEFAULT", "DROP DEFAULT", "SET NOT NULL", "DROP NOT NULL", "TYPE"
    )
    if words == "SET DEFAULT":
        return [f"server_default={_default(cursor.remaining_text())}"]
    if words == "TYPE":
        return _change_of_type(cursor)
    cursor.expect_end()
    arguments = {
        "DROP DEFAULT": "server_default=None",
        "SET NOT NULL": "nullable=False",
        "DROP NOT NULL": "nullable=True",
    }
    if words not in arguments:
        raise UnrecognizedError
    return [arguments[words]]


def _default(expression: str) -> str:
    """Return the source of a default: of a constant text, what is between its quotes."""
    if _PLAIN_TEXT.fullmatch(expression):
        return string(unquote_literal(expression))
    return sql_text(expression)


def _change_of_type(cursor: Cursor) -> list[str]:
    text = cursor.remaining_text()
    using = cursor.find("USING")
    if using is None:
        return [f"type_={type_source(text)}"]
    tokens = cursor.tokens
    kind = cursor.sql[tokens[cursor.position].start : tokens[using - 1].end]
    expression = cursor.sql[tokens[using + 1].start : tokens[-1].end]
    if "%" in expression:  # which the driver would read
        raise UnrecognizedError
    return [f"type_={type_source(kind)}", f"postgresql_using={string(expression)}"]


def type_source(text: str) -> str:
    """Return the source of a type. Raises UnrecognizedError where it has no plain one."""
    plain = " ".join(text.split())
    if plain.endswith("[]"):
        return f"postgresql.ARRAY({type_source(plain.removesuffix('[]'))})"
    if plain in _TYPES:
        return _TYPES[plain]
    if match := _WITH_LENGTH.fullmatch(plain):
        kind = "sa.String" if match["name"] == "character varying" else "sa.CHAR"
        return f"{kind}(length={match['length']})"
    if match := _NUMERIC.fullmatch(plain):
        return f"sa.Numeric(precision={match['precision']}, scale={match['scale']})"
    raise UnrecognizedError


def _column(cursor: Cursor, name: str) -> str:
    """Return the source of a column that is added; cursor: after its name."""
    places = {
        word: place
        for word, phrase in (
            ("generated", ("GENERATED", "ALWAYS", "AS")),
            ("default", ("DEFAULT",)),
            ("not null", ("NOT", "NULL")),
        )
        if (place := cursor.find(*phrase)) is not None
    }
    if "generated" in places and "default" in places:
        raise UnrecognizedError
    ends = sorted([*places.values(), len(cursor.tokens)])
    text = _text_between(cursor, cursor.position, ends[0])
    arguments = [string(name), type_source(text)]
    if "generated" in places:
        arguments.append(_computed(cursor, places["generated"] + 3))
    if "default" in places:
        start = places["default"] + 1
        end = next(one for one in ends if one >= start)
        arguments.append(f"server_default={_default(_text_between(cursor, start, end))}")
    if "not null" in places:
        if places["not null"] != len(cursor.tokens) - 2:  # NO INHERIT
            raise UnrecognizedError
        arguments.append("nullable=False")
    return f"sa.Column({', '.join(arguments)})"


def _computed(cursor: Cursor, start: int) -> str:
    cursor.position = start
    if not cursor.peek("("):
        raise UnrecognizedError
    cursor.skip_brackets()
    expression = string(escape_colons(_text_between(cursor, start + 1, cursor.position - 1)))
    return f"sa.Computed({expression}{', persisted=True' if cursor.accept('STORED') else ''})"


def _text_between(cursor: Cursor, start: int, end: int) -> str:
    tokens = cursor.tokens[start:end]
    return cursor.sql[tokens[0].start : tokens[-1].end] if tokens else ""


def read_comment_call(cursor: Cursor) -> Call:
    """Return the call of a statement. Raises UnrecognizedError for anything else."""
    cursor.expect("COMMENT", "ON")
    if cursor.accept("TABLE"):
        source, schema = table_arguments(cursor.qualified_name())
        text = _comment(cursor)
        if text is None:
            return Call("drop_table_comment", "", [source, *schema])
        return Call("create_table_comment", "", [source, string(text), *schema])
    cursor.expect("COLUMN")
    table, column = cursor.column_name()
    text = _comment(cursor)
    source, schema = table_arguments(table)
    comment = "None" if text is None else string(text)
    return Call("alter_column", "", [source, string(column), f"comment={comment}", *schema])


def _comment(cursor: Cursor) -> str | None:
    """Step over a comment's text; return it, None for NULL."""
    cursor.expect("IS")
    token = cursor.current
    if cursor.accept("NULL"):
        return None
    if token is None or not token.text.startswith("'"):
        raise UnrecognizedError
    return unquote_literal(token.text)
