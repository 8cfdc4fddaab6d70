"""Ask about what only a person can tell: possible renames, and values that existing rows lack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import alter_table, alter_type
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.proof import guards
from alembic_pg.autogenerate.report import function_bodies
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump, Entry


def open_questions(before: Dump, after: Dump, filled: set[ColumnPath]) -> Iterator[str]:
    """Yield what to look at in a revision, with what to do in either case.

    before: what the revisions build, renames done. after: what the models build. filled:
    the columns that get a value for old rows.
    """
    yield from _table_questions(before, after)
    yield from _column_questions(before, after)
    yield from _enum_questions(before, after)
    for schema, table, column in guards.unfilled_columns(before, after):
        if (schema, table, column) not in filled:
            yield (
                f"{readable_name(schema, table, column)} is NOT NULL and has no value for old "
                f"rows: the "
                f"revision stops where {readable_name(schema, table)} has rows. For those, add "
                'info={"backfill": "SQL expression"} or a server_default to the column, delete the '
                "revision and make it again."
            )
    yield from function_bodies.function_notes(before, after)


def _table_questions(before: Dump, after: Dump) -> Iterator[str]:
    gone = [e for key, e in before.items() if e.kind == "TABLE" and key not in after]
    come = [e for key, e in after.items() if e.kind == "TABLE" and key not in before]
    for new in come:
        old = next(
            (
                e
                for e in gone
                if e.schema == new.schema and _column_signatures(e) == _column_signatures(new)
            ),
            None,
        )
        if old is not None:
            gone.remove(old)
            yield _rename_question(
                readable_name(old.schema, old.name),
                f"{readable_name(new.schema, new.name)} with equal columns",
                f"the table {readable_name(new.schema, new.name)}",
                old.name,
                f"the rows of {readable_name(old.schema, old.name)}",
            )


def _column_signatures(entry: Entry) -> dict[str, tuple[str, str, str]]:
    """Return what a table's columns are, whatever its constraints are called."""
    columns = table_definition.entry_columns(entry).values()
    return {column.name: _column_signature(column) for column in columns}


def _column_questions(before: Dump, after: Dump) -> Iterator[str]:
    changed = [key for key in after if key in before and before[key].text != after[key].text]
    # Their generated columns may have to be made anew, be they renamed.
    retyped = {key for key in changed if alter_table.retyped_columns(before[key], after[key])}
    old = column_differences.columns_by_path({key: before[key] for key in changed})
    new = column_differences.columns_by_path({key: after[key] for key in changed})
    gone = [place for place in old if place not in new]
    for place, column in new.items():
        if place in old or (column.generated and table_key(*place[:2]) in retyped):
            continue
        same = next(
            (
                one
                for one in gone
                if one[:2] == place[:2] and _column_signature(old[one]) == _column_signature(column)
            ),
            None,
        )
        if same is not None:
            gone.remove(same)
            yield _rename_question(
                readable_name(*same),
                f"{readable_name(*place)} of the same type",
                f"the column {readable_name(*place)}",
                same[2],
                f"the values of {readable_name(*same)}",
            )


def _enum_questions(before: Dump, after: Dump) -> Iterator[str]:
    for key, entry in before.items():
        if entry.kind != "TYPE" or key not in after:
            continue
        old, new = entry, after[key]
        lost, come = alter_type.lost_values(old, new), alter_type.lost_values(new, old)
        pairs = dict(zip(lost, come, strict=False))
        if pairs:
            name = readable_name(entry.schema, entry.name)
            hint = f'info={{"renamed_values": {json.dumps(pairs, ensure_ascii=False)}}}'
            yield (
                f"The enum {name} loses {_quoted_list(lost)} and gets {_quoted_list(come)}. If "
                f"that is a "
                f"rename, add {hint} to a column of it, delete the revision and make it again. "
                "If not, leave it: the revision stops where rows have the old value."
            )


def _quoted_list(values: list[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _column_signature(column: table_definition.Column) -> tuple[str, str, str]:
    return column.type, column.collation, column.generated


def _rename_question(old: str, new: str, place: str, name: str, lost: str) -> str:
    hint = f'info={{"renamed_from": {json.dumps(name, ensure_ascii=False)}}}'
    return (
        f"{old} goes and {new} comes. If that is a rename, add {hint} to {place}, delete the "
        f"revision and make it again. If not, leave it: {lost} are lost."
    )
