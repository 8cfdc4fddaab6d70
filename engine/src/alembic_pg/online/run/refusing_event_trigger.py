"""Name the event trigger whose function has refused a statement."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.online.run import transactions

if TYPE_CHECKING:
    from alembic_pg.online.run.executor import Executor

# Of each function at work, the innermost first (PG_CONTEXT).
_FUNCTION = re.compile(r"^PL/\w+ function (.*?) line ", re.MULTILINE)

_OF_FUNCTIONS = """
SELECT quote_ident(evtname) AS name FROM pg_event_trigger
WHERE evtfoid = ANY (SELECT to_regprocedure(one) FROM unnest(CAST(:functions AS text[])) AS one)
ORDER BY evtname LIMIT 1
"""


def remember(executor: Executor, error: BaseException | None) -> None:
    """Let the message of a failure name the event trigger that has refused a statement, if any.

    error: what has failed. Where a function has raised it, what is open is rolled back.
    """
    functions = _called_functions(error)
    if not functions:
        return
    transactions.roll_back(executor.context)
    with suppress(DBAPIError):
        name = executor.first_value(_OF_FUNCTIONS, functions=functions)
        if name:
            executor.running.refused_by = (
                f"The event trigger {name} refused it: whoever owns it may let the run pass "
                f"(ALTER EVENT TRIGGER {name} DISABLE), and enable it after."
            )


def _called_functions(error: BaseException | None) -> list[str]:
    """Return the functions in PL/pgSQL or the like in which a server's error was raised."""
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return []
    context = getattr(getattr(error.orig, "diag", None), "context", None) or ""
    return _FUNCTION.findall(context)
