"""Find the event trigger whose function has refused a statement, or what was tried on a copy."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.run import large_tables, transactions
from alembic_pg.refusals import of_statements

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session
    from alembic_pg.online.run.executor import Executor

# Of each function at work, the innermost first (PG_CONTEXT).
_FUNCTION = re.compile(r"^PL/\w+ function (.*?) line ", re.MULTILINE)

_OF_FUNCTIONS = """
SELECT quote_ident(evtname) AS name, evtevent = 'table_rewrite' AS of_rewrites
FROM pg_event_trigger
WHERE evtfoid = ANY (SELECT to_regprocedure(one) FROM unnest(CAST(:functions AS text[])) AS one)
ORDER BY evtname LIMIT 1
"""


def remember(executor: Executor, error: BaseException | None) -> None:
    """Let the message of a failure name the event trigger that has refused a statement, if any.

    error: what has failed. Where a function has raised it, what is open is rolled back.
    """
    if not _called_functions(error):
        return
    transactions.roll_back(executor.context)
    with suppress(DBAPIError):
        found = find(executor, error)
        if found:
            refused = of_statements.EVENT_TRIGGER_REFUSED.format(trigger=found.name)
            executor.running.refused_by = f"{refused}."


def refuse_if_of_copy(executor: Executor, table: Relation, error: DBAPIError) -> None:
    """Raise RefusedError where an event trigger forbids an empty copy of a large table.

    executor: without a transaction that the error has ended. error: of what was tried on the copy.
    """
    trigger = find(executor, error)
    if trigger:
        large_tables.refuse_if_large(
            executor,
            table,
            of_statements.COPY_FORBIDDEN,
            trigger=trigger.name,
            error=errors.describe_error(error),
        )


def find(session: Session, error: BaseException | None) -> Row[Any] | None:
    """Return the event trigger of which a function has raised an error, None without one.

    session: without a transaction that the error has ended. What is returned has its name, as SQL
    has it, and whether it is about tables that are rewritten (of_rewrites).
    """
    functions = _called_functions(error)
    rows = session.fetch_rows(_OF_FUNCTIONS, functions=functions) if functions else ()
    return rows[0] if rows else None


def _called_functions(error: BaseException | None) -> list[str]:
    """Return the functions in PL/pgSQL or the like in which a server's error was raised."""
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return []
    context = getattr(getattr(error.orig, "diag", None), "context", None) or ""
    return _FUNCTION.findall(context)
