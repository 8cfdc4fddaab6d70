"""Tell what a run of revisions is about to do, how long each took, and where it has led."""

from __future__ import annotations

import functools
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from alembic_pg import events
from alembic_pg.database import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    StepsFunction = Callable[[Any, MigrationContext], Iterable[Any]]


def report_steps(
    steps: StepsFunction, script: ScriptDirectory, connection: Connection, server: str
) -> StepsFunction:
    """Return the same steps; before, between and after them lines tell of the run.

    server: what a person calls it, "" for its address.
    """

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[Any]:  # noqa: ANN401
        listed: list[Any] = list(steps(heads, context))
        places = _places(heads, listed)
        where = _describe_place(connection, server)
        at = _name(script, places[-1])
        if not listed:
            events.tell(
                events.NOTHING_TO_DO, f"Nothing to do: {where} is at {at}", at=sorted(places[-1])
            )
            return
        verb = "Upgrade" if listed[0].is_upgrade else "Downgrade"
        count = f"{len(listed)} revision{'s' if len(listed) > 1 else ''}"
        events.tell(
            events.BEGIN,
            f"{verb} of {where}: from {_name(script, places[0])} to {at}, {count}",
            at=sorted(places[0]),
            to=sorted(places[-1]),
            revisions=len(listed),
        )
        first = time.monotonic()
        for step, place in zip(listed, places[1:], strict=True):
            began = time.monotonic()
            with _shown(step):
                yield step
            passed = time.monotonic() - began
            name = step.revision.revision
            line = f"{name} took {passed:.1f} s"
            events.tell(
                events.REVISION_DONE,
                line,
                revision=name,
                seconds=round(passed, 3),
                at=sorted(place),
            )
        passed = time.monotonic() - first
        events.tell(
            events.DONE,
            f"Done in {passed:.1f} s: at {at}",
            at=sorted(places[-1]),
            seconds=round(passed, 3),
        )

    return each


def _shown(step: Any) -> AbstractContextManager[None]:  # noqa: ANN401  # Alembic's
    """Return what shows on a terminal, while a step runs, that it does."""
    if not sys.stderr.isatty():
        return nullcontext()
    from alembic_pg.console import status  # noqa: PLC0415  # only on a terminal

    return status.doing(f"Revision {step.revision.revision} is at work")


def _places(heads: Iterable[str], steps: Iterable[Any]) -> list[set[str]]:
    """Return where the database is before the steps, and after each."""
    places = [set(heads)]
    for step in steps:
        gone, come = set(step.from_revisions_no_deps), set(step.to_revisions_no_deps)
        places.append((places[-1] - gone) | come)
    return places


def _name(script: ScriptDirectory, place: set[str]) -> str:
    if not place:
        return "base"
    names = ", ".join(sorted(place))
    return f"{names} (head)" if place == set(script.get_heads()) else names


def _describe_place(connection: Connection, known: str) -> str:
    """Return the database, its server and the role; never a password. known: of the server."""
    raw: Any = connection.connection.dbapi_connection
    server = target.describe_server(connection, known)
    return f"database {raw.info.dbname} on {server} as {raw.info.user}"
