"""Refuse on a large table what has no strategy, unless the revision's ``blocking`` names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import Executor
    from alembic_pg.refusals.refusal import RefusalKind

# The variable of a revision that names such tables.
BLOCKING_VARIABLE = "blocking"


def is_large(executor: Executor, table: Relation) -> bool:
    """Return whether reading or writing all of a table takes longer than anybody should wait."""
    return table.size > executor.settings.large_table


def allows_blocking(executor: Executor, table: Relation) -> bool:
    """Return whether the revision lets the work on a table stop."""
    module = getattr(getattr(executor.running.step, "revision", None), "module", None)
    names = getattr(module, BLOCKING_VARIABLE, ())
    return bool(_spellings(table) & set(names))


def blocking_name(table: Relation) -> str:
    """Return the name of a table as a revision's ``blocking`` has it, a string of Python."""
    return json.dumps(_plain_name(table), ensure_ascii=False)


def _plain_name(table: Relation) -> str:
    """Return a name without quotes, and with the schema where the search_path does not find it."""
    visible = table.display_name in {table.name, quote_name(table.name)}
    return table.name if visible else f"{table.schema}.{table.name}"


def _spellings(table: Relation) -> set[str]:
    full = {f"{table.schema}.{table.name}", quote_name(table.schema, table.name)}
    return {table.display_name, _plain_name(table), *full}


def refuse_if_large(executor: Executor, table: Relation, kind: RefusalKind, **values: str) -> None:
    """Raise RefusedError when something would stop the work on a table for long.

    kind: of the refusal. values: what stands in the places of its texts, beside the table.
    """
    if not is_large(executor, table) or allows_blocking(executor, table):
        return
    size = table.size / 1024 / 1024
    raise executor.refused_error(
        kind(f"{table.display_name} ({size:,.0f} MB)", **values),
        f"\nOr let it: {BLOCKING_VARIABLE} = [{blocking_name(table)}] in the revision.",
    )
