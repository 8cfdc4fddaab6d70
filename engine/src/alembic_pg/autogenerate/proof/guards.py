"""Build the checks that stop a revision, before any change, where rows have no value for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_type, inheritance
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import name_pattern, quote_literal, quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump

BACKFILL_ADVICE = (
    'add info={"backfill": "SQL expression"} or a server_default to the column in the models, '
    "and make this revision again"
)
DOWNGRADE_ADVICE = "its old values are gone; write into downgrade() which ones the rows get"


def unfilled_columns(old: Dump, new: Dump) -> Iterator[ColumnPath]:
    """Yield the new NOT NULL columns of existing tables that have no value for existing rows."""
    # A partition's rows get their value along with those of its table.
    changed = [
        key
        for key, above in inheritance.table_parents(new).items()
        if key in old and old[key].text != new[key].text and not above
        if table_definition.parse_entry(old[key])
    ]
    before = column_differences.columns_by_path({key: old[key] for key in changed})
    for place, column in column_differences.columns_by_path(
        {key: new[key] for key in changed}
    ).items():
        if place in before or not column.not_null or column.default or column.generated:
            continue
        if not _has_sequence(place, new):
            yield place


def _has_sequence(place: ColumnPath, dump: Dump) -> bool:
    """Return whether a column gets its values from a sequence."""
    head = re.compile(f" {name_pattern(*place[:2])} ALTER COLUMN {name_pattern(place[2])} ")
    return any(
        head.search(entry.create)
        for entry in dump.values()
        if entry.kind in {"SEQUENCE", "DEFAULT"}
    )


def check_table_empty(table: tuple[str, str], names: list[str], advice: str) -> StatementOp:
    """Return the operation that stops a revision where a table has rows.

    table: its schema and name. names: its columns that have no value for the rows.
    advice: BACKFILL_ADVICE or DOWNGRADE_ADVICE.
    """
    name = readable_name(*table)
    text = f"{name} has rows without a value for {', '.join(names)}: {advice}"
    block = _do_block(
        "BEGIN\n"
        f"  IF EXISTS (SELECT FROM {quote_name(*table)}) THEN\n"
        f"    RAISE EXCEPTION USING MESSAGE = {quote_literal(text)};\n"
        "  END IF;\n"
        "END\n"
    )
    return StatementOp("check", f"no rows in {name}", (block,), ())


def _do_block(body: str) -> str:
    """Return PL/pgSQL as a statement, in quotes that it does not hold itself."""
    quotes = "$check$"
    while quotes in body:
        quotes = f"{quotes[:-1]}_$"
    return f"DO {quotes}\n{body}{quotes};"


def check_values_unused(
    old: Dump, new: Dump, called: Callable[[ColumnPath], ColumnPath]
) -> Iterator[StatementOp]:
    """Yield the operations that stop a revision where rows hold a value that an enum loses.

    Their messages say how many rows do. called: returns the name of a column of ``old`` at that
    moment.
    """
    for key, entry in old.items():
        in_both = entry.kind == "TYPE" and key in new
        lost = alter_type.lost_values(entry, new[key]) if in_both else []
        values = _value_expressions(old, key) if lost else {}
        staying = column_differences.columns_by_path(new) if lost else {}
        for place, column in column_differences.columns_by_path(old).items() if lost else ():
            if column.type in values and place in staying:
                former = called(place)
                value = values[column.type].replace(_COLUMN_MARK, quote_name(former[2]))
                yield _check_no_rows_hold(
                    former, value, lost, readable_name(entry.schema, entry.name)
                )


# Where the column stands in an expression that gives its values.
_COLUMN_MARK = "\0"


def _value_expressions(dump: Dump, key: str) -> dict[str, str]:
    """Return the expressions that give the values of an enum in a column, by the column's type.

    They may be in an array, a domain, or a composite type.
    """
    enum = alter_type.enum_name(dump[key])
    expressions = {enum: f"{_COLUMN_MARK}::text", f"{enum}[]": f"unnest({_COLUMN_MARK}::text[])"}
    for entry in dump.values():
        base, attributes = alter_type.base_and_attributes(entry)
        if base in expressions:
            expressions[alter_type.type_name(entry)] = expressions[base]
        for attribute, kind in attributes.items():
            if kind in expressions:
                of_attribute = expressions[kind].replace(
                    _COLUMN_MARK, f"({_COLUMN_MARK}).{attribute}"
                )
                expressions.setdefault(alter_type.type_name(entry), of_attribute)
    return expressions


def _check_no_rows_hold(place: ColumnPath, value: str, lost: list[str], label: str) -> StatementOp:
    table = quote_name(*place[:2])
    text = quote_literal(f"{readable_name(*place)}: ")
    advice = quote_literal(f", which the enum {label} loses: give them another value first")
    block = _do_block(
        "DECLARE\n"  # noqa: S608  # names and values are quoted
        "  held text;\n"
        "BEGIN\n"
        "  SELECT string_agg(\n"
        "    CASE count WHEN 1 THEN '1 row holds ' ELSE count || ' rows hold ' END\n"
        "    || to_json(value), ', ' ORDER BY value\n"
        "  ) INTO held FROM (\n"
        f"    SELECT value, count(*) FROM (SELECT {value} AS value FROM {table}) AS every\n"
        f"    WHERE value IN ({', '.join(map(quote_literal, lost))}) GROUP BY value\n"
        "  ) AS counted;\n"
        "  IF held IS NOT NULL THEN\n"
        f"    RAISE EXCEPTION USING MESSAGE = {text} || held || {advice};\n"
        "  END IF;\n"
        "END\n"
    )
    what = ", ".join(f'"{value}"' for value in lost)
    return StatementOp("check", f"no {what} in {readable_name(*place)}", (block,), ())
