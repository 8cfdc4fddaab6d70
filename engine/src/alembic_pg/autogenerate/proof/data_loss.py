"""What a revision destroys: rows and values that its way back does not bring back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof import guards
from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import QUALIFIED_NAME, readable_name

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump

_DROP_TABLE = re.compile(rf"DROP (?:FOREIGN )?TABLE (?:IF EXISTS )?(?P<name>{QUALIFIED_NAME});")
DROP_COLUMN = re.compile(
    rf"ALTER (?:FOREIGN )?TABLE (?:ONLY )?(?P<table>{QUALIFIED_NAME})"
    rf' DROP COLUMN (?P<name>"(?:[^"]|"")*"|[^\s;]+);'
)


def losses_between(old: Dump, new: Dump) -> list[str]:
    """Return the rows and columns of one database that the other one has not.

    A removed value of an enum is none of them: rows that hold it stop the revision.
    """
    gone = [entry for key, entry in old.items() if entry.kind == "TABLE" and key not in new]
    changed = [key for key in old if key in new and old[key].text != new[key].text]
    there = column_differences.columns_by_path({key: new[key] for key in changed})
    return [
        *(f"the rows of {readable_name(entry.schema, entry.name)}" for entry in gone),
        *(
            f"the values of {readable_name(*place)}"
            for place, column in column_differences.columns_by_path(
                {key: old[key] for key in changed}
            ).items()
            if place not in there and not column.generated
        ),
    ]


def loss_of_operation(operation: MigrateOperation, old: Dump, new: Dump) -> str:
    """Return what one operation of the way from one database to the other destroys, or ""."""
    schema = getattr(operation, "schema", None) or "public"
    if isinstance(operation, ops.DropTableOp):
        return f"the rows of {readable_name(schema, operation.table_name)}"
    if isinstance(operation, ops.DropColumnOp):
        place = (schema, operation.table_name, operation.column_name)
        key = f"TABLE {schema}.{operation.table_name}"
        column = (
            column_differences.columns_by_path({key: old[key]}).get(place) if key in old else None
        )
        return "" if column and column.generated else f"the values of {readable_name(*place)}"
    if not isinstance(operation, StatementOp):
        return ""
    found = [f"the rows of {match['name']}" for match in _matches(_DROP_TABLE, operation)]
    found += [
        f"the values of {match['table']}.{match['name']}"
        for match in _matches(DROP_COLUMN, operation)
    ]
    if operation.action == "change":
        found += [
            text
            for key, entry in old.items()
            if key in new and entry.label == operation.label
            for text in _lost_enum_values(old, new, key)
        ]
    return ", ".join(found)


def _matches(pattern: re.Pattern[str], operation: StatementOp) -> list[re.Match[str]]:
    return [match for text in operation.upgrade if (match := pattern.match(text))]


def _lost_enum_values(old: Dump, new: Dump, key: str) -> list[str]:
    if old[key].kind != "TYPE":
        return []
    return [
        f'the value "{value}" of {readable_name(old[key].schema, old[key].name)}'
        for value in guards.lost_values(old, new, key)
    ]
