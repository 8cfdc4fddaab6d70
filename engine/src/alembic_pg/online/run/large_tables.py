"""Refuse on a large table what has no strategy, unless the revision's ``blocking`` names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import Executor

# The variable of a revision that names such tables.
BLOCKING_VARIABLE = "blocking"

_EFFECT = "reads or writes all of {}, and nobody can use it meanwhile"


def is_large(executor: Executor, table: Relation) -> bool:
    """Return whether reading or writing all of a table takes longer than anybody should wait."""
    return table.size > executor.settings.large_table


def allows_blocking(executor: Executor, table: Relation) -> bool:
    """Return whether the revision lets the work on a table stop."""
    module = getattr(getattr(executor.running.step, "revision", None), "module", None)
    names = getattr(module, BLOCKING_VARIABLE, ())
    return bool({table.display_name, f"{table.schema}.{table.name}"} & set(names))


def refuse_if_large(
    executor: Executor, table: Relation, what: str, instead: str, effect: str = _EFFECT
) -> None:
    """Raise RefusedError when something would stop the work on a table for long.

    what: it, as the subject of a sentence. instead: what does without, as a sentence. effect: the
    rest of the first sentence, with the table in it.
    """
    if not is_large(executor, table) or allows_blocking(executor, table):
        return
    size = table.size / 1024 / 1024
    raise executor.refused_error(
        f"{what} {effect.format(f'{table.display_name} ({size:,.0f} MB)')}. {instead}\n"
        f'Or let it: {BLOCKING_VARIABLE} = ["{table.display_name}"] in the revision.'
    )
