"""Say CREATE INDEX and DROP INDEX in Alembic's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.call_source import Call, names, sql_text, string, table_arguments
from alembic_pg.sql.cursor import UnrecognizedError
from alembic_pg.sql.quoting import unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.sql.cursor import Cursor


def read_index_call(cursor: Cursor) -> Call:
    """Return the call of a statement. Raises UnrecognizedError for anything else."""
    if cursor.accept("DROP", "INDEX"):
        schema, name = cursor.qualified_name()
        cursor.expect_end()
        return Call("drop_index", name, [] if schema == "public" else [f"schema={string(schema)}"])
    cursor.expect("CREATE")
    options = ["unique=True"] if cursor.accept("UNIQUE") else []
    cursor.expect("INDEX")
    name = cursor.identifier()
    cursor.expect("ON")
    table = cursor.qualified_name()
    if cursor.accept("USING") and (method := cursor.identifier()) != "btree":
        options.append(f"postgresql_using={string(method)}")
    if not cursor.peek("("):
        raise UnrecognizedError
    items = [_item(part) for part in cursor.split_commas()]
    options += _options(cursor)
    source, schema_option = table_arguments(table)
    return Call("create_index", name, [source, f"[{', '.join(items)}]", *schema_option, *options])


def _options(cursor: Cursor) -> Iterator[str]:
    if cursor.accept("INCLUDE"):
        yield f"postgresql_include={names([part.identifier() for part in cursor.split_commas()])}"
    if cursor.accept("NULLS", "NOT", "DISTINCT"):
        yield "postgresql_nulls_not_distinct=True"
    if cursor.accept("WITH"):
        yield f"postgresql_with={{{', '.join(map(_parameter, cursor.split_commas()))}}}"
    if cursor.accept("TABLESPACE"):
        yield f"postgresql_tablespace={string(cursor.identifier())}"
    if cursor.accept("WHERE"):
        yield f"postgresql_where={sql_text(_unbracketed(cursor))}"
        return
    cursor.expect_end()


def _parameter(part: Cursor) -> str:
    """Return the source of a storage parameter: its name and its value, which SQLAlchemy prints."""
    name = part.identifier()
    part.expect("=")
    value = unquote_literal(text) if (text := part.remaining_text()).startswith("'") else text
    return f"{string(name)}: {value if value.isdecimal() else string(value)}"


def _unbracketed(cursor: Cursor) -> str:
    """Return the rest of a text, without brackets around all of it."""
    tokens = cursor.remaining()
    if tokens and tokens[0].text == "(":
        depth = tokens[0].depth
        end = next(n for n, one in enumerate(tokens) if one.text == ")" and one.depth == depth)
        if end == len(tokens) - 1:
            return cursor.sql[tokens[0].end : tokens[-1].start].strip()
    return cursor.remaining_text()


def _item(part: Cursor) -> str:
    """Return the source of a column or expression of an index, with its order."""
    text = part.whole_text()
    column = part.identifier()
    if column and part.current is None:
        return string(column)
    return f"sa.literal_column({string(text)})"  # which has no parameters
